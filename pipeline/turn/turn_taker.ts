import { FRAME_MS } from '../frame.ts';
import type { VoicePolicy } from '../policy.ts';
import type { VoiceActivity } from '../ports.ts';
import type { LevelProbe } from '../stages/level_probe.ts';
import type { ToneGuard } from '../stages/tone_guard.ts';
import { BargeIn } from './barge_in.ts';
import { EarlyEar, type EarlyLevels } from './early_ear.ts';
import { decideEndOfTurn } from './end_of_turn.ts';
import { SilenceWatch } from './silence.ts';
import { SoundWatch } from './sound_watch.ts';
import { SpeechDetector } from './speech_detector.ts';
import { GAP_MS, LONG_GAP_MS, type TurnEvent, type TurnPolicy } from './turn_event.ts';

/** In force until the conversation sends its own. */
export const DEFAULT_TURN_POLICY: TurnPolicy = {
  endOfTurnPauseMs: 750,
  bargeInMinSpeechMs: 64,
  bargeInSureMs: 560,
  interruptible: true,
  silencePromptMs: 7000,
  maxTurnMs: 20_000,
};

/** What else is known of what is heard. */
export interface TurnEars {
  /** Of the stages before the levels and the voice detector. */
  readonly delayMs: number;
  readonly tones: ToneGuard;
  readonly echo: EchoLevels;
  /** Where a sound's beginning is heard first. */
  readonly early: EarlyLevels;
}

/** What may be left of the agent's own voice in the newest frame. */
export interface EchoLevels {
  /** In dB of full scale. */
  readonly residualEchoDb: number;
}

/** A voice so much louder than what goes on without an end is another one, or the caller's own after all. */
const LOUDER_DB = 6;

/** What turn taking does to the agent's side, and where it tells of it. */
export interface TurnActions {
  duck(): void;
  /** Holds the agent's speech where it is. */
  hold(): void;
  /** Goes on with it, as before. */
  resume(): void;
  /** Cuts the agent's speech in this tick; returns the samples of it heard since the call began. */
  cut(): number;
  emit(event: TurnEvent): void;
}

/**
 * Whose turn it is. In the order of events a turn of the caller is speechStarted, speechEnded (both again for every
 * pause too short to end it; paused and wentOn between them for every gap, where the policy asks for it), turnEnded;
 * over the agent it begins with ducked and speechStarted, bargeIn. All times are media time.
 */
export class TurnTaker {
  readonly #detector: SpeechDetector;
  readonly #actions: TurnActions;
  /** By so much what is judged lies behind what was heard. */
  readonly #delayMs: number;
  readonly #levels: LevelProbe;
  readonly #echo: EchoLevels;
  readonly #sound = new SoundWatch();
  readonly #early: EarlyEar;
  readonly #bargeIn = new BargeIn();
  /** Filled anew in every tick. */
  readonly #over;
  readonly #silence = new SilenceWatch();
  #policy = DEFAULT_TURN_POLICY;
  /** Start of the caller's open turn; undefined while there is none. */
  #turnStartedMs: number | undefined;
  #speaking = false;
  /** Since the last sound of the open stretch. */
  #quietFrames = 0;
  /** Onset of what the agent is held for; undefined while it is not. */
  #heldFromMs: number | undefined;
  #holds = 0;
  /** What it is held for was told of, and there was no sound since. */
  #isWordTold = false;
  #lastSoundMs = 0;
  /** A turn ended by maxTurnMs still goes on: the pipeline is deaf to it until this time at the latest. */
  #deafUntilMs: number | undefined;
  #deafToDb = 0;
  #answered = false;

  constructor(levels: LevelProbe, actions: TurnActions, { delayMs, tones, echo, early }: TurnEars) {
    this.#levels = levels;
    this.#early = new EarlyEar(early);
    const sounds = { sound: this.#sound, early: this.#early.sound };
    this.#over = {
      agentAudible: false,
      callerActive: false,
      voicedMs: 0,
      nearDb: 0,
      echoed: false,
      ...sounds,
    };
    this.#echo = echo;
    this.#detector = new SpeechDetector(levels, tones);
    this.#actions = actions;
    this.#delayMs = delayMs;
  }

  set policy(policy: TurnPolicy) {
    this.#policy = policy;
    if (!policy.tellsGaps) this.#quietFrames = 0;
  }

  /** What is speech, from the next judgement on. */
  tune(policy: VoicePolicy): void {
    this.#detector.tune(policy);
  }

  /** Something other than speech came from the caller, such as a key. */
  noteSign(nowMs: number): void {
    this.#silence.sound(nowMs);
  }

  /** What the agent was held for, that time, asked for nothing: it goes on, unless there is more. */
  goOn(hold: number): void {
    if (this.#heldFromMs === undefined || hold !== this.#holds || this.#sound.quietMs === 0) return;
    this.#bargeIn.understood();
    this.#goOn();
  }

  /** One tick; `nowMs` is the end of the frame just heard. */
  step(nowMs: number, activity: VoiceActivity, agentAudible: boolean): void {
    this.#hear();
    this.#detector.update(activity, !agentAudible);
    if (this.#isDeaf(nowMs, agentAudible)) {
      this.#silence.sound(nowMs);
      return;
    }
    this.#overAgent(nowMs, agentAudible);
    if (!agentAudible || this.#turnStartedMs !== undefined) this.#followSpeech(nowMs);
    this.#followTurn(nowMs);
    this.#followSilence(nowMs, agentAudible);
  }

  #followSilence(nowMs: number, agentAudible: boolean): void {
    if (agentAudible || this.#detector.isActive) this.#silence.sound(nowMs);
    if (this.#turnStartedMs !== undefined) return;
    const silentForMs = this.#silence.dueMs(nowMs, this.#policy.silencePromptMs);
    if (silentForMs > 0) this.#actions.emit({ type: 'silence', atMs: nowMs, silentForMs });
  }

  #overAgent(nowMs: number, agentAudible: boolean): void {
    const over = this.#over;
    over.agentAudible = agentAudible;
    over.callerActive = this.#detector.isActive;
    over.voicedMs = this.#detector.voicedMs;
    over.nearDb = this.#detector.nearDb;
    over.echoed = this.#early.isEchoed;
    switch (this.#bargeIn.decide(over, this.#policy)) {
      case 'duck':
        this.#actions.duck();
        this.#actions.emit({ type: 'ducked', atMs: nowMs - this.#early.sound.sinceMs - this.#early.delayMs });
        break;
      case 'hold':
        this.#actions.hold();
        this.#heldFromMs = this.#onsetMs;
        this.#holds += 1;
        this.#isWordTold = false;
        break;
      case 'word':
        this.#tellBackchannel();
        this.#isWordTold = true;
        break;
      case 'resume':
        // Whoever was told of the word has silenced the agent for it: no turn begins with it once more.
        if (!agentAudible && this.#isWordTold) this.#detector.restart(nowMs);
        this.#goOn();
        break;
      case 'backchannel':
        if (!this.#isWordTold) this.#tellBackchannel();
        this.#goOn();
        break;
      case 'cut': {
        const heardSamples = this.#actions.cut();
        this.#detector.learnCaller();
        this.#startSpeech(nowMs, this.#heldFromMs);
        this.#heldFromMs = undefined;
        this.#actions.emit({ type: 'bargeIn', atMs: nowMs, heardSamples });
        break;
      }
      case 'none':
        break;
    }
  }

  #goOn(): void {
    this.#actions.resume();
    this.#heldFromMs = undefined;
    this.#isWordTold = false;
  }

  #tellBackchannel(): void {
    if (this.#turnStartedMs !== undefined) return;
    const atMs = this.#heldFromMs ?? this.#onsetMs;
    const untilMs = Math.max(atMs, this.#detector.lastSoundMs - this.#delayMs);
    const hold = this.#heldFromMs === undefined ? 0 : this.#holds;
    this.#actions.emit({ type: 'backchannel', atMs, untilMs, hold });
  }

  #hear(): void {
    const { levelDb, floorDb } = this.#levels;
    const { residualEchoDb } = this.#echo;
    this.#sound.hear(levelDb, floorDb, residualEchoDb);
    if (this.#sound.quietMs === 0) this.#isWordTold = false;
    this.#early.hear();
    this.#detector.hearEcho(residualEchoDb);
  }

  #followSpeech(nowMs: number): void {
    const { isActive, isSure } = this.#detector;
    if (isActive && !this.#speaking && isSure) this.#startSpeech(nowMs);
    if (!isActive && this.#speaking) this.#endSpeech(this.#detector.lastSoundMs - this.#delayMs);
    if (this.#speaking && this.#policy.tellsGaps) this.#followGaps(nowMs);
  }

  #followGaps(nowMs: number): void {
    if (!this.#detector.isSounding) {
      this.#quietFrames += 1;
      const quietMs = this.#quietFrames * FRAME_MS;
      if (quietMs === GAP_MS || quietMs === LONG_GAP_MS)
        this.#actions.emit({ type: 'paused', atMs: this.#callerMs(nowMs - quietMs), quietMs });
      return;
    }
    if (this.#quietFrames * FRAME_MS >= GAP_MS)
      this.#actions.emit({ type: 'wentOn', atMs: this.#callerMs(nowMs - FRAME_MS) });
    this.#quietFrames = 0;
  }

  #callerMs(nowMs: number): number {
    return Math.max(0, nowMs - this.#delayMs);
  }

  get #onsetMs(): number {
    return Math.max(0, this.#detector.onsetMs - this.#delayMs);
  }

  #startSpeech(nowMs: number, atMs = this.#onsetMs): void {
    if (this.#speaking) return;
    this.#speaking = true;
    this.#quietFrames = 0;
    this.#turnStartedMs ??= atMs;
    this.#actions.emit({ type: 'speechStarted', atMs, noticedMs: nowMs });
  }

  #endSpeech(atMs: number): void {
    this.#speaking = false;
    this.#lastSoundMs = atMs;
    this.#actions.emit({ type: 'speechEnded', atMs });
  }

  #followTurn(nowMs: number): void {
    if (this.#turnStartedMs === undefined) return;
    const decision = decideEndOfTurn(
      {
        nowMs,
        startedMs: this.#turnStartedMs,
        lastSoundMs: this.#lastSoundMs,
        callerActive: this.#detector.isActive,
        soundPending: this.#detector.isSoundPending,
      },
      this.#policy,
    );
    if (decision === 'goesOn') return;
    if (decision === 'tooLong' && this.#detector.isActive) this.#turnDeaf(nowMs);
    if (this.#speaking) this.#endSpeech(nowMs);
    this.#turnStartedMs = undefined;
    this.#actions.emit({ type: 'turnEnded', atMs: nowMs, lastSoundMs: this.#lastSoundMs });
  }

  #turnDeaf(nowMs: number): void {
    this.#deafUntilMs = nowMs + this.#policy.maxTurnMs;
    this.#deafToDb = this.#sound.levelDb;
    this.#answered = false;
  }

  /**
   * After a turn without end the agent gets the floor: what goes on without a pause neither interrupts it nor is a
   * turn, until the agent has answered or as much time has passed again; but a louder voice over the agent is heard.
   */
  #isDeaf(nowMs: number, agentAudible: boolean): boolean {
    if (this.#deafUntilMs === undefined) return false;
    const answerOver = this.#answered && !agentAudible;
    if (agentAudible) this.#answered = true;
    const isLouder = agentAudible && this.#sound.levelDb >= this.#deafToDb + LOUDER_DB;
    if (this.#detector.isActive && !answerOver && !isLouder && nowMs < this.#deafUntilMs) return true;
    this.#deafUntilMs = undefined;
    this.#detector.restart(nowMs);
    return false;
  }
}
