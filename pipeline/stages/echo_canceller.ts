import { FRAME_MS, frameLength, type PipelineRateHz } from '../frame.ts';
import type { KernelExports } from '../kernels/kernel_exports.ts';
import type { KernelFrame } from '../kernels/kernel_frame.ts';
import type { KernelMemory } from '../kernels/kernel_memory.ts';
import { openSlot } from '../kernels/open_slot.ts';
import type { EchoPolicy } from '../policy.ts';
import type { Stage } from '../stage.ts';
import type { DelaySeeker, EchoDelaySearch } from './echo_delay_search.ts';
import { UnknownEcho } from './unknown_echo.ts';

const LEAST_TAIL_MS = 64;
const MOST_TAIL_MS = 256;
/** The filter begins so long before the echo that was found, for drift, and what is ahead of the loudest part. */
const HEADROOM_MS = 8;
/** Poor frames after which the echo's delay is looked for: in the beginning, and once a filter has been good. */
const FIRST_PATIENCE = 40;
const PATIENCE = 20;
/** Poor frames from a search that found nothing to the next one: a quarter of those so far, within these bounds. */
const LEAST_PAUSE = 15;
const LONG_PAUSE = 100;
/** A good filter is checked for drift after so many good frames: 30 s. */
const CHECK_FRAMES = 3000;
const SOON_FRAMES = 100;
/** How far from its beginning a filter may have an echo's loudest part, before it is moved, and before it is begun anew. */
const LEAST_AHEAD_MS = 4;
const MOST_AHEAD_MS = 20;
const FARTHEST_AHEAD_MS = 40;
/** From here on, a correlation's peak over the next one is an echo. */
const SHARP = 1.6;
/** And from here on when the search before found it in the same place, to within so much. */
const SHARP_TWICE = 1.15;
const AGREED_MS = 1;
/** Where an echo moves by less than this, the filter follows by itself. */
const FOLLOWED_MS = 3;
/** How much of what was heard a search looks at: little after a jump, and more with every search in vain. */
const LEAST_HEARD_MS = 300;
const MORE_HEARD_MS = 150;
const MOST_HEARD_MS = 1000;
/** 0 dB is full scale; nothing at all is this. */
const SILENCE_DB = -120;

/**
 * Takes what was sent out of what is heard: hybrids and rooms, at any delay from 0 to 900 ms. The sound comes out a
 * frame later, whether it is enabled or not.
 */
export class EchoCanceller implements Stage, DelaySeeker {
  readonly name = 'echo cancellation';
  readonly delayMs = FRAME_MS;
  readonly address: number;
  readonly #kernels: KernelExports;
  readonly #giveBack: () => void;
  readonly #rateHz: PipelineRateHz;
  readonly #far: KernelFrame;
  readonly #search: EchoDelaySearch;
  readonly #unknown = new UnknownEcho();
  #policy: EchoPolicy;
  /** Where the echo's loudest part was found when it was last looked for, in samples. */
  #lag: number | undefined;
  /** Where the last search found it, sure or not. */
  #guess = Number.NaN;
  /** Good frames since the delay was last looked for; the first time that is soon. */
  #unchecked = CHECK_FRAMES - SOON_FRAMES;
  #heardMs = MOST_HEARD_MS;
  /** Poor frames at which the delay is looked for. */
  #searchAt = FIRST_PATIENCE;

  /**
   * @param far holds, whenever `process` is called, exactly what was sent in the tick before
   * @throws RangeError when the memory has no `echo` slot left, or when far runs at another rate
   */
  constructor(
    memory: KernelMemory,
    rateHz: PipelineRateHz,
    far: KernelFrame,
    policy: EchoPolicy,
    search: EchoDelaySearch,
  ) {
    if (far.rateHz !== rateHz) throw new RangeError(`the far end runs at ${far.rateHz} Hz, not ${rateHz}`);
    const { address, giveBack } = openSlot(memory, 'echo');
    this.address = address;
    this.#kernels = memory.kernels;
    this.#giveBack = giveBack;
    this.#rateHz = rateHz;
    this.#far = far;
    this.#search = search;
    this.#policy = policy;
    this.reset();
  }

  process(frame: KernelFrame): void {
    const kernels = this.#kernels;
    if (!this.#policy.enabled) {
      kernels.bypassEcho(this.address, this.#far.address, frame.address);
      return;
    }
    this.#unknown.sent(this.#far);
    this.#unknown.heard(frame);
    kernels.cancelEcho(this.address, this.#far.address, frame.address, frame.concealed ? 1 : 0);
    const poor = kernels.echoPoorFrames(this.address);
    if (poor < PATIENCE) this.#check();
    else if (poor >= this.#searchAt) this.#seek();
  }

  /** While all is well, clocks may drift. */
  #check(): void {
    this.#searchAt = this.#hasGood ? PATIENCE : FIRST_PATIENCE;
    this.#heardMs = MOST_HEARD_MS;
    if (!this.#hasGood) return;
    this.#unchecked += 1;
    if (this.#unchecked >= CHECK_FRAMES) this.#search.request(this);
  }

  /** After a jump, only what was heard since tells. */
  #seek(): void {
    if (this.#hasGood && this.#searchAt === PATIENCE) this.#heardMs = LEAST_HEARD_MS;
    this.#search.request(this);
  }

  get heardMs(): number {
    return this.#heardMs;
  }

  delayFound(lag: number, sharpness: number): void {
    this.#unchecked = 0;
    const isConfirmed = Math.abs(lag - this.#guess) < this.#samples(AGREED_MS);
    this.#guess = lag;
    const isSharp = sharpness >= (isConfirmed ? SHARP_TWICE : SHARP);
    if (isSharp && this.#alignTo(lag)) return;
    this.#heardMs = Math.min(MOST_HEARD_MS, this.#heardMs + MORE_HEARD_MS);
    const kernels = this.#kernels;
    const poor = kernels.echoPoorFrames(this.address);
    // An echo that is where it was is covered by a near talker.
    const isCovered = isSharp && kernels.echoIsAstray(this.address) === 0;
    this.#searchAt = poor + (isCovered ? LONG_PAUSE : Math.max(LEAST_PAUSE, Math.min(LONG_PAUSE, poor / 4)));
  }

  /** Whether the echo has jumped, and the filter with it. */
  #alignTo(lag: number): boolean {
    const kernels = this.#kernels;
    const delay = kernels.echoDelay(this.address);
    const isLost = kernels.echoPoorFrames(this.address) >= PATIENCE;
    const moved = lag - (this.#lag ?? Number.NaN);
    this.#lag = lag;
    if (this.#hasGood && isLost && Math.abs(moved) >= this.#samples(FOLLOWED_MS)) {
      kernels.alignEcho(this.address, Math.max(0, delay + moved), 1);
      return true;
    }
    const aheadMs = ((lag - delay) * 1000) / this.#rateHz;
    if (aheadMs < 0 || aheadMs > FARTHEST_AHEAD_MS) {
      kernels.alignEcho(this.address, Math.max(0, lag - this.#samples(HEADROOM_MS)), 0);
      return true;
    }
    if (aheadMs < LEAST_AHEAD_MS && delay >= this.#samples(FRAME_MS)) kernels.moveEcho(this.address, 1);
    else if (aheadMs > MOST_AHEAD_MS) kernels.moveEcho(this.address, 0);
    return false;
  }

  #samples(ms: number): number {
    return (ms * this.#rateHz) / 1000;
  }

  get #hasGood(): boolean {
    return this.#kernels.echoHasGood(this.address) !== 0;
  }

  /** Changes the policy, from the next frame on. */
  tune(policy: EchoPolicy): void {
    this.#policy = policy;
    // Nothing looks for it meanwhile.
    if (!policy.enabled) this.#unknown.reset();
    this.#kernels.tuneEcho(this.address, partitionsOf(policy), policy.suppress ? 1 : 0);
  }

  /** Estimated level of the echo in the frame that came out last, before cancelling, in dB of full scale. */
  get echoDb(): number {
    return decibels(this.#kernels.echoPower(this.address));
  }

  /** Estimated level of what is left of it; until the filter has taken one out, of what may be there. */
  get residualEchoDb(): number {
    return this.#residualOr(this.#unknown.mostDb);
  }

  /** The same, but of what may be there only until most echoes would have been heard. */
  get likelyEchoDb(): number {
    return this.#residualOr(this.#unknown.likelyDb);
  }

  #residualOr(unknownDb: number): number {
    const residualDb = decibels(this.#kernels.echoResidualPower(this.address));
    return this.isConverged ? residualDb : Math.max(residualDb, unknownDb);
  }

  /** What the filter alone takes out of what is heard, over the last 200 ms. */
  get erleDb(): number {
    return decibels(this.#kernels.echoReturnLoss(this.address));
  }

  /** By how much the echo lies behind what was sent; undefined until it was looked for and found. */
  get echoDelayMs(): number | undefined {
    return this.#lag === undefined ? undefined : (this.#lag * 1000) / this.#rateHz;
  }

  /** Whether something was said in the frame that was sent last. */
  get isFarActive(): boolean {
    return this.#kernels.echoIsFarHeard(this.address) !== 0;
  }

  /** Whether it is known where the echo is. */
  get isAligned(): boolean {
    return this.#lag !== undefined || this.#hasGood;
  }

  /** Whether the filter has taken out most of an echo, in this call. */
  get isConverged(): boolean {
    return this.#hasGood;
  }

  reset(): void {
    const { suppress } = this.#policy;
    const frame = frameLength(this.#rateHz);
    this.#kernels.openEcho(this.address, frame, partitionsOf(this.#policy), suppress ? 1 : 0);
    this.#search.withdraw(this);
    this.#unknown.reset();
    this.#lag = undefined;
    this.#searchAt = FIRST_PATIENCE;
    this.#unchecked = CHECK_FRAMES - SOON_FRAMES;
  }

  close(): void {
    this.#search.withdraw(this);
    this.#giveBack();
  }
}

function partitionsOf({ tailMs }: EchoPolicy): number {
  return Math.ceil(Math.max(LEAST_TAIL_MS, Math.min(MOST_TAIL_MS, tailMs)) / FRAME_MS);
}

function decibels(power: number): number {
  return Math.max(SILENCE_DB, 10 * Math.log10(power));
}
