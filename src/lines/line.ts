import type { Frame, PipelineRateHz } from '../../pipeline/frame.ts';

export type LineKind = 'room' | 'trunk' | 'stream';

export type LineEndReason = 'remoteHangup' | 'localHangup' | 'rejected' | 'networkLost' | 'noMedia';

/** What became of a line's packets, both ways. Counts are since the line was opened; undefined is not known. */
export interface NetworkStats {
  /** Of the far end: never came, and came too late to be heard. */
  readonly packetsLost: number;
  readonly packetsLate: number;
  /** Speech in one packet of ours. */
  readonly packetMs: number;
  readonly roundTripMs: number | undefined;
  /** What the far end said of late of our packets. */
  readonly farEnd: { readonly lossPct: number; readonly jitterMs: number } | undefined;
}

export interface LineStats {
  readonly framesPulled: number;
  readonly framesConcealed: number;
  readonly framesPushed: number;
  /** Frames thrown away because the jitter buffer was over its limit. */
  readonly framesDropped: number;
  readonly jitterBufferMs: number;
  /** Left out where the line knows nothing of its packets. */
  readonly network?: NetworkStats;
}

/** What a line tells its call. Handlers are called on the audio thread, outside the tick. */
export interface LineEvents {
  /** The far end can hear and be heard; media time starts here. */
  answered(): void;
  dtmf(digit: string, durationMs: number): void;
  held(): void;
  resumed(): void;
  ended(reason: LineEndReason): void;
}

/** Who is on the line, as the far end's signalling says: E.164 numbers or room identities. Personal data. */
export interface LineParty {
  readonly from: string;
  readonly to: string;
  /** Call-ID of the SIP dialog (RFC 3261, section 8.1.1.4), where the far end came by SIP and its id is not over-long. */
  readonly sipCallId?: string;
}

/**
 * One leg's audio and signals, whatever carries it. `pull`, `measureDelay`, `push`, `press` and `flush` never wait and never
 * throw.
 */
export interface Line {
  readonly kind: LineKind;
  readonly rateHz: PipelineRateHz;
  /** Known from `answered` on; empty strings before and where the line does not say. */
  readonly party: LineParty;
  /** Fills the frame with the next 10 ms heard, concealed if late. */
  pull(frame: Frame): void;
  /**
   * Whether `heldBackMs` is to count what buffers beyond the line's own hold back, too: asking them takes time, and only
   * a recording needs it. May be told at every tick.
   */
  measureDelay(isWanted: boolean): void;
  /**
   * Takes the next 10 ms to be heard, and leaves in the frame what the far end will have of it: as companded where the
   * codec does that, silence where nothing is sent.
   */
  push(frame: Frame): void;
  /** Presses a key for the far end to hear, after those before it; nothing where it takes none. */
  press(key: string, durationMs: number): void;
  /**
   * Throws away what was pushed but not yet sent and says how many milliseconds that was: as much is to be pushed in its
   * place, at once, if the line goes on.
   */
  flush(): number;
  /** Time from `push` to the wire, in milliseconds. */
  readonly playoutDelayMs: number;
  stats(): LineStats;
  /** Hangs up if still up, and gives everything back. Safe to call twice. */
  close(reason: LineEndReason): Promise<void>;
}
