import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { sherpaModel } from '../../src/providers/stt/sherpa_model.ts';
import { createSherpaOnnxStt } from '../../src/providers/stt/sherpa_onnx.ts';
import type { Stt } from '../../src/providers/types.ts';
import { toneWords, writeToneModel } from './tone_model.ts';

const EXPECT = { id: 'anything', jsgf: '' };
const RATE_HZ = 16_000;

function recogniser(t: Test): Stt {
  const modelDir = t.testdir();
  writeToneModel(modelDir);
  const stt = createSherpaOnnxStt({ name: 'sherpa', modelDir, type: 'nemo_ctc', threads: 1 });
  t.teardown(() => stt.close());
  return stt;
}

function hear(stt: Stt, words: string, rateHz: 8000 | 16000 = RATE_HZ, pieceMs = 20) {
  const session = stt.open({ rateHz, expect: EXPECT });
  const pcm = toneWords(words, rateHz);
  const piece = (rateHz * pieceMs) / 1000;
  for (let at = 0; at < pcm.length; at += piece) session.write(pcm.subarray(at, at + piece));
  return session;
}

function hosts(): number[] {
  return readdirSync('/proc')
    .filter(name => /^\d+$/u.test(name))
    .map(Number)
    .filter(pid => {
      try {
        const isChild = new RegExp(`\\) [^Z] ${process.pid} `, 'u').test(
          readFileSync(`/proc/${pid}/stat`, 'utf8'),
        );
        return isChild && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('sherpa_host');
      } catch {
        return false;
      }
    });
}

t.test('words are heard at both rates, however the sound is cut, and to the last one', async t => {
  const stt = recogniser(t);
  for (const rateHz of [8000, 16_000] as const) {
    for (const pieceMs of [10, 70, 5000]) {
      const { text, confidence } = await hear(stt, 'no grand piano yes', rateHz, pieceMs).finish();
      t.equal(text, 'no grand piano yes', `${pieceMs} ms at ${rateHz} Hz`);
      t.ok(confidence > 0.3 && confidence <= 1);
    }
  }
  t.same(await stt.open({ rateHz: RATE_HZ, expect: EXPECT }).finish(), {
    text: '',
    confidence: 0,
    alternatives: [],
  });
});

t.test('calls are heard side by side, and none hears of another', async t => {
  const stt = recogniser(t);
  const said = ['yes', 'no no', 'grand piano', 'piano grand no', 'yes yes yes', 'no grand'];
  const finals = await Promise.all(said.map(words => hear(stt, words, 8000).finish()));
  t.same(
    finals.map(({ text }) => text),
    said,
  );
});

t.test(
  'partials come while the caller speaks, and a pause can be asked about before the caller goes on',
  async t => {
    const stt = recogniser(t);
    const partials: string[] = [];
    const first = Promise.withResolvers<void>();
    const session = stt.open({
      rateHz: RATE_HZ,
      expect: EXPECT,
      onPartial: text => {
        partials.push(text);
        if (text === 'grand') first.resolve();
      },
    });
    // Whoever waits for a partial keeps the test alive.
    const alive = setInterval(() => {}, 1000);
    t.teardown(() => clearInterval(alive));
    session.write(toneWords('grand piano', RATE_HZ));
    await first.promise;
    t.same((await session.settle?.())?.text, 'grand piano');
    t.same((await session.settle?.())?.text, 'grand piano', 'asked again');
    session.write(toneWords('no', RATE_HZ));
    t.equal((await session.finish()).text, 'grand piano no');
    t.ok(partials.every(text => 'grand piano no'.startsWith(text)));
  },
);

t.test('a process that is killed takes no utterance with it', async t => {
  const stt = recogniser(t);
  const session = hear(stt, 'grand');
  await session.settle?.();
  const [first] = hosts();
  process.kill(first!, 'SIGKILL');
  while (hosts().includes(first!)) await new Promise(resolve => setTimeout(resolve, 20));
  session.write(toneWords('piano', RATE_HZ));
  t.equal((await session.finish()).text, 'grand piano');
  t.equal(hosts().length, 1, 'there is one process again');
});

t.test('a model that is none ends in a fault, not in a loop, and closing leaves no process', async t => {
  const modelDir = t.testdir();
  writeToneModel(modelDir);
  writeFileSync(join(modelDir, 'model.onnx'), 'no model at all');
  const broken = createSherpaOnnxStt({ name: 'sherpa', modelDir, type: 'nemo_ctc', threads: 1 });
  await t.rejects(hear(broken, 'yes').finish(), { code: 'STT_FAILED' });
  await broken.close();
  const stt = recogniser(t);
  t.equal((await hear(stt, 'yes').finish()).text, 'yes');
  const left = hear(stt, 'yes').finish();
  await stt.close();
  await t.rejects(left, { code: 'STT_FAILED' });
  t.same(hosts(), []);
});

t.test('a folder without a model is told at once, by the file that is missing', async t => {
  const open = (modelDir: string) => () => createSherpaOnnxStt({ name: 'sherpa', modelDir, threads: 1 });
  t.throws(open('/nowhere'), { code: 'CONFIG_INVALID', detail: /\/nowhere is no folder/ });
  const modelDir = t.testdir({ 'encoder-1.onnx': '', 'decoder-1.onnx': '', 'joiner-1.onnx': '' });
  t.throws(open(modelDir), { code: 'CONFIG_INVALID', detail: /no tokens\.txt/ });
  writeFileSync(join(modelDir, 'tokens.txt'), '');
  rmSync(join(modelDir, 'encoder-1.onnx'));
  t.throws(open(modelDir), { code: 'CONFIG_INVALID', detail: /no encoder\*\.onnx/ });
});

t.test('the kind of a model is told by its files, and the small ones are taken', async t => {
  const kindOf = (...files: string[]) => {
    const modelDir = t.testdir(Object.fromEntries(['tokens.txt', ...files].map(file => [file, ''])));
    return sherpaModel({ modelDir, threads: 1 });
  };
  t.match(kindOf('encoder-e.onnx', 'encoder-e.int8.onnx', 'decoder-e.onnx', 'joiner-e.onnx'), {
    transducer: { encoder: /encoder-e\.int8\.onnx$/, decoder: /decoder-e\.onnx$/, joiner: /joiner-e\.onnx$/ },
  });
  t.match(kindOf('encoder.onnx', 'decoder.onnx'), { paraformer: { encoder: /encoder\.onnx$/ } });
  t.match(kindOf('ctc-epoch-20.onnx'), { zipformer2Ctc: { model: /ctc-epoch-20\.onnx$/ } });
  t.match(kindOf('model.onnx'), { zipformer2Ctc: { model: /model\.onnx$/ } });
});
