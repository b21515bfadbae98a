import t from 'tap';
import { loadWeights, ModelError, modelEntry, readManifest } from '../../models/manifest.ts';
import { createVoiceMemory, SileroVad, vadWindowLength } from '../../models/silero_vad.ts';
import { comfortNoise, concat, NO_FLITE, noise, speech } from '../pipeline/sounds.ts';

const RATES = [8000, 16_000] as const;

t.test('every model of the manifest is there, unaltered and named with its licence', async t => {
  for (const entry of readManifest()) {
    t.equal(loadWeights(entry).length, entry.bytes, entry.name);
    t.match(entry.sha256, /^[0-9a-f]{64}$/);
    t.ok(entry.licence.length > 0);
  }
});

t.test('missing and altered weights are refused by name, with the remedy', async t => {
  const entry = modelEntry('silero_vad');
  t.throws(() => modelEntry('nothing_like_it'), ModelError);
  t.throws(() => loadWeights({ ...entry, file: 'dist/none.onnx' }), {
    name: 'ModelError',
    message: /silero_vad: .*dist\/none\.onnx is missing; install @ricky0123\/vad-web@/,
  });
  t.throws(() => loadWeights({ ...entry, file: 'package.json' }), {
    name: 'ModelError',
    message: /package\.json is altered/,
  });
});

t.test('speech is likely, noise is not, at both rates', { skip: NO_FLITE }, async t => {
  const vad = await SileroVad.load();
  for (const rateHz of RATES) {
    const length = vadWindowLength(rateHz);
    const likely = async (samples: Float32Array): Promise<number> => {
      const memory = createVoiceMemory(rateHz);
      let windows = 0;
      for (let at = 0; at + length <= samples.length; at += length) {
        const [probability] = await vad.judge([{ samples: samples.slice(at, at + length), memory }], rateHz);
        if (probability! >= 0.5) windows += 1;
      }
      return windows / Math.floor(samples.length / length);
    };
    t.ok((await likely(speech('I want to move a grand piano.', rateHz))) > 0.7, `speech at ${rateHz}`);
    t.equal(await likely(noise(2000, rateHz, 0.1)), 0, `noise at ${rateHz}`);
  }
  await vad.close();
});

t.test('voices judged together are judged as if alone', { skip: NO_FLITE }, async t => {
  const vad = await SileroVad.load();
  const rateHz = 16_000;
  const length = vadWindowLength(rateHz);
  const voices = [
    speech('Twelve Main Street.', rateHz),
    concat(comfortNoise(300, rateHz), speech('No, the other one.', rateHz, 'rms')),
    noise(1500, rateHz, 0.05),
  ];
  const alone = voices.map(() => createVoiceMemory(rateHz));
  const together = voices.map(() => createVoiceMemory(rateHz));
  let worst = 0;
  for (let at = 0; at < 20 * length; at += length) {
    const windows = voices.map(voice => voice.slice(at, at + length));
    const batch = await vad.judge(
      windows.map((samples, i) => ({ samples, memory: together[i]! })),
      rateHz,
    );
    for (const [i, samples] of windows.entries()) {
      const [single] = await vad.judge([{ samples, memory: alone[i]! }], rateHz);
      worst = Math.max(worst, Math.abs(single! - batch[i]!));
    }
  }
  t.ok(worst < 1e-4, `largest difference ${worst}`);
  await vad.close();
});
