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
/** The level is the mean power of so much speech, and known after a little. */
const MEMORY_FRAMES = 300;
const LEAST_FRAMES = 20;
/** A thump counts for no more than this over the level so far. */
const MOST_OVER = 10;
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
  /** Mean square of speech, over so many frames up to what is remembered. */
  #power = 0;
  #frames = 0;
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

  /** Active speech level before the gain, in dB of full scale; undefined until enough was heard. */
  get speechDb(): number | undefined {
    return this.#frames < LEAST_FRAMES ? undefined : 10 * Math.log10(this.#power);
  }

  #follow(frame: Frame): void {
    const { speechPresence, isFarActive } = this.#hint;
    this.#echoMs = isFarActive ? ECHO_MS : Math.max(0, this.#echoMs - FRAME_MS);
    if (this.#echoMs > 0 || frame.concealed || !(speechPresence >= SURE)) return;
    this.#hear(meanSquare(frame.samples));
    const levelDb = this.speechDb;
    if (levelDb === undefined) return;
    const { targetDb, mostGainDb } = this.#policy;
    const wantedDb = Math.max(-mostGainDb, Math.min(mostGainDb, targetDb - levelDb));
    if (Math.abs(wantedDb - this.#gainDb) > SLACK_DB) this.#isMoving = true;
    if (!this.#isMoving) return;
    this.#gainDb = stepped(this.#gainDb, wantedDb, FALL_DB, RISE_DB);
    this.#isMoving = this.#gainDb !== wantedDb;
  }

  #hear(power: number): void {
    if (!(power > 0)) return;
    const known = this.#frames >= LEAST_FRAMES;
    const heard = known ? Math.min(power, MOST_OVER * this.#power) : power;
    this.#frames = Math.min(MEMORY_FRAMES, this.#frames + 1);
    this.#power += (heard - this.#power) / this.#frames;
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
    this.#power = 0;
    this.#frames = 0;
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
