import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { keepSpeech } from '../../src/providers/tts/kept_speech.ts';
import { wholeSentence } from '../../src/providers/tts/whole_sentence.ts';
import type { SpokenSentence, Tts } from '../../src/providers/types.ts';

const never = new AbortController().signal;
const isFixed = (sentence: string) => sentence.startsWith('Fixed');

/** Says a tone for each letter, and counts what it was asked for. */
function countingTts(): { readonly tts: Tts; readonly asked: string[] } {
  const asked: string[] = [];
  const tts: Tts = {
    name: 'counting',
    async *speak(sentence, { rateHz }) {
      asked.push(`${rateHz} ${sentence}`);
      const half = Int16Array.from({ length: 50 * sentence.length }, (_, at) => (at * 37) % 999);
      yield { pcm: half, words: [{ word: sentence, startMs: 0, endMs: 5 }] };
      if (sentence.includes('broken')) throw new Error('broken');
      yield { pcm: half, words: [] };
    },
    close: async () => {},
  };
  return { tts, asked };
}

function newKeeper(t: Test, options: { folder?: string; voice?: string; limitBytes?: number } = {}) {
  const { tts, asked } = countingTts();
  const folder = options.folder ?? join(t.testdir({}), 'speech');
  const open = () => keepSpeech(tts, { voice: 'a', isFixed, ...options, folder });
  /** What is written is written when it is closed. */
  const say = async (sentence: string, rateHz: 8000 | 16000 = 16_000): Promise<SpokenSentence> => {
    const keeper = open();
    try {
      return await wholeSentence(keeper, sentence, { rateHz, signal: never });
    } finally {
      await keeper.close();
    }
  };
  const files = () => readdirSync(folder).map(name => join(folder, name));
  return { asked, folder, open, say, files };
}

t.test('a fixed prompt is made once, and comes back as it was', async t => {
  const { asked, say, files } = newKeeper(t);
  const [first, second] = [await say('Fixed one'), await say('Fixed one')];
  t.equal(asked.length, 1);
  t.strictSame([...second.pcm], [...first.pcm]);
  t.strictSame(second.words, first.words);
  await say('Fixed one', 8_000);
  await say('Said once only');
  await say('Said once only');
  t.equal(asked.length, 4, 'each rate is another, and the rest is not kept');
  t.equal(files().length, 2);
  for (const file of files()) {
    t.equal(statSync(file).mode & 0o777, 0o600);
    t.notMatch(file, /Fixed/u);
    t.match(file, /[0-9a-f]{64}\.speech$/u);
  }
});

t.test('voices and providers do not speak for each other', async t => {
  const { asked, say, folder } = newKeeper(t);
  await say('Fixed');
  const other = newKeeper(t, { folder, voice: 'b' });
  await other.say('Fixed');
  t.equal(asked.length + other.asked.length, 2);
});

t.test('what is damaged, cut off or of another sentence is thrown away, not spoken', async t => {
  const damages: Readonly<Record<string, (bytes: Buffer) => Buffer>> = {
    'a flipped bit': bytes => {
      bytes[bytes.length - 5]! ^= 1;
      return bytes;
    },
    'a flipped bit in the words': bytes => {
      bytes[50]! ^= 1;
      return bytes;
    },
    'the end is missing': bytes => bytes.subarray(0, bytes.length - 100),
    'nothing is left': () => Buffer.alloc(0),
    'another format': bytes => Buffer.concat([Buffer.from('RIFF'), bytes]),
  };
  for (const [name, damage] of Object.entries(damages)) {
    const { asked, say, files } = newKeeper(t, { folder: join(t.testdir({}), name.replaceAll(' ', '-')) });
    const whole = await say('Fixed one');
    const [file] = files();
    writeFileSync(file!, damage(readFileSync(file!)));
    t.strictSame([...(await say('Fixed one')).pcm], [...whole.pcm], name);
    t.equal(asked.length, 2, name);
    await say('Fixed one');
    t.equal(asked.length, 2, 'and is kept anew');
  }
  const { asked, say, files } = newKeeper(t);
  await say('Fixed one');
  const [one] = files();
  await say('Fixed two');
  writeFileSync(files().find(file => file !== one)!, readFileSync(one!));
  await say('Fixed two');
  t.equal(asked.length, 3, 'a file under the name of another');
});

t.test('a sentence that broke off, or that nobody heard to its end, is not kept', async t => {
  const { asked, open, say } = newKeeper(t);
  await t.rejects(say('Fixed but broken'), /broken/u);
  await t.rejects(say('Fixed but broken'), /broken/u);
  t.equal(asked.length, 2);
  const keeper = open();
  for await (const _ of keeper.speak('Fixed one', { rateHz: 16_000, signal: never })) break;
  await keeper.close();
  await say('Fixed one');
  t.equal(asked.length, 4);
  const aborted = AbortSignal.abort(new Error('left'));
  await t.rejects(wholeSentence(open(), 'Fixed one', { rateHz: 16_000, signal: aborted }), /left/u);
});

t.test('it stays within its bytes; the oldest use goes first, over restarts too', async t => {
  const { asked, say, files, folder } = newKeeper(t, { limitBytes: 5_000 });
  await say('Fixed 1');
  await say('Fixed 2');
  for (const [at, file] of files().entries()) utimesSync(file, 1_000 + at, 1_000 + at);
  await say('Fixed 1');
  await say('Fixed 2');
  await say('Fixed 1');
  t.equal(asked.length, 2);
  await say('Fixed 3');
  await say('Fixed 4');
  const bytes = files().reduce((sum, file) => sum + statSync(file).size, 0);
  t.ok(bytes <= 5_000 && bytes > 2_500, `${bytes} bytes`);
  t.equal(asked.length, 4);
  await say('Fixed 4');
  t.equal(asked.length, 4, 'the newest is there');
  await say('Fixed 2');
  t.equal(asked.length, 5, 'the oldest is not');
  writeFileSync(join(folder, 'left.part'), 'half');
  await say('Fixed 9');
  t.notOk(
    files().some(file => file.endsWith('.part')),
    'what was left of a writer that died is gone',
  );
  await say(`Fixed ${'very '.repeat(30)}long`);
  t.ok(files().length > 0, 'what is larger than all is not kept');
});

t.test('a folder that is none, or that can not be written, only keeps nothing', async t => {
  const folder = t.testdir({ file: 'a file' });
  const { asked, say } = newKeeper(t, { folder: join(folder, 'file') });
  t.ok((await say('Fixed one')).pcm.length > 0);
  t.ok((await say('Fixed one')).pcm.length > 0);
  t.equal(asked.length, 2);
  const shut = join(folder, 'shut');
  mkdirSync(shut, { mode: 0o500 });
  const closed = newKeeper(t, { folder: join(shut, 'x\0y') });
  t.ok((await closed.say('Fixed one')).pcm.length > 0, 'a path that no file can have');
  chmodSync(shut, 0o700);
});
