import { LevelMeter, PEAK_LIMIT } from './speech_level.ts';

/** Active level of a well-spoken telephone line (ITU-T P.56 measure), dBFS. */
const LEVEL_DBFS = -20;
/** Speech from which a voice's level may be guessed, and from which it is learnt, milliseconds. */
const GUESS_MS = 60;
const LEARN_MS = 300;
/** How far a guess from a sentence's first sound may reach, and what is learnt from whole ones. */
const GUESS_DB = 9;
const LEARNT_DB = 20;
/** What one more sentence weighs against those before. */
const WEIGHT = 0.3;
/** From here on samples are bent towards the limit rather than cut. */
const KNEE = 0.75 * PEAK_LIMIT;

/**
 * How loud one voice of one provider is, learnt over its sentences. Each sentence gets one gain from its first sound to its
 * last, so that nothing swells or fades within it.
 */
export class VoiceLevel {
  #gainDb: number | undefined;

  /** The gain of a sentence that begins with this sound. */
  begin(first: Int16Array, rateHz: number): SentenceGain {
    return new SentenceGain(rateHz, this.#gainDb ?? guessedDb(first, rateHz), learntDb => {
      const before = this.#gainDb;
      this.#gainDb = before === undefined ? learntDb : before + WEIGHT * (learntDb - before);
    });
  }
}

/** One sentence at one gain; peaks that would not fit are bent, sample by sample, and stay below −1 dBFS. */
class SentenceGain {
  readonly #gain: number;
  readonly #meter: LevelMeter;
  readonly #learn: (learntDb: number) => void;

  constructor(rateHz: number, gainDb: number, learn: (learntDb: number) => void) {
    this.#gain = 10 ** (gainDb / 20);
    this.#meter = new LevelMeter(rateHz);
    this.#learn = learn;
  }

  apply(pcm: Int16Array): Int16Array {
    this.#meter.add(pcm);
    return pcm.map(sample => bent(sample * this.#gain));
  }

  /** The sentence is over, or will not be heard to its end: what was heard of it counts if it is enough. */
  end(): void {
    if (this.#meter.activeMs >= LEARN_MS) this.#learn(wantedDb(this.#meter, LEARNT_DB));
  }
}

export type { SentenceGain };

function guessedDb(first: Int16Array, rateHz: number): number {
  const meter = new LevelMeter(rateHz);
  meter.add(first);
  return meter.activeMs < GUESS_MS ? 0 : wantedDb(meter, GUESS_DB);
}

function wantedDb(meter: LevelMeter, most: number): number {
  const gainDb = LEVEL_DBFS - 20 * Math.log10(meter.activeRms / 32_768);
  return Math.max(-most, Math.min(most, gainDb));
}

function bent(sample: number): number {
  const size = Math.abs(sample);
  if (size <= KNEE) return Math.round(sample);
  const range = PEAK_LIMIT - KNEE;
  return Math.sign(sample) * Math.round(KNEE + range * Math.tanh((size - KNEE) / range));
}
