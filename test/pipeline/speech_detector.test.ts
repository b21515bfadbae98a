import t from 'tap';
import { hearCall, SpeechNotes } from '../../bench/vad/listening.ts';
import type { Heard } from '../../bench/vad/scores.ts';
import { decodeMuLaw, encodeMuLaw } from '../../bench/wire/g711.ts';
import { VAD_WINDOW_MS } from '../../models/silero.ts';
import { createFrame, FRAME_MS, frameLength } from '../../pipeline/frame.ts';
import { DEFAULT_PIPELINE_POLICY, type VoicePolicy } from '../../pipeline/policy.ts';
import { LevelProbe } from '../../pipeline/stages/level_probe.ts';
import { ToneGuard } from '../../pipeline/stages/tone_guard.ts';
import { PauseWatch } from '../../pipeline/turn/pause_watch.ts';
import { SpeechDetector } from '../../pipeline/turn/speech_detector.ts';
import { sharedParts } from './shared_parts.ts';
import { concat, mix, NO_FLITE, noise, silence, speech, toInt16, tone } from './sounds.ts';

const RATE_HZ = 8000;
const WINDOW = (RATE_HZ * VAD_WINDOW_MS) / 1000;
const { voice: POLICY } = DEFAULT_PIPELINE_POLICY;

/** What is heard of a sound whose windows are as probable as `judge` says of their loudest sample. */
function heardOf(
  samples: Float32Array,
  judge: (peak: number) => number,
  policy: Partial<VoicePolicy> = {},
): readonly Heard[] {
  const [levels, tones] = [new LevelProbe(), new ToneGuard(RATE_HZ)];
  const notes = new SpeechNotes(new SpeechDetector(levels, tones, { ...POLICY, ...policy }), 0);
  const frame = createFrame(RATE_HZ);
  const length = frameLength(RATE_HZ);
  for (let index = 0; (index + 1) * length <= samples.length; index += 1) {
    frame.samples.set(samples.subarray(index * length, (index + 1) * length));
    levels.process(frame);
    tones.process(frame);
    const windows = Math.floor(((index + 1) * FRAME_MS) / VAD_WINDOW_MS);
    const heard = samples.subarray((windows - 1) * WINDOW, windows * WINDOW);
    notes.tick(windows, judge(heard.reduce((peak, sample) => Math.max(peak, Math.abs(sample)), 0)));
  }
  return notes.end();
}

const loudIsVoice = (peak: number): number => (peak > 0.05 ? 0.8 : 0.02);
const voice = (durationMs: number) => tone([220, 660], durationMs, RATE_HZ);
const pause = (durationMs: number) => silence(durationMs, RATE_HZ);

t.test('speech is sure after onsetMs of it, and over hangoverMs after it', async t => {
  const sound = concat(pause(640), voice(640), pause(1280));
  for (const [onsetMs, hangoverMs] of [
    [64, 128],
    [128, 64],
    [256, 512],
  ] as const) {
    const [stretch, ...others] = heardOf(sound, loudIsVoice, { onsetMs, hangoverMs });
    t.same(others, []);
    t.match(stretch, { startMs: 640, endMs: 1280 }, 'its ends are the same');
    const lateMs = [stretch!.noticedMs - 640 - onsetMs, stretch!.overMs - 1280 - hangoverMs];
    t.ok(
      lateMs.every(ms => ms >= 0 && ms < FRAME_MS),
      `${lateMs} ms after that`,
    );
  }
});

t.test('gaps shorter than hangoverMs lie within speech, what does not last onsetMs is none', async t => {
  const word = concat(pause(640), voice(320), pause(160), voice(320), pause(960));
  t.equal(heardOf(word, loudIsVoice, { hangoverMs: 256 }).length, 1);
  t.equal(heardOf(word, loudIsVoice, { hangoverMs: 96 }).length, 2);
  const short = concat(pause(640), voice(90), pause(960));
  t.equal(heardOf(short, loudIsVoice, { onsetMs: 64 }).length, 1);
  t.equal(heardOf(short, loudIsVoice, { onsetMs: 160 }).length, 0);
});

t.test('probabilities to enter and to keep are the policy of the moment', async t => {
  const levels = new LevelProbe();
  const detector = new SpeechDetector(levels);
  const frame = createFrame(RATE_HZ);
  const length = frameLength(RATE_HZ);
  let [frames, windows] = [0, 0];
  const goOn = (samples: Float32Array, probability: number): boolean => {
    for (let at = 0; at + length <= samples.length; at += length) {
      frame.samples.set(samples.subarray(at, at + length));
      levels.process(frame);
      frames += 1;
      windows = Math.floor((frames * FRAME_MS) / VAD_WINDOW_MS);
      detector.update({ windows, probability });
    }
    return detector.isActive;
  };
  goOn(pause(320), 0);
  t.notOk(goOn(voice(160), 0.45), 'not probable enough');
  detector.tune({ ...POLICY, enter: 0.4, keep: 0.3 });
  t.ok(goOn(voice(160), 0.45), 'it is now');
  t.ok(goOn(voice(320), 0.32), 'and goes on with less');
  detector.tune({ ...POLICY, enter: 0.6, keep: 0.5 });
  t.notOk(goOn(voice(320), 0.45), 'but not now');
});

t.test('a voice that is hardly louder than what may be left of the agent is the agent', async t => {
  const levels = new LevelProbe();
  const detector = new SpeechDetector(levels);
  const frame = createFrame(RATE_HZ);
  const length = frameLength(RATE_HZ);
  let frames = 0;
  const goOn = (samples: Float32Array, echoDb: number): boolean => {
    for (let at = 0; at + length <= samples.length; at += length) {
      frame.samples.set(samples.subarray(at, at + length));
      levels.process(frame);
      frames += 1;
      detector.hearEcho(echoDb);
      const windows = Math.floor((frames * FRAME_MS) / VAD_WINDOW_MS);
      detector.update({ windows, probability: 0.8 });
    }
    return detector.isVoiced;
  };
  const levelDb = (samples: Float32Array) =>
    10 * Math.log10(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length);
  const said = voice(320);
  const saidDb = levelDb(said);
  goOn(pause(320), saidDb - 8);
  t.notOk(goOn(said, saidDb - 8), 'it may be an echo');
  t.notOk(detector.isActive);
  t.ok(goOn(said, saidDb - 11), 'it is too loud for one');
  t.ok(goOn(said, saidDb - 6), 'and goes on over more of it');
  t.notOk(goOn(said, saidDb - 3), 'but not over everything');
  t.notOk(detector.isActive);
  goOn(pause(960), -Infinity);
  t.ok(goOn(said, -Infinity), 'nobody knows of an echo');
});

t.test('keys are no speech, however sure the network is of them; speech after them is', async t => {
  const key = (forMs: number) => tone([770, 1336], forMs, RATE_HZ);
  const pressed = concat(pause(640), key(100), pause(100), key(100), pause(640), key(30), pause(960));
  t.same(heardOf(pressed, loudIsVoice), []);
  const [stretch, ...others] = heardOf(concat(pressed, voice(640), pause(960)), loudIsVoice);
  t.same(others, []);
  t.equal(stretch?.startMs, pressed.length / 8);
});

t.test('comfort noise that switches on and off, hiss and clicks are no speech', async t => {
  const sounds = {
    'comfort noise': concat(pause(640), noise(2000, RATE_HZ, 0.003), pause(640), noise(2000, RATE_HZ, 0.004)),
    hiss: noise(4000, RATE_HZ, 0.1),
    clicks: concat(...Array.from({ length: 5 }, () => concat(pause(500), voice(4)))),
  };
  t.same(heardOf(sounds.hiss, loudIsVoice), [], 'hiss');
  t.same(heardOf(sounds.clicks, loudIsVoice), [], 'clicks');
  t.same(
    heardOf(sounds['comfort noise'], peak => (peak > 0.001 ? 0.4 : 0)),
    [],
    'comfort noise',
  );
  t.equal(heardOf(mix(sounds.hiss, concat(pause(1600), voice(640))), () => 0.8).length, 1, 'a voice in hiss');
});

t.test('a pause is told once, when it has lasted, and again only after a voice', async t => {
  const pauses = new PauseWatch();
  const told = (probability: number, windows: number): number =>
    Array.from({ length: windows }, () => pauses.isPause(probability)).filter(Boolean).length;
  t.equal(told(0.01, 500), 0, 'a call begins fresh');
  t.equal(told(0.9, 10), 0);
  t.equal(told(0.01, 62), 0, 'not yet two seconds');
  t.equal(told(0.01, 1), 1);
  t.equal(told(0.01, 500), 0, 'once');
  t.equal(told(0.2, 1) + told(0.01, 40) + told(0.2, 1) + told(0.01, 40), 0, 'two short ones are no long one');
  t.equal(told(0.01, 40), 1);
  told(0.9, 1);
  pauses.reset();
  t.equal(told(0.01, 500), 0, 'after a reset it is fresh');
});

t.test(
  'a word that stands alone after a pause is taken as soon as one at the start',
  { skip: NO_FLITE },
  async t => {
    const shared = await sharedParts(1);
    const atLevel = (samples: Float32Array, levelDb: number): Float32Array => {
      const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
      return samples.map(sample => (sample * 10 ** (levelDb / 20)) / Math.sqrt(power));
    };
    const calls = ['kal16', 'awb'].flatMap(by => {
      const before = speech('Hello, I would like to move a piano on Friday.', RATE_HZ, by);
      return ['Correct.', 'Nope.', 'No.', 'Yeah.', 'Sure.'].flatMap(word =>
        [word === 'No.' ? -35 : -20].map(levelDb => {
          const said = [before, speech(word, RATE_HZ, by)].map(samples => atLevel(samples, levelDb));
          const line = concat(pause(600), said[0]!, pause(4000), said[1]!, pause(800));
          const sent = mix(line, noise((line.length * 1000) / RATE_HZ + 10, RATE_HZ, 0.0002));
          const received = Float32Array.from(
            decodeMuLaw(encodeMuLaw(toInt16(sent))),
            sample => sample / 32_768,
          );
          return {
            name: `${word} by ${by} at ${levelDb} dB`,
            received,
            atMs: (600 * 8 + said[0]!.length + 4000 * 8) / 8,
          };
        }),
      );
    });
    for (const { name, received, atMs } of calls) {
      const { heard } = hearCall(received, RATE_HZ, shared, 'v5');
      const word = heard.filter(({ noticedMs }) => noticedMs > atMs);
      t.equal(word.length, 1, name);
      t.ok(
        Math.abs((word[0]?.startMs ?? 0) - atMs) <= 60,
        `${name}: ${(word[0]?.startMs ?? 0) - atMs} ms off`,
      );
    }
  },
);
