import { FRAME_MS, type Frame } from '../frame.ts';
import type { LevelPolicy } from '../policy.ts';
import type { Stage } from '../stage.ts';

/** Who is heard at the moment, as far as others know. */
export interface SpeechHint {
  /** How sure it is, from 0 to 1, that the frame at hand holds a voice. */
  readonly speechPresence: number;
  /** Whether the far end is heard, too: then the voice may be its echo. */
  readonly isFarActive: boolean;
}

/** From this presence on, a frame counts. */
const SURE = 0.6;
/** After the far end, its echo goes on for so long. */
const ECHO_MS = 200;
/** Speech is measured in pieces of half a second, and its level is the median of so many: no cough or thump counts. */
const PIECE_FRAMES = 50;
const PIECES = 7;
/** In dB per frame: 3 dB and 10 dB a second. */
const RISE_DB = (3 * FRAME_MS) / 1000;
const FALL_DB = (10 * FRAME_MS) / 1000;
/** Switching off is quicker: 50 dB a second. */
const RELEASE_DB = (50 * FRAME_MS) / 1000;
/** The gain stays where it is until it is wrong by so much, and then goes all the way. */
const SLACK_DB = 1.5;

/**
 * Brings the caller's voice to the wanted level, slowly: the gain moves only while the caller speaks, and follows the
 * level of speech alone (as ITU-T P.56 has it, with others deciding what is speech), never that of noise, of pauses or
 * of echo. Peaks that it raises too high are the limiter's, which comes after.
 */
export class LevelControl implements Stage<Frame> {
  readonly name = 'level control';
  readonly #hint: SpeechHint;
  #policy: LevelPolicy;
  #gainDb = 0;
  #gain = 1;
  #isMoving = false;
  /** Sum of the mean squares of so many frames of the running piece. */
  #sum = 0;
  #frames = 0;
  /** Mean squares of the last pieces, the next to be replaced at `#pieces % PIECES`, and in order of size. */
  readonly #powers = new Float64Array(PIECES);
  readonly #ordered = new Float64Array(PIECES);
  #pieces = 0;
  #levelDb: number | undefined;
  #echoMs = 0;

  constructor(policy: LevelPolicy, hint: SpeechHint) {
    this.#policy = policy;
    this.#hint = hint;
  }

  process(frame: Frame): void {
    if (this.#policy.enabled) this.#follow(frame);
    else if (this.#gainDb !== 0) this.#gainDb = stepped(this.#gainDb, 0, RELEASE_DB, RELEASE_DB);
    else return;
    this.#apply(frame.samples);
  }

  /** Changes the policy, from the next frame on and without a click. */
  tune(policy: LevelPolicy): void {
    if (!policy.enabled) this.#forget();
    this.#policy = policy;
  }

  get gainDb(): number {
    return this.#gainDb;
  }

  /** Active speech level before the gain, in dB of full scale; undefined until half a second was heard. */
  get speechDb(): number | undefined {
    return this.#levelDb;
  }

  #follow(frame: Frame): void {
    const { speechPresence, isFarActive } = this.#hint;
    this.#echoMs = isFarActive ? ECHO_MS : Math.max(0, this.#echoMs - FRAME_MS);
    if (this.#echoMs > 0 || frame.concealed || !(speechPresence >= SURE)) return;
    this.#hear(meanSquare(frame.samples));
    const levelDb = this.#levelDb;
    if (levelDb === undefined) return;
    const { targetDb, mostGainDb } = this.#policy;
    const wantedDb = Math.max(-mostGainDb, Math.min(mostGainDb, targetDb - levelDb));
    if (Math.abs(wantedDb - this.#gainDb) > SLACK_DB) this.#isMoving = true;
    if (!this.#isMoving) return;
    this.#gainDb = stepped(this.#gainDb, wantedDb, FALL_DB, RISE_DB);
    this.#isMoving = this.#gainDb !== wantedDb;
  }

  #hear(power: number): void {
    // More than full scale is garbage; silence and what is no number are not speech.
    if (!(power > 0 && power <= 1)) return;
    this.#sum += power;
    this.#frames += 1;
    if (this.#frames < PIECE_FRAMES) return;
    this.#powers[this.#pieces % PIECES] = this.#sum / PIECE_FRAMES;
    this.#pieces += 1;
    this.#sum = 0;
    this.#frames = 0;
    this.#levelDb = 10 * Math.log10(this.#median());
  }

  /** Of the pieces that there are; the lower one of two. */
  #median(): number {
    const known = Math.min(PIECES, this.#pieces);
    this.#ordered.set(this.#powers);
    this.#ordered.fill(Number.POSITIVE_INFINITY, known).sort();
    return this.#ordered[(known - 1) >> 1]!;
  }

  /** From the last frame's gain to this one's, in a straight line. */
  #apply(samples: Float32Array): void {
    const gain = 10 ** (this.#gainDb / 20);
    let now = this.#gain;
    if (gain !== 1 || now !== 1) {
      const step = (gain - now) / samples.length;
      for (let i = 0; i < samples.length; i += 1) {
        now += step;
        samples[i] = samples[i]! * now;
      }
    }
    this.#gain = gain;
  }

  #forget(): void {
    this.#sum = 0;
    this.#frames = 0;
    this.#pieces = 0;
    this.#levelDb = undefined;
    this.#isMoving = false;
  }

  /** Another voice may follow: begins again without a gain. */
  reset(): void {
    this.#forget();
    this.#gainDb = 0;
    this.#gain = 1;
    this.#echoMs = 0;
  }

  close(): void {}
}

function stepped(from: number, to: number, mostDown: number, mostUp: number): number {
  return from + Math.max(-mostDown, Math.min(mostUp, to - from));
}

function meanSquare(samples: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < samples.length; i += 1) sum += samples[i]! * samples[i]!;
  return sum / samples.length;
}
