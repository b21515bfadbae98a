import t from 'tap';
import type { PipelineRateHz } from '../../pipeline/frame.ts';
import type { LevelPolicy } from '../../pipeline/policy.ts';
import { LevelControl } from '../../pipeline/stages/level_control.ts';
import { concat, mix, NO_FLITE, noise, silence, speech, tone } from './sounds.ts';
import { rms, steepest, through } from './stage_bench.ts';

const POLICY: LevelPolicy = { enabled: true, targetDb: -26, mostGainDb: 12 };
const decibels = (ratio: number): number => 20 * Math.log10(ratio);

/** A level control, and what decides for it who speaks. */
class Rig {
  readonly hint = { speechPresence: 0, isFarActive: false };
  readonly stage: LevelControl;
  readonly #rateHz: PipelineRateHz;

  constructor(rateHz: PipelineRateHz, policy: Partial<LevelPolicy> = {}) {
    this.#rateHz = rateHz;
    this.stage = new LevelControl({ ...POLICY, ...policy }, this.hint);
  }

  speak(samples: Float32Array): Float32Array {
    this.hint.speechPresence = 1;
    const out = through(this.stage, this.#rateHz, samples);
    this.hint.speechPresence = 0;
    return out;
  }

  /** A pause, or anything else that is not the caller's voice. */
  pass(samples: Float32Array): Float32Array {
    return through(this.stage, this.#rateHz, samples);
  }
}

/** Syllables, four a second, with this active level. */
function babbling(durationMs: number, rateHz: PipelineRateHz, levelDb: number): Float32Array {
  const syllables = tone([150, 300, 450, 1200], durationMs, rateHz, 1).map(
    (sample, i) => sample * (0.1 + 0.9 * Math.sin((2 * Math.PI * 2 * i) / rateHz) ** 2),
  );
  const gain = 10 ** (levelDb / 20) / rms(syllables);
  return syllables.map(sample => sample * gain);
}

for (const rateHz of [8000, 16_000] as const) {
  t.test(`a faint voice at ${rateHz} Hz is raised to the target, by no more than 3 dB a second`, async t => {
    const rig = new Rig(rateHz);
    const out: Float32Array[] = [];
    for (let second = 1; second <= 6; second += 1) {
      out.push(rig.speak(babbling(1000, rateHz, -35)));
      t.ok(rig.stage.gainDb <= 3 * second + 0.01, `${rig.stage.gainDb} dB after ${second} s`);
    }
    t.ok(Math.abs(decibels(rms(out[5]!)) + 26) < 1.6, `reaches ${decibels(rms(out[5]!))} dB`);
    t.ok(Math.abs(rig.stage.speechDb! + 35) < 1, `knows ${rig.stage.speechDb} dB`);
  });

  t.test(`a loud voice at ${rateHz} Hz is turned down sooner`, async t => {
    const rig = new Rig(rateHz);
    rig.speak(babbling(1000, rateHz, -14));
    t.ok(rig.stage.gainDb < -4, `${rig.stage.gainDb} dB after a second`);
    const out = rig.speak(babbling(1000, rateHz, -14));
    t.ok(Math.abs(decibels(rms(out.subarray(rateHz / 2))) + 26) < 1.6);
  });

  t.test(`at ${rateHz} Hz it goes no further than the policy`, async t => {
    const raised = new Rig(rateHz, { mostGainDb: 6 });
    raised.speak(babbling(6000, rateHz, -50));
    t.equal(raised.stage.gainDb, 6);
    const lowered = new Rig(rateHz, { mostGainDb: 6 });
    lowered.speak(babbling(3000, rateHz, -6));
    t.equal(lowered.stage.gainDb, -6);
  });

  t.test(`noise, silence and echo at ${rateHz} Hz move nothing`, async t => {
    const rig = new Rig(rateHz);
    rig.speak(babbling(3000, rateHz, -32));
    const { gainDb } = rig.stage;
    rig.pass(noise(5000, rateHz, 0.001));
    rig.pass(silence(5000, rateHz));
    // Even when it is taken for a voice.
    rig.speak(silence(5000, rateHz));
    rig.hint.isFarActive = true;
    rig.speak(babbling(5000, rateHz, -60));
    rig.hint.isFarActive = false;
    // What is left of the echo when the far end falls silent.
    rig.speak(babbling(180, rateHz, -60));
    t.equal(rig.stage.gainDb, gainDb);
  });

  t.test(`frames at ${rateHz} Hz that the line made up move nothing`, async t => {
    const rig = new Rig(rateHz);
    rig.hint.speechPresence = 1;
    const made = { process: rig.stage.process.bind(rig.stage) };
    const stage = {
      name: '',
      reset() {},
      close() {},
      process: (frame: Parameters<typeof made.process>[0]) => made.process({ ...frame, concealed: true }),
    };
    through(stage, rateHz, babbling(3000, rateHz, -40));
    t.equal(rig.stage.speechDb, undefined);
  });

  t.test(
    `it does not pump at ${rateHz} Hz: between words and sentences the noise stays where it is`,
    async t => {
      const rig = new Rig(rateHz);
      for (let i = 0; i < 8; i += 1) rig.speak(babbling(1000, rateHz, -33));
      const noisesDb: number[] = [];
      // Words that are louder and fainter, as in any sentence, with pauses between them.
      for (const [i, levelDb] of [-30, -37, -29, -36, -33, -31, -36].entries()) {
        rig.speak(babbling(700, rateHz, levelDb));
        noisesDb.push(decibels(rms(rig.pass(noise(400, rateHz, 0.001, i + 1)))));
      }
      const swingDb = Math.max(...noisesDb) - Math.min(...noisesDb);
      t.ok(swingDb < 1.5, `the noise moves by ${swingDb} dB`);
    },
  );

  t.test(`a cough before the first word at ${rateHz} Hz is soon forgotten`, async t => {
    const rig = new Rig(rateHz);
    rig.speak(noise(500, rateHz, 0.4));
    for (let i = 0; i < 4; i += 1) rig.speak(babbling(1000, rateHz, -30));
    t.ok(rig.stage.gainDb > 1, `${rig.stage.gainDb} dB`);
  });

  t.test(`at ${rateHz} Hz the gain stays where it is while it is about right`, async t => {
    const rig = new Rig(rateHz);
    for (let i = 0; i < 6; i += 1) rig.speak(babbling(1000, rateHz, -32));
    const { gainDb } = rig.stage;
    for (const levelDb of [-31, -33, -31.5, -32.5]) {
      rig.speak(babbling(1000, rateHz, levelDb));
      t.equal(rig.stage.gainDb, gainDb);
    }
  });

  t.test(`a thump at ${rateHz} Hz does not take the voice away`, async t => {
    const rig = new Rig(rateHz);
    rig.speak(babbling(4000, rateHz, -26));
    rig.speak(noise(100, rateHz, 0.4));
    rig.speak(babbling(500, rateHz, -26));
    t.ok(rig.stage.gainDb > -2, `${rig.stage.gainDb} dB`);
  });

  t.test(`gains at ${rateHz} Hz change without a click, switching off and on too`, async t => {
    const rig = new Rig(rateHz);
    const voice = tone([300], 1000, rateHz, 0.02);
    const raised = [rig.speak(voice), rig.speak(voice), rig.speak(voice)];
    t.ok(rig.stage.gainDb > 7);
    rig.stage.tune({ ...POLICY, enabled: false });
    const out = concat(...raised, rig.speak(voice));
    const most = 10 ** (9.1 / 20);
    t.ok(steepest(out) < 1.02 * most * steepest(voice));
    t.equal(rig.stage.gainDb, 0);
    t.strictSame(rig.speak(voice), voice, 'off, it leaves all as it is');
    rig.stage.tune(POLICY);
    t.ok(steepest(rig.speak(voice)) < 1.5 * steepest(voice));
    t.ok(rig.stage.gainDb > 1);
  });

  t.test(`garbage at ${rateHz} Hz is forgotten`, async t => {
    const rig = new Rig(rateHz);
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, 1e38]) {
      rig.speak(silence(4000, rateHz).fill(value));
    }
    rig.hint.speechPresence = Number.NaN;
    rig.pass(babbling(100, rateHz, -30));
    rig.speak(babbling(1500, rateHz, -35));
    t.ok(rig.stage.gainDb > 1, `${rig.stage.gainDb} dB`);
  });

  t.test(`a caller's sentences at ${rateHz} Hz come out at the target`, { skip: NO_FLITE }, async t => {
    const rig = new Rig(rateHz);
    const said = speech(
      'I would like to move my appointment to Thursday, if that is possible.',
      rateHz,
      'rms',
    );
    const gain = 0.012 / rms(said);
    const faint = said.map(sample => sample * gain);
    let out: Float32Array = faint;
    for (let i = 0; i < 3; i += 1) {
      out = rig.speak(mix(faint, noise((faint.length * 1000) / rateHz, rateHz, 0.0005)));
      rig.pass(silence(300, rateHz));
    }
    t.ok(Math.abs(decibels(rms(out)) + 26) < 2, `${decibels(rms(out))} dB`);
    rig.stage.reset();
    t.equal(rig.stage.gainDb, 0);
  });
}
