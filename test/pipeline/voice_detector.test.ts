import t from 'tap';
import { loadKernels } from '../../pipeline/kernels/load.ts';
import { VoiceDetector } from '../../pipeline/stages/voice_detector.ts';
import { VOICE_BATCHES, VoiceJudge } from '../../pipeline/voice_judge.ts';
import { KERNEL_FOLDER } from './kernels/legs.ts';
import { VoiceRig, voiceMemory } from './kernels/voices.ts';
import { concat, mix, noise, silence, tone } from './sounds.ts';

const RATES = [8000, 16_000] as const;
const frameOf = (rateHz: number): Float32Array => new Float32Array(rateHz / 100).fill(0.1);

const rig = new VoiceRig(await voiceMemory(200));

/** Something that the network has an opinion about. */
function hum(durationMs: number, rateHz: 8000 | 16_000, seed = 1): Float32Array {
  return mix(tone([140, 280, 420, 560], durationMs, rateHz, 0.8), noise(durationMs, rateHz, 0.02, seed));
}

t.test('windows end at multiples of 32 ms of media time', async t => {
  for (const rateHz of RATES) {
    const detector = rig.open(rateHz);
    const ended: number[] = [];
    for (let tick = 1; tick <= 16; tick += 1) {
      rig.hear(detector, frameOf(rateHz));
      if (detector.isDue) ended.push(tick);
      rig.judge.judge([detector]);
      t.notOk(detector.isDue);
      t.equal(detector.windows, Math.floor((tick * 10) / 32));
    }
    t.same(ended, [4, 7, 10, 13, 16], 'in the tick in which they end');
    detector.close();
  }
});

t.test('sound passes through unaltered', async t => {
  const detector = rig.open(8000);
  const sound = noise(10, 8000, 0.5);
  t.same(rig.hear(detector, sound), sound);
  t.equal(detector.name, 'voice detector');
  detector.close();
});

t.test('time that passes without sound counts as silence', async t => {
  const rateHz = 8000;
  const detector = rig.open(rateHz);
  rig.follow([{ detector, samples: hum(320, rateHz) }]);
  t.ok(detector.probability > 0, `${detector.probability}`);
  detector.skip(1000);
  t.equal(detector.windows, Math.floor((340 + 10_000) / 32), 'media time goes on');
  t.equal(detector.probability, 0);
  // 4 ms of a window have passed.
  for (let tick = 0; tick < 3; tick += 1) rig.hear(detector, silence(10, rateHz));
  rig.judge.judge([detector]);
  const fresh = rig.hearOut(rateHz, 'v5', silence(32, rateHz));
  t.same([detector.probability], fresh, 'and what was heard before is forgotten');
  detector.close();
});

t.test('a frame that is skipped within a window is silence in it', async t => {
  const rateHz = 16_000;
  const [skipped, silent] = [rig.open(rateHz), rig.open(rateHz)];
  const sound = hum(60, rateHz);
  for (let tick = 0; tick < 6; tick += 1) {
    const frame = sound.subarray(tick * 160, (tick + 1) * 160);
    if (tick === 4) skipped.skip(1);
    else rig.hear(skipped, frame);
    rig.hear(silent, tick === 4 ? silence(10, rateHz) : frame);
    rig.judge.judge([skipped, silent]);
  }
  rig.hear(skipped, sound.subarray(0, 160));
  rig.hear(silent, sound.subarray(0, 160));
  rig.judge.judge([skipped, silent]);
  t.equal(skipped.windows, 2);
  t.equal(skipped.probability, silent.probability);
  skipped.close();
  silent.close();
});

t.test('a reset forgets the voice, but not the time', async t => {
  const rateHz = 16_000;
  const detector = rig.open(rateHz);
  rig.follow([{ detector, samples: hum(140, rateHz, 7) }]);
  t.equal(detector.windows, 5);
  detector.reset();
  t.equal(detector.windows, 5);
  t.equal(detector.probability, 0);
  const sound = hum(320, rateHz);
  t.same(rig.follow([{ detector, samples: sound }])[0], rig.hearOut(rateHz, 'v5', sound));
  detector.close();
});

t.test('another network takes over without memory, and the same one keeps it', async t => {
  const rateHz = 8000;
  const sound = hum(320, rateHz);
  const detector = rig.open(rateHz);
  rig.follow([{ detector, samples: hum(140, rateHz, 7) }]);
  detector.tune({ model: 'v6' });
  t.same(rig.follow([{ detector, samples: sound }])[0], rig.hearOut(rateHz, 'v6', sound));
  const before = detector.probability;
  detector.tune({ model: 'v6' });
  t.equal(detector.probability, before);
  detector.close();
});

t.test('calls that began together do not all wait for the same tick', async t => {
  const rateHz = 8000;
  const detectors = Array.from({ length: 150 }, () => rig.open(rateHz));
  const sound = hum(640, rateHz);
  const told = detectors.map((): number[] => []);
  for (let tick = 1; tick <= 66; tick += 1) {
    const frame = tick <= 64 ? sound.subarray((tick - 1) * 80, tick * 80) : silence(10, rateHz);
    for (const detector of detectors) rig.hear(detector, frame);
    const before = detectors.map(({ windows }) => windows);
    rig.judge.judge(detectors);
    const judged = detectors.filter(({ windows }, i) => windows > before[i]!);
    t.ok(judged.length <= 60, `${judged.length} in tick ${tick}`);
    t.ok(
      detectors.every(({ windows }) => windows >= Math.floor((tick * 10 - 20) / 32)),
      'two ticks late at most',
    );
    for (const [i, { windows, probability }] of detectors.entries()) {
      if (windows > before[i]!) told[i]!.push(probability);
    }
  }
  const alone = rig.hearOut(rateHz, 'v5', sound);
  for (const probabilities of told) t.same(probabilities.slice(0, 20), alone, 'and are judged the same');
  for (const detector of detectors) detector.close();
});

t.test('a few calls are judged at once in any case', async t => {
  const detectors = Array.from({ length: 16 }, (_, i) => rig.open(RATES[i % 2]!, i % 3 === 0 ? 'v6' : 'v5'));
  for (let tick = 1; tick <= 4; tick += 1) {
    for (const detector of detectors) rig.hear(detector, frameOf(detector.rateHz));
  }
  rig.judge.judge(detectors);
  t.ok(detectors.every(({ windows }) => windows === 1));
  for (const detector of detectors) detector.close();
});

t.test('windows that nobody judges pass by, and time stays right', async t => {
  const rateHz = 16_000;
  const detector = rig.open(rateHz);
  const sound = hum(500, rateHz);
  for (let tick = 0; tick < 50; tick += 1) rig.hear(detector, sound.subarray(tick * 160, (tick + 1) * 160));
  t.ok(detector.isOverdue);
  rig.judge.judge([detector]);
  t.ok(detector.windows >= Math.floor(500 / 32) - 1, `${detector.windows}`);
  rig.judge.judge([detector]);
  t.equal(detector.windows, Math.floor(500 / 32));
  detector.close();
});

t.test('the last word stays when the slot is given back', async t => {
  const detector = rig.open(8000);
  rig.follow([{ detector, samples: concat(hum(320, 8000), silence(12, 8000)) }]);
  const { windows, probability } = detector;
  const free = rig.memory.pool('voice').freeSlots;
  detector.close();
  detector.close();
  t.equal(rig.memory.pool('voice').freeSlots, free + 1);
  const next = rig.open(16_000);
  rig.follow([{ detector: next, samples: hum(64, 16_000) }]);
  detector.reset();
  detector.skip(10);
  t.equal(detector.windows, windows);
  t.equal(next.windows, 2, 'and the next call does not notice');
  t.equal(detector.probability, probability);
  t.notOk(detector.isDue);
  next.close();
});

t.test('no room and no weights are errors', async t => {
  const memory = await loadKernels(KERNEL_FOLDER, { voice: 1, voiceBatch: VOICE_BATCHES });
  t.throws(() => new VoiceJudge(memory), { name: 'RangeError', message: /no table silero v5/ });
  const policy = { model: 'v5' } as const;
  const detector = new VoiceDetector(memory, 8000, policy);
  t.throws(() => new VoiceDetector(memory, 8000, policy), {
    name: 'RangeError',
    message: /no voice slot left/,
  });
  detector.close();
  t.throws(() => new VoiceJudge(rig.memory), { name: 'RangeError', message: /no voiceBatch slot left/ });
});

t.test('nothing was written beside a slot', async t => {
  rig.close();
  for (const kind of ['voice', 'voiceBatch', 'frame'] as const) {
    t.equal(rig.memory.pool(kind).brokenSlots, 0, kind);
  }
});
