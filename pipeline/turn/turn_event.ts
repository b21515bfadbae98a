/**
 * All that the pipeline tells the conversation. Every event carries `atMs`, the media time in milliseconds
 * since answer at which it became true on the caller's leg (not the time at which it was noticed).
 */
export type TurnEvent =
  /** Likely speech began; `atMs` is its onset, `noticedMs` when the pipeline was sure. */
  | { readonly type: 'speechStarted'; readonly atMs: number; readonly noticedMs: number }
  /** The agent's voice was lowered because of likely speech. */
  | { readonly type: 'ducked'; readonly atMs: number }
  /**
   * The caller takes the floor: playout was cut in this frame. `heardSamples` of agent speech were heard since the
   * call began, cut speech not counted.
   */
  | { readonly type: 'bargeIn'; readonly atMs: number; readonly heardSamples: number }
  /**
   * Speech over the agent that is no interruption so far, from `atMs` to its last sound at `untilMs`. `hold` counts from 1
   * where the agent is held for it, since it is a voice at the telephone, which is too short to be one: for a moment more,
   * in which it can be understood. Whoever goes on in that moment may be told of again, or take the floor. 0: it was not held.
   */
  | {
      readonly type: 'backchannel';
      readonly atMs: number;
      readonly untilMs: number;
      readonly hold: number;
    }
  /**
   * There has been no sound of the caller's for a moment, from `atMs` on, which is too short to tell a pause from a
   * gap within a word; and there is sound again. A gap is told twice, when it is `quietMs` long: once it is noticed, and
   * once it is longer than those within words. Between speechStarted and speechEnded, any number of times, where the
   * policy asks for it.
   */
  | { readonly type: 'paused'; readonly atMs: number; readonly quietMs: number }
  | { readonly type: 'wentOn'; readonly atMs: number }
  /** The caller fell silent; `atMs` is the last sound. */
  | { readonly type: 'speechEnded'; readonly atMs: number }
  /** The caller's turn is over; `lastSoundMs` is the caller's last sound, `atMs` the decision. */
  | { readonly type: 'turnEnded'; readonly atMs: number; readonly lastSoundMs: number }
  | { readonly type: 'silence'; readonly atMs: number; readonly silentForMs: number };

/** Gaps are told when they are so long: the closure of a stop or more, and more than that. */
export const GAP_MS = 60;
export const LONG_GAP_MS = 120;

/** Endpointing for what the conversation expects next: digits and spelling get patience, yes/no gets none. */
export interface TurnPolicy {
  /** Pause after the last sound that ends the caller's turn. */
  readonly endOfTurnPauseMs: number;
  /** So much voice over the agent makes it hold still. */
  readonly bargeInMinSpeechMs: number;
  /** Whoever goes on for so long over it has the floor; what is shorter asked for nothing, and the agent goes on. */
  readonly bargeInSureMs: number;
  readonly interruptible: boolean;
  /** Repeated `silence` events after this long without a sound from either side. */
  readonly silencePromptMs: number;
  /** A turn that goes on without a pause is ended after this long. */
  readonly maxTurnMs: number;
  /** Whether `paused` and `wentOn` are told; there is one in most words. */
  readonly tellsGaps?: boolean;
}
