import { FRAME_MS } from '../frame.ts';
import { Nothing } from './nothing.ts';
import type { SoundWatch } from './sound_watch.ts';
import type { TurnPolicy } from './turn_event.ts';

/**
 * What is to be done about the agent's voice: lower it, hold it where it is, have what it is held for understood, which may
 * have been all, end it for good, or go on with it as before, since it was nothing, or since the caller had but nodded.
 */
export type BargeInDecision = 'none' | 'duck' | 'hold' | 'word' | 'cut' | 'resume' | 'backchannel';

/** What is known of the caller in a tick. */
export interface OverAgent {
  /** The agent can be heard at the far end, or will be within the line's delay, or is held. */
  readonly agentAudible: boolean;
  /** The network takes it for a voice. */
  readonly callerActive: boolean;
  /** How much voice there was in it. */
  readonly voicedMs: number;
  /** How loud a voice at the telephone must be at least, in dB of full scale. */
  readonly nearDb: number;
  /** What stands out where the network hears. */
  readonly sound: SoundWatch;
  /** And where it is heard first, noise and all. */
  readonly early: SoundWatch;
  /** The agent's own voice comes back on the line. */
  readonly echoed: boolean;
}

/** After so much sound that may be a voice, the agent is lowered; on a line with an echo, what is left of it may be as long. */
const DUCK_AFTER_MS = 10;
const DUCK_AFTER_IN_ECHO_MS = 20;
/** It may be so much weaker than a voice that is near: words begin softly; and so much once it should have come to its level. */
const DUCK_BELOW_DB = 20;
const KEEP_BELOW_DB = 3;
/** The network knows a voice by then, where it is one; what has been there for long may be noise in which one begins. */
const DOUBTED_AFTER_MS = 220;
const LOWERED_FOR_MS = 200;
/** Laughs and coughs are broken: where less of a sound than this is heard, it is to go on for so much longer. */
const WHOLE_SHARE = 0.66;
const BROKEN_FACTOR = 2;
/** A voice that pauses for so long is none at the moment. */
const VOICE_PAUSE_MS = 220;
/**
 * What the agent is held for is to be understood after such a pause, longer than those within words; it is over after this
 * one, or once somebody says that it was nothing: the next words of whoever wants the floor come soon.
 */
const WORD_PAUSE_MS = 130;
const OVER_AFTER_MS = 400;

/** While a sound that was nothing goes on, one so much louder, and this much louder than a voice has to be, lowers the agent. */
const LOUDER_DB = 8;
const SURELY_NEAR_DB = 4;
/**
 * What is left of an echo becomes less and less, and a caller who speaks over it is softer beneath it: on a line with one,
 * so much less will do.
 */
const LESS_IN_ECHO_DB = 4;
const LESS_NEAR_IN_ECHO_DB = 10;

/**
 * A voice that is far pauses, and 1.5 s are enough; a noise is over, and 1.2 s are enough: unless they come again and again.
 */
const FAR_FOR_TICKS = 150;
const NOISE_FOR_TICKS = 120;
const MOST_TICKS = 500;

type State = 'quiet' | 'ducked' | 'held' | 'dismissed';

/**
 * Speech over the agent. What may be a voice lowers the agent; once it surely is one, the agent holds still; and when it
 * goes on, the floor is the caller's. What ends before that was a word that asks for nothing, or no word at all: the agent
 * goes on from where it was. A voice that is not near the telephone changes nothing.
 */
export class BargeIn {
  #state: State = 'quiet';
  #wasVoice = false;
  /** Voices far from the telephone, and noises that may be as loud as a voice that is near. */
  readonly #far = new Nothing(FAR_FOR_TICKS, MOST_TICKS);
  readonly #noise = new Nothing(NOISE_FOR_TICKS, MOST_TICKS);
  /** Level of the sound that is dismissed; it lowers the agent no more once it has held it. */
  #dismissedDb = Infinity;
  #loweredMs = 0;

  /** One tick. */
  decide(over: OverAgent, policy: TurnPolicy): BargeInDecision {
    const { agentAudible, callerActive } = over;
    this.#far.tick();
    this.#noise.tick();
    if (!agentAudible) return this.#agentSilent();
    if (!over.sound.isOn && !over.early.isOn && !callerActive) return this.#callerSilent();
    if (this.#state === 'quiet' || this.#state === 'dismissed') this.#far.hear(over.early.nowDb);
    this.#wasVoice ||= callerActive && this.#state !== 'dismissed';
    if (!policy.interruptible) return 'none';
    if (this.#state === 'held') return this.#held(over, policy);
    if (this.#isSurelyNear(over, policy)) return this.#to('held', 'hold');
    if (this.#state === 'quiet' && this.#mayBeNear(over)) return this.#lower();
    if (this.#state === 'dismissed' && this.#isMuchLouder(over)) return this.#lower();
    if (this.#state === 'ducked' && this.#isDoubted(over)) return this.#dismiss(over);
    return 'none';
  }

  #lower(): BargeInDecision {
    this.#loweredMs = 0;
    return this.#to('ducked', 'duck');
  }

  #dismiss({ sound, early, nearDb, echoed }: OverAgent): BargeInDecision {
    const levelDb = Math.max(sound.levelDb, early.levelDb);
    const isFar = levelDb < nearDb - KEEP_BELOW_DB && !echoed;
    const kind = isFar ? this.#far : this.#noise;
    this.#dismissedDb = echoed ? levelDb - LESS_IN_ECHO_DB : levelDb;
    kind.note(this.#dismissedDb);
    return this.#to('dismissed', 'resume');
  }

  /** What the agent is held for asked for nothing. */
  understood(): void {
    this.#wasVoice = false;
    this.#dismissedDb = Infinity;
    this.#state = 'dismissed';
  }

  reset(): void {
    this.#state = 'quiet';
    this.#wasVoice = false;
  }

  #to(state: State, decision: BargeInDecision): BargeInDecision {
    this.#state = state;
    return decision;
  }

  #mayBeNear({ early, nearDb, echoed }: OverAgent): boolean {
    // One noise may have been louder than any voice.
    const mostDb = this.#noise.isRare ? nearDb + SURELY_NEAR_DB : Infinity;
    const noiseDb = Math.min(this.#noise.leastDb, mostDb);
    return (
      early.soundMs >= (echoed ? DUCK_AFTER_IN_ECHO_MS : DUCK_AFTER_MS) &&
      early.nowDb >= Math.max(nearDb - DUCK_BELOW_DB, this.#far.leastDb, noiseDb)
    );
  }

  /** A voice begins within what is nothing. */
  #isMuchLouder({ early, nearDb, echoed }: OverAgent): boolean {
    const surelyDb = nearDb + SURELY_NEAR_DB - (echoed ? LESS_NEAR_IN_ECHO_DB : 0);
    const leastDb = Math.max(surelyDb, this.#dismissedDb + LOUDER_DB, this.#far.leastDb);
    return early.quietMs === 0 && early.nowDb >= leastDb;
  }

  #isSurelyNear({ callerActive, voicedMs, sound, nearDb }: OverAgent, policy: TurnPolicy): boolean {
    const isHeard = callerActive && sound.quietMs < VOICE_PAUSE_MS && !sound.isLaughter;
    return isHeard && voicedMs >= policy.bargeInMinSpeechMs && sound.levelDb >= nearDb;
  }

  #isDoubted({ callerActive, sound, early, nearDb }: OverAgent): boolean {
    this.#loweredMs += FRAME_MS;
    const sinceMs = Math.max(sound.sinceMs, early.sinceMs);
    if (this.#loweredMs < LOWERED_FOR_MS || sinceMs < DOUBTED_AFTER_MS) return false;
    return !callerActive || sound.levelDb < nearDb - KEEP_BELOW_DB;
  }

  /** The agent is silent, and waits for what becomes of it. */
  #held({ sound }: OverAgent, { bargeInSureMs }: TurnPolicy): BargeInDecision {
    if (sound.isLaughter) return this.#to('dismissed', 'resume');
    const soFarMs = sound.sinceMs - sound.quietMs;
    const isWhole = sound.soundMs >= WHOLE_SHARE * soFarMs;
    if (sound.isOn && soFarMs >= (isWhole ? 1 : BROKEN_FACTOR) * bargeInSureMs) {
      this.reset();
      return 'cut';
    }
    if (sound.isOn && sound.quietMs < OVER_AFTER_MS) return sound.quietMs === WORD_PAUSE_MS ? 'word' : 'none';
    this.understood();
    return 'backchannel';
  }

  #callerSilent(): BargeInDecision {
    const state = this.#state;
    const wasVoice = this.#wasVoice;
    this.reset();
    if (state === 'held' || wasVoice) return 'backchannel';
    return state === 'ducked' ? 'resume' : 'none';
  }

  /** The agent finished while the caller speaks: an ordinary turn begins. */
  #agentSilent(): BargeInDecision {
    const state = this.#state;
    this.reset();
    return state === 'ducked' || state === 'held' ? 'resume' : 'none';
  }
}
