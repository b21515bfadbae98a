import { VAD_WINDOW_MS } from '../../models/silero.ts';
import { FRAME_MS } from '../frame.ts';
import { DEFAULT_PIPELINE_POLICY, type VoicePolicy } from '../policy.ts';
import type { VoiceActivity } from '../ports.ts';
import type { LevelProbe } from '../stages/level_probe.ts';
import type { ToneGuard } from '../stages/tone_guard.ts';
import { CallerLevel } from './caller_level.ts';
import { VoiceLevel } from './voice_level.ts';

/** A window as probable as this behind so much sound is sure to be speech, too: fricatives come before it. */
const CERTAIN = 0.9;
const CERTAIN_LEAD_MS = 30;
/** Likely speech that has not become sure ends sooner. */
const LIKELY_HANGOVER_MS = 2 * VAD_WINDOW_MS;
/** The network is sure of a voice one to four windows after its first sound. */
const ONSET_SEARCH_MS = 160;
/** It stays sure of it for about as long after the last one. */
const OFFSET_SEARCH_MS = 160;
/** Steady noise does not stand out of the floor by so much, whatever the network takes it for: speech begins above. */
const ENTER_ABOVE_FLOOR_DB = 5;
/**
 * Nor does speech begin so far below the caller's voice: that is an echo, or somebody else in the room. A loud caller
 * may speak more softly once, so the voice counts as no louder than this.
 */
const BELOW_VOICE_DB = 16;
const LOUDEST_VOICE_DB = -20;
/** What may be left of the agent's own voice: speech begins so far above it, and goes on above that. */
const ENTER_ABOVE_ECHO_DB = 9;
const KEEP_ABOVE_ECHO_DB = 5;
/** A window's frames, and one more. */
const ECHO_FRAMES = 5;
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
  readonly #tones: ToneGuard | undefined;
  readonly #voiceLevel = new VoiceLevel();
  readonly #callerLevel = new CallerLevel();
  readonly #echoDb = new Float64Array(ECHO_FRAMES).fill(-Infinity);
  #echoAt = 0;
  #policy: VoicePolicy;
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

  constructor(levels: LevelProbe, tones?: ToneGuard, policy: VoicePolicy = DEFAULT_PIPELINE_POLICY.voice) {
    this.#levels = levels;
    this.#tones = tones;
    this.#policy = policy;
  }

  /** In force from the next judgement on. */
  tune(policy: VoicePolicy): void {
    this.#policy = policy;
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
    return this.#voicedMs >= this.#policy.onsetMs || (this.#certain && this.#leadMs >= CERTAIN_LEAD_MS);
  }

  /** How much of the stretch was voice: windows above the threshold and, once sure, what came before the first. */
  get voicedMs(): number {
    return this.isSure ? this.#voicedMs + this.#leadMs : this.#voicedMs;
  }

  /** How loud a voice must be to be the caller's, at the telephone, in dB of full scale. */
  get nearDb(): number {
    return this.#callerLevel.nearDb;
  }

  /** Whether the window that was judged last is voice of the caller's. */
  get isVoiced(): boolean {
    return this.#windows > 0 && this.#voicedUntilMs === this.#judgedUntilMs;
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

  /** True when the newest frame is sound of the stretch, which the network need not have judged yet. */
  get isSounding(): boolean {
    return this.#isUtterance(this.#levels.untilMs - FRAME_MS);
  }

  /** What may be left of the agent's own voice in the newest frame, in dB of full scale; none where nobody tells. */
  hearEcho(residualDb: number): void {
    this.#echoDb[this.#echoAt] = residualDb;
    this.#echoAt = (this.#echoAt + 1) % ECHO_FRAMES;
  }

  /** Takes a judgement, once. */
  update(activity: VoiceActivity, callerIsDue = true): void {
    const { windows, probability } = activity;
    if (windows <= this.#windows) return;
    const passedMs = (windows - this.#windows) * VAD_WINDOW_MS;
    this.#windows = windows;
    const endMs = windows * VAD_WINDOW_MS;
    this.#judgedUntilMs = endMs;
    if (this.#isVoice(endMs, probability)) this.#voice(endMs, passedMs, probability, callerIsDue);
    else this.#pause(endMs, passedMs);
  }

  /** The stretch is the caller's own, though the agent was to be heard: how loud it was so far tells how loud they speak. */
  learnCaller(): void {
    if (this.#peakDb > -Infinity) this.#callerLevel.heard(this.#peakDb);
  }

  /** What still goes on counts from `nowMs` on, as if it began there. */
  restart(nowMs: number): void {
    this.#onsetMs = nowMs;
    this.#leadMs = 0;
    this.#voicedMs = 0;
    this.#certain = false;
  }

  #isVoice(windowEndMs: number, probability: number): boolean {
    const { enter, keep } = this.#policy;
    if (probability < (this.#active ? keep : enter)) return false;
    const loudestMs = this.#loudestMs(windowEndMs);
    if (this.#tones?.wasToneAt(loudestMs) === true) return false;
    const levelDb = this.#levels.levelAtDb(loudestMs);
    if (this.#active) return levelDb >= this.#mostEchoDb + KEEP_ABOVE_ECHO_DB;
    return levelDb >= this.#mostEchoDb + ENTER_ABOVE_ECHO_DB && this.#standsOut(levelDb);
  }

  get #mostEchoDb(): number {
    let mostDb = -Infinity;
    for (let at = 0; at < ECHO_FRAMES; at += 1) mostDb = Math.max(mostDb, this.#echoDb[at]!);
    return mostDb;
  }

  #voice(endMs: number, passedMs: number, probability: number, callerIsDue: boolean): void {
    if (!this.#active) this.#begin(endMs - VAD_WINDOW_MS);
    this.#voicedMs += passedMs;
    this.#certain ||= probability >= CERTAIN;
    this.#voicedUntilMs = endMs;
    const levelDb = this.#levels.levelAtDb(this.#loudestMs(endMs));
    this.#peakDb = Math.max(this.#peakDb, levelDb);
    if (!this.isSure || probability < CERTAIN) return;
    this.#voiceLevel.heard(levelDb);
    if (callerIsDue) this.#callerLevel.heard(levelDb);
  }

  #begin(windowStartMs: number): void {
    this.#active = true;
    this.#certain = false;
    this.#voicedMs = 0;
    this.#peakDb = -Infinity;
    this.#onsetMs = this.#findOnset(windowStartMs);
    this.#leadMs = windowStartMs - this.#onsetMs;
  }

  #pause(endMs: number, passedMs: number): void {
    this.#voiceLevel.silent(passedMs);
    const { hangoverMs } = this.#policy;
    const longestMs = this.isSure ? hangoverMs : Math.min(LIKELY_HANGOVER_MS, hangoverMs);
    if (endMs - this.#voicedUntilMs >= longestMs) this.#active = false;
  }

  /** Goes back from the first likely window to where the sound rose out of the floor. */
  #findOnset(windowStartMs: number): number {
    let atMs = Math.ceil((windowStartMs + VAD_WINDOW_MS) / FRAME_MS) * FRAME_MS - FRAME_MS;
    while (atMs > windowStartMs && !this.#isSound(atMs)) atMs -= FRAME_MS;
    const earliestMs = Math.max(0, windowStartMs - ONSET_SEARCH_MS);
    while (atMs - FRAME_MS >= earliestMs && this.#isSound(atMs - FRAME_MS)) atMs -= FRAME_MS;
    return atMs;
  }

  /** Start of a window's loudest frame. */
  #loudestMs(windowEndMs: number): number {
    let loudestMs = windowEndMs - VAD_WINDOW_MS;
    for (let atMs = loudestMs + FRAME_MS; atMs < windowEndMs; atMs += FRAME_MS) {
      if (this.#levels.levelAtDb(atMs) > this.#levels.levelAtDb(loudestMs)) loudestMs = atMs;
    }
    return loudestMs;
  }

  /** Out of the noise, and not far behind the caller's own voice. */
  #standsOut(levelDb: number): boolean {
    const voiceDb = Math.min(this.#voiceLevel.levelDb, LOUDEST_VOICE_DB);
    return levelDb >= this.#levels.floorDb + ENTER_ABOVE_FLOOR_DB && levelDb >= voiceDb - BELOW_VOICE_DB;
  }

  #isSound(atMs: number): boolean {
    const levelDb = this.#levels.levelAtDb(atMs);
    return levelDb >= AUDIBLE_DB && levelDb >= this.#levels.floorDb + ABOVE_FLOOR_DB;
  }

  #isUtterance(atMs: number): boolean {
    return this.#isSound(atMs) && this.#levels.levelAtDb(atMs) >= this.#peakDb - BELOW_PEAK_DB;
  }
}
