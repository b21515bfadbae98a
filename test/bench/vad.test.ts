import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { SeededRandom } from '../../bench/caller/random.ts';
import { JUDGED_SET } from '../../bench/noise/sets.ts';
import { levelDb } from '../../bench/noise/signal.ts';
import { sentencesOf } from '../../bench/noise/voices.ts';
import { BETWEEN, playBetween } from '../../bench/vad/disturbances.ts';
import { compareInto, createAgreement } from '../../bench/vad/kernel_check.ts';
import { readLabelled } from '../../bench/vad/labelled.ts';
import { hearWindows } from '../../bench/vad/listening.ts';
import { KERNEL_SLOTS, kernelNetwork, onnxNetwork } from '../../bench/vad/networks.ts';
import { createScene } from '../../bench/vad/scenes.ts';
import { score } from '../../bench/vad/scores.ts';
import { JUDGED_BY, TUNED_ON, type VadSet } from '../../bench/vad/sets.ts';
import { speechIn } from '../../bench/vad/stretches.ts';
import { formatWav } from '../../bench/wire/wav.ts';
import { SileroVad } from '../../models/silero_vad.ts';
import { loadKernels } from '../../pipeline/kernels/load.ts';
import { loadVoiceTables } from '../../pipeline/kernels/voice_table.ts';
import { DEFAULT_PIPELINE_POLICY } from '../../pipeline/policy.ts';
import { KERNEL_FOLDER } from '../pipeline/kernels/legs.ts';
import { concat, mix, NO_FLITE, noise, silence, speech, toInt16, tone } from '../pipeline/sounds.ts';

const RATE_HZ = 8000;

function isSame(one: Float32Array, other: Float32Array): boolean {
  return one.length === other.length && one.every((sample, i) => sample === other[i]);
}

t.test('where somebody speaks is told by level: pauses filled, clicks left out', async t => {
  const voice = (durationMs: number) => tone([300], durationMs, RATE_HZ);
  const pause = (durationMs: number) => silence(durationMs, RATE_HZ);
  const clean = concat(
    pause(500),
    voice(300),
    pause(150),
    voice(200),
    pause(400),
    voice(20),
    pause(500),
    voice(300).map(sample => sample / 20),
    pause(300),
    voice(300).map(sample => sample / 50),
    pause(100),
  );
  t.same(speechIn(clean, RATE_HZ), [
    { startMs: 500, endMs: 1150 },
    { startMs: 2070, endMs: 2370 },
  ]);
  t.same(speechIn(pause(1000), RATE_HZ), []);
});

const heard = (startMs: number, endMs: number, noticedMs = startMs + 80, overMs = endMs + 150) => ({
  startMs,
  endMs,
  noticedMs,
  overMs,
});

t.test('what was heard is scored by time, what was noticed by delay', async t => {
  const spoken = [
    { startMs: 1000, endMs: 2000 },
    { startMs: 3000, endMs: 3500 },
    { startMs: 5000, endMs: 5500 },
    { startMs: 7000, endMs: 7500 },
  ];
  const figures = score([
    {
      lengthMs: 62_500,
      spoken,
      heard: [
        heard(1000, 2000),
        // Found in two pieces, the first one late, the last one long.
        heard(3100, 3200, 3200, 3250),
        heard(3300, 3600, 3400, 3700),
        // Runs on from one into the next.
        heard(5020, 7500, 5100, 7600),
        heard(20_000, 20_500),
        heard(30_000, 30_500),
      ],
    },
  ]);
  const [spokenMs, heardMs, rightMs] = [2500, 1000 + 100 + 300 + 2480 + 1000, 1000 + 100 + 200 + 480 + 500];
  t.match(figures, {
    f1: Math.round((2000 * rightMs) / (spokenMs + heardMs)) / 1000,
    precision: Math.round((1000 * rightMs) / heardMs) / 1000,
    recall: Math.round((1000 * rightMs) / spokenMs) / 1000,
    utterances: 4,
    missed: 0,
    onsetMs: { median: 100, p95: 200 },
    offsetMs: { median: 150, p95: 200 },
    misplacedMs: { onset: { median: 20, p95: 100 }, offset: { median: 0, p95: 100 } },
    falseStarts: 2,
    falsePerMinute: 2,
  });
});

t.test('nothing heard is all missed, everything heard is all found and little else', async t => {
  const spoken = [{ startMs: 1000, endMs: 2000 }];
  const nothing = score([{ lengthMs: 4000, spoken, heard: [] }]);
  t.match(nothing, { f1: 0, precision: 0, recall: 0, missed: 1, falseStarts: 0 });
  t.equal(nothing.onsetMs, undefined);
  const everything = score([{ lengthMs: 4000, spoken, heard: [heard(0, 4000)] }]);
  t.match(everything, { f1: 0.4, precision: 0.25, recall: 1, missed: 0, falseStarts: 0 });
  t.equal(everything.onsetMs, undefined, 'it had begun before');
  const silent = score([{ lengthMs: 60_000, spoken: [], heard: [heard(0, 50), heard(25, 80)] }]);
  t.match(silent, { f1: 0, precision: 0, utterances: 0, falseStarts: 2, falsePerMinute: 2 });
});

t.test('windows alone are heard from the first that enters to the last that keeps', async t => {
  const probabilities = Float32Array.of(0.1, 0.4, 0.6, 0.4, 0.2, 0.4, 0.9);
  t.same(hearWindows(probabilities, DEFAULT_PIPELINE_POLICY.voice), [
    { startMs: 64, noticedMs: 96, endMs: 128, overMs: 160 },
    { startMs: 192, noticedMs: 224, endMs: 224, overMs: 256 },
  ]);
});

t.test('decisions that differ are counted, and windows that only one has judged', async t => {
  const agreement = createAgreement();
  const { voice } = DEFAULT_PIPELINE_POLICY;
  compareInto(agreement, Float32Array.of(0.1, 0.6, 0.4), Float32Array.of(0.2, 0.7, 0.45), voice);
  t.match(agreement, { windows: 3, decisionsDiffering: 0 });
  compareInto(agreement, Float32Array.of(0.49, 0.34, 0.9), Float32Array.of(0.51, 0.36), voice);
  t.match(agreement, { windows: 6, decisionsDiffering: 3 });
  t.ok(Math.abs(agreement.largestDifference - 0.1) < 1e-6);
});

t.test('the kernel decides as onnxruntime does, in sounds of any length', async t => {
  const vad = await SileroVad.load();
  const memory = await loadKernels(KERNEL_FOLDER, KERNEL_SLOTS, loadVoiceTables(['v5', 'v6']));
  const [kernel, onnx] = [kernelNetwork(memory), onnxNetwork(vad, true)];
  for (const rateHz of [8000, 16_000] as const) {
    const said = NO_FLITE ? tone([200, 700, 1200], 600, rateHz) : speech('Correct.', rateHz, 'kal16');
    const pausing = concat(said, silence(2500, rateHz), said, silence(320, rateHz));
    const sounds = [pausing, mix(pausing, noise(9000, rateHz, 0.01)), noise(1500, rateHz, 0.1), said];
    const [ours, theirs] = [await kernel(sounds, rateHz), await onnx(sounds, rateHz)];
    const agreement = createAgreement();
    for (const [index, one] of ours.entries()) {
      compareInto(agreement, one, theirs[index]!, DEFAULT_PIPELINE_POLICY.voice);
    }
    t.match(agreement, { decisionsDiffering: 0 });
    t.ok(agreement.windows > 200 && agreement.largestDifference < 1e-3, `${agreement.largestDifference}`);
  }
  await vad.close();
});

t.test('what judges has nothing of what is tuned on', async t => {
  const namesOf = ({ voices }: VadSet) =>
    voices.map(voice => (voice.by === 'person' ? voice.folder : `${voice.by} ${voice.voice}`));
  const promptsOf = ({ voices, noises }: VadSet) =>
    [...voices, ...noises.voices, ...noises.babble.voices].flatMap(voice =>
      voice.by === 'person' ? voice.prompts.map(prompt => `${voice.folder}/${prompt}`) : [],
    );
  t.same(
    namesOf(JUDGED_BY).filter(name => namesOf(TUNED_ON).includes(name)),
    [],
  );
  t.same(
    promptsOf(JUDGED_BY).filter(prompt => promptsOf(TUNED_ON).includes(prompt)),
    [],
  );
  t.not(JUDGED_BY.seed, TUNED_ON.seed);
  t.not(JUDGED_BY.noises.seed, TUNED_ON.noises.seed);
});

t.test('what disturbs is the same each time, and leaves speech alone', async t => {
  const spoken = [{ startMs: 3000, endMs: 4000 }];
  for (const between of BETWEEN) {
    const play = (seed: number) =>
      playBetween(between, JUDGED_SET, 16 * 8000, spoken, new SeededRandom(seed, 'test'));
    t.ok(isSame(play(1), play(1)), between);
    t.notOk(isSame(play(1), play(2)), between);
    t.ok(
      play(1)
        .subarray(16 * 2800, 16 * 4200)
        .every(sample => sample === 0),
      `${between} lies in pauses`,
    );
    const loudDb = levelDb(play(1).subarray(0, 16 * 2750));
    t.ok(loudDb > -60 && loudDb < -6, `${between} at ${loudDb} dB`);
  }
});

t.test('a scene is one voice on a line, labelled before anything is added', { skip: NO_FLITE }, async t => {
  const alone: VadSet = {
    ...JUDGED_BY,
    voices: [{ by: 'flite', voice: 'rms', sentences: ['Correct.', 'A quarter past four.'] }],
  };
  for (const rateHz of [8000, 16_000] as const) {
    const clean = createScene(alone, { kind: 'clean' }, 0, rateHz);
    const noisy = createScene(alone, { kind: 'noise', noise: 'hiss', snrDb: 0 }, 0, rateHz);
    t.same(noisy.spoken, clean.spoken);
    t.ok(clean.spoken.length >= 2);
    const again = createScene(alone, { kind: 'clean' }, 0, rateHz);
    t.ok(isSame(again.samples, clean.samples), 'the same each time');
    const wordMs = clean.spoken[0]!.endMs - clean.spoken[0]!.startMs;
    const saidMs = (sentencesOf(alone.voices[0]!)[0]!.length * 1000) / 16_000;
    t.ok(Math.abs(wordMs - saidMs) <= 60, `${wordMs} ms of ${saidMs} ms`);
    const lead = (samples: Float32Array) => levelDb(samples.subarray(0, 1.5 * rateHz));
    t.ok(lead(clean.samples) < -60 && Math.abs(lead(noisy.samples) + 26) < 2, 'noise as loud as speech');
  }
});

const second = toInt16(tone([300], 1000, RATE_HZ));
const wav = (rateHz = RATE_HZ, ...channels: Int16Array[]) =>
  formatWav({ rateHz, channels: channels.length === 0 ? [second] : channels });

t.test('labelled sounds are read, each folder as a condition', async t => {
  const folder = t.testdir({});
  mkdirSync(join(folder, 'cafe'));
  const labels = '# by hand\n0.1\t0.4\thello\r\n\n0.50 1.05 bye\n';
  for (const name of [join(folder, 'b'), join(folder, 'cafe', 'a')]) {
    writeFileSync(`${name}.wav`, wav());
    writeFileSync(`${name}.txt`, labels);
  }
  const scenes = readLabelled(folder);
  t.match(scenes, [{ voice: 'b.wav' }, { condition: 'cafe', voice: 'a.wav', rateHz: 8000 }]);
  t.same(scenes[1]!.spoken, [
    { startMs: 100, endMs: 400 },
    { startMs: 500, endMs: 1050 },
  ]);
  t.equal(scenes[1]!.samples.length, 8000);
});

t.test('sets that are none are refused, with the file and the line', async t => {
  const refused = (files: Record<string, string | Buffer>, message: RegExp, what: string): void => {
    t.throws(() => readLabelled(t.testdir(files)), { message }, what);
  };
  const labelled = (labels: string) => ({ 'a.wav': wav(), 'a.txt': labels });
  t.throws(() => readLabelled('/nowhere'), { message: /\/nowhere can't be read as a folder/ });
  refused({ 'a.txt': '0 1' }, /holds no WAV file/, 'labels alone');
  refused({ 'a.wav': wav() }, /a\.txt: ENOENT/, 'no labels');
  const bad = ['0.1', 'x 1', '0,1 0,5', '-1 0.5', '1e-1 0.5', 'NaN 1', '0.1 Infinity', '\0\0', '0x1 0x2'];
  for (const line of bad) {
    refused(
      labelled(`0 0.05\n${line}\n`),
      /a\.txt: line 2 is not `start end` in seconds/,
      JSON.stringify(line),
    );
  }
  refused(labelled('0.5 0.5'), /a\.txt: line 1 does not end after its start/, 'no time');
  refused(labelled('0.1 0.4\n0.3 0.6'), /line 2 begins before the one above has ended/, 'overlapping');
  refused(labelled('0.1 1.2'), /line 1 ends after the sound, which has 1 s/, 'too long');
  refused(labelled('#'.repeat(2 << 20)), /a\.txt: larger than 1048576 bytes/, 'endless labels');
  const sounds: [Buffer, RegExp][] = [
    [wav(44_100), /a\.wav has 44100 Hz: 8000 or 16000 is needed/],
    [wav(RATE_HZ, second, second), /a\.wav has 2 channels: one is needed/],
    [wav(RATE_HZ, new Int16Array(0)), /a\.wav is empty/],
    [wav().subarray(0, 100), /a\.wav: a WAVE file that is cut off/],
    [Buffer.from('no sound at all'), /a\.wav: no RIFF\/WAVE file/],
  ];
  for (const [sound, message] of sounds) refused({ 'a.wav': sound, 'a.txt': '' }, message, `${message}`);
});
