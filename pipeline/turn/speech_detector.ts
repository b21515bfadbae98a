import { VAD_WINDOW_MS } from '../../models/silero_vad.ts';
import { FRAME_MS } from '../frame.ts';
import type { VoiceActivity } from '../ports.ts';
import type { LevelProbe } from '../stages/level_probe.ts';

/** A window at least this probable begins speech; one at least KEEP continues it. */
const ENTER = 0.5;
const KEEP = 0.35;
/**
 * The network doubts many a word that stands alone ("two", "nope"). While the caller is to speak, a window that stands
 * out of the floor as a voice at the telephone does is speech from this probability on: slams and hiss get less than 0.1.
 */
const LOUD_ENOUGH = 0.25;
const LOUD_ABOVE_FLOOR_DB = 25;
const LOUD_DB = -40;
/** So much voice is sure to be speech; a key tone or a click is likely for one window at most. */
const SURE_MS = 2 * VAD_WINDOW_MS;
/** So is a window as probable as this behind so much sound: a fricative, which the network does not take for voice yet. */
const CERTAIN = 0.9;
const CERTAIN_LEAD_MS = 30;
/** Speech ends after windows below KEEP for this long; shorter gaps lie inside words. */
const HANGOVER_MS = 4 * VAD_WINDOW_MS;
/** Likely speech that has not become sure ends sooner. */
const LIKELY_HANGOVER_MS = 2 * VAD_WINDOW_MS;
/** The network is sure of a voice one to four windows after its first sound. */
const ONSET_SEARCH_MS = 160;
/** It stays sure of it for about as long after the last one. */
const OFFSET_SEARCH_MS = 160;
/** A frame sounds when it stands out of the floor by this much and is not beneath hearing. */
const ABOVE_FLOOR_DB = 8;
const AUDIBLE_DB = -60;
/** And when it is not much weaker than the utterance's loudest frame: echoes and breath are not last sounds. */
const BELOW_PEAK_DB = 30;

/**
 * Finds stretches of speech in the window probabilities, with hysteresis, and places their ends by level to within
 * a frame, which takes the latency of the network out of them.
 */
export class SpeechDetector {
  readonly #levels: LevelProbe;
  #windows = 0;
  #active = false;
  #onsetMs = 0;
  #voicedMs = 0;
  /** From the onset to the first likely window; negative when it lies inside. */
  #leadMs = 0;
  #voicedUntilMs = 0;
  #peakDb = -Infinity;
  #judgedUntilMs = 0;
  #certain = false;

  constructor(levels: LevelProbe) {
    this.#levels = levels;
  }

  /** True from the first likely window until the hangover is over. */
  get isActive(): boolean {
    return this.#active;
  }

  /** Start of the first sound of the stretch, in milliseconds of media time. */
  get onsetMs(): number {
    return this.#onsetMs;
  }

  /** True once there was enough voice to be no accident. */
  get isSure(): boolean {
    return this.#voicedMs >= SURE_MS || (this.#certain && this.#leadMs >= CERTAIN_LEAD_MS);
  }

  /** How much of the stretch was voice: windows above the threshold and, once sure, what came before the first. */
  get voicedMs(): number {
    return this.isSure ? this.#voicedMs + this.#leadMs : this.#voicedMs;
  }

  /** Media time up to which the network has judged. */
  get judgedUntilMs(): number {
    return this.#judgedUntilMs;
  }

  /** End of the last sound of the stretch. */
  get lastSoundMs(): number {
    const earliestMs = Math.max(this.#onsetMs, this.#voicedUntilMs - OFFSET_SEARCH_MS);
    let atMs = this.#voicedUntilMs - FRAME_MS;
    while (atMs > earliestMs && !this.#isUtterance(atMs)) atMs -= FRAME_MS;
    return Math.floor(atMs / FRAME_MS) * FRAME_MS + FRAME_MS;
  }

  /** True when frames that the network has not judged yet stand out of the noise. */
  get isSoundPending(): boolean {
    for (let atMs = this.#judgedUntilMs; atMs < this.#levels.untilMs; atMs += FRAME_MS) {
      if (this.#isSound(atMs)) return true;
    }
    return false;
  }

  /** Takes a judgement, once; `callerIsDue` says that nobody else speaks. */
  update(activity: VoiceActivity, callerIsDue: boolean): void {
    const { windows, probability } = activity;
    if (windows <= this.#windows) return;
    const passedMs = (windows - this.#windows) * VAD_WINDOW_MS;
    this.#windows = windows;
    const endMs = windows * VAD_WINDOW_MS;
    this.#judgedUntilMs = endMs;
    const isLikely = probability >= (this.#active ? KEEP : ENTER);
    const isLoudVoice = callerIsDue && probability >= LOUD_ENOUGH && this.#isLoud(endMs);
    if (isLikely || isLoudVoice) this.#voice(endMs, passedMs, probability);
    else if (this.#active) this.#pause(endMs, this.isSure ? HANGOVER_MS : LIKELY_HANGOVER_MS);
  }

  /** What still goes on counts from `nowMs` on, as if it began there. */
  restart(nowMs: number): void {
    this.#onsetMs = nowMs;
    this.#leadMs = 0;
    this.#voicedMs = 0;
    this.#certain = false;
  }

  #voice(endMs: number, passedMs: number, probability: number): void {
    if (!this.#active) {
      this.#active = true;
      this.#certain = false;
      this.#voicedMs = 0;
      this.#peakDb = -Infinity;
      this.#onsetMs = this.#findOnset(endMs - VAD_WINDOW_MS);
      this.#leadMs = endMs - VAD_WINDOW_MS - this.#onsetMs;
    }
    this.#voicedMs += passedMs;
    this.#certain ||= probability >= CERTAIN;
    this.#voicedUntilMs = endMs;
    for (let atMs = endMs - VAD_WINDOW_MS; atMs < endMs; atMs += FRAME_MS) {
      this.#peakDb = Math.max(this.#peakDb, this.#levels.levelAtDb(atMs));
    }
  }

  #pause(endMs: number, hangoverMs: number): void {
    if (endMs - this.#voicedUntilMs >= hangoverMs) this.#active = false;
  }

  /** Goes back from the first likely window to where the sound rose out of the floor. */
  #findOnset(windowStartMs: number): number {
    let atMs = Math.ceil((windowStartMs + VAD_WINDOW_MS) / FRAME_MS) * FRAME_MS - FRAME_MS;
    while (atMs > windowStartMs && !this.#isSound(atMs)) atMs -= FRAME_MS;
    const earliestMs = Math.max(0, windowStartMs - ONSET_SEARCH_MS);
    while (atMs - FRAME_MS >= earliestMs && this.#isSound(atMs - FRAME_MS)) atMs -= FRAME_MS;
    return atMs;
  }

  #isLoud(windowEndMs: number): boolean {
    const leastDb = Math.max(LOUD_DB, this.#levels.floorDb + LOUD_ABOVE_FLOOR_DB);
    for (let atMs = windowEndMs - VAD_WINDOW_MS; atMs < windowEndMs; atMs += FRAME_MS) {
      if (this.#levels.levelAtDb(atMs) >= leastDb) return true;
    }
    return false;
  }

  #isSound(atMs: number): boolean {
    const levelDb = this.#levels.levelAtDb(atMs);
    return levelDb >= AUDIBLE_DB && levelDb >= this.#levels.floorDb + ABOVE_FLOOR_DB;
  }

  #isUtterance(atMs: number): boolean {
    return this.#isSound(atMs) && this.#levels.levelAtDb(atMs) >= this.#peakDb - BELOW_PEAK_DB;
  }
}
