import type { EncodedAudio } from './encoded_audio.ts';

/** What a scripted caller does next. A step that waits for the far end goes on without it after `withinMs`. */
export type Step =
  | { readonly do: 'wait'; readonly ms: number }
  /** Goes on when all of it was said. */
  | { readonly do: 'say'; readonly audio: EncodedAudio }
  /** Waits for the far end to begin a sound, and `afterMs` later cuts in; measured is when it falls silent. */
  | {
      readonly do: 'interrupt';
      readonly audio: EncodedAudio;
      readonly afterMs: number;
      readonly withinMs: number;
    }
  | { readonly do: 'awaitSound'; readonly withinMs: number }
  | { readonly do: 'awaitQuiet'; readonly withinMs: number }
  /** Keys as RTP telephone events (RFC 4733). */
  | { readonly do: 'press'; readonly keys: string }
  /** A marker, to be found again where it comes out. */
  | { readonly do: 'mark' }
  | { readonly do: 'hold' }
  | { readonly do: 'resume' }
  /** Any other request within the dialog. */
  | { readonly do: 'ask'; readonly method: string; readonly contentType: string; readonly body: string };

export interface CallScript {
  readonly steps: readonly Step[];
  /** Begins anew after the last step, until the call is hung up. */
  readonly goesRound: boolean;
}

export const SILENT: CallScript = { steps: [], goesRound: false };

/** What a script acts by. */
export interface Actor {
  say(audio: EncodedAudio): void;
  /** Says it into the far end's sound. */
  cutIn(audio: EncodedAudio): void;
  press(keys: string): void;
  mark(): void;
  hold(isHeld: boolean): void;
  ask(method: string, contentType: string, body: string): void;
  /** Nothing is being said and no key is held. */
  readonly isIdle: boolean;
  /** The far end makes sound. */
  readonly isHearing: boolean;
  /** Sounds of the far end that have begun so far. */
  readonly soundsBegun: number;
}

/** Goes through a script, a look every 20 ms. Times are milliseconds since answer. */
export class ScriptPlayer {
  readonly #script: CallScript;
  readonly #actor: Actor;
  #step = 0;
  /** When the step began; undefined: it has not. */
  #sinceMs: number | undefined;
  #soundsBefore = 0;
  /** When the sound to be cut into began. */
  #onsetMs: number | undefined;
  #hasSaid = false;
  #unheard = 0;

  constructor(script: CallScript, actor: Actor) {
    this.#script = script;
    this.#actor = actor;
  }

  /** Steps that went on because what they waited for did not come. */
  get unheard(): number {
    return this.#unheard;
  }

  /** At most one step ends at a time: a script of no duration can't keep the caller busy for ever. */
  tick(nowMs: number): void {
    const step = this.#script.steps[this.#step];
    if (step === undefined) return;
    if (this.#sinceMs === undefined) {
      this.#sinceMs = nowMs;
      this.#soundsBefore = this.#actor.soundsBegun;
      this.#begin(step);
    }
    if (!this.#isDone(step, nowMs, nowMs - this.#sinceMs)) return;
    this.#sinceMs = undefined;
    this.#onsetMs = undefined;
    this.#hasSaid = false;
    this.#step += 1;
    const { steps, goesRound } = this.#script;
    if (goesRound && this.#step === steps.length) this.#step = 0;
  }

  #begin(step: Step): void {
    const actor = this.#actor;
    if (step.do === 'say') actor.say(step.audio);
    else if (step.do === 'press') actor.press(step.keys);
    else if (step.do === 'mark') actor.mark();
    else if (step.do === 'hold' || step.do === 'resume') actor.hold(step.do === 'hold');
    else if (step.do === 'ask') actor.ask(step.method, step.contentType, step.body);
  }

  #isDone(step: Step, nowMs: number, sinceMs: number): boolean {
    switch (step.do) {
      case 'wait':
        return sinceMs >= step.ms;
      case 'say':
      case 'press':
      case 'mark':
        return this.#actor.isIdle;
      case 'awaitSound':
        return this.#came(this.#hasOnset(), sinceMs, step.withinMs);
      case 'awaitQuiet':
        return this.#came(!this.#actor.isHearing, sinceMs, step.withinMs);
      case 'interrupt':
        return this.#interrupts(step, nowMs, sinceMs);
      default:
        return true;
    }
  }

  #hasOnset(): boolean {
    return this.#actor.soundsBegun > this.#soundsBefore;
  }

  #came(itDid: boolean, sinceMs: number, withinMs: number): boolean {
    if (!itDid && sinceMs < withinMs) return false;
    if (!itDid) this.#unheard += 1;
    return true;
  }

  #interrupts(step: Extract<Step, { do: 'interrupt' }>, nowMs: number, sinceMs: number): boolean {
    if (this.#hasSaid) return this.#actor.isIdle;
    // A sound that goes on already is one to cut into.
    if (this.#hasOnset() || this.#actor.isHearing) this.#onsetMs ??= nowMs;
    if (this.#onsetMs === undefined) return this.#came(false, sinceMs, step.withinMs);
    if (nowMs - this.#onsetMs >= step.afterMs) {
      this.#actor.cutIn(step.audio);
      this.#hasSaid = true;
    }
    return false;
  }
}
