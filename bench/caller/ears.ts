import type { Expectation, Stt, SttSession } from '../../src/providers/types.ts';
import { type Sound, SoundDetector } from '../wire/onset.ts';

/** What came of waiting for the agent. */
export type Heard =
  | {
      readonly type: 'turn';
      /** First and last sound on the wire, in ms since answer. */
      readonly startMs: number;
      readonly endMs: number;
      /** Recognised words; empty when nothing was understood. */
      readonly text: string;
      readonly confidence: number;
    }
  /** Neither side has made a sound for as long as was asked. */
  | { readonly type: 'quiet' }
  | { readonly type: 'ended' };

/** Gaps within a sound are shorter than this. */
export const SOUND_HANG_MS = 250;
/** Audio from before the first loud sound that the recogniser gets: breaths and fricatives begin softly. */
const LEAD_MS = 250;
/** A turn that grows longer is recognised in pieces, cut where the agent pauses. */
const PIECE_MS = 18_000;

export interface EarsOptions {
  readonly stt: Stt;
  readonly expect: Expectation;
  readonly rateHz: 8000 | 16000;
  /** Pauses within a turn are shorter than this. */
  readonly turnEndMs: number;
}

interface Piece {
  readonly text: string;
  readonly confidence: number;
}

interface Turn {
  readonly startMs: number;
  readonly pieces: Promise<Piece>[];
  session: SttSession | undefined;
  pieceStartMs: number;
  /** Interrupted: what is left of it is not listened to. */
  dropped: boolean;
}

/** Listens to the agent's side of the wire and cuts it into turns. Time is told by `advance`; no timers run here. */
export class Ears {
  /** Everything that was heard of the agent, in order. */
  readonly sounds: Sound[] = [];
  readonly #options: EarsOptions;
  readonly #detector: SoundDetector;
  readonly #ready: Heard[] = [];
  #lead: { readonly pcm: Int16Array; readonly atMs: number }[] = [];
  #turn: Turn | undefined;
  #waiting: { readonly resolve: (heard: Heard) => void; readonly quietMs: number } | undefined;
  #lastSoundMs = 0;
  #nowMs = 0;
  /** Turns that have ended and wait for their words. */
  #recognising = 0;
  #closed = false;

  constructor(options: EarsOptions) {
    this.#options = options;
    this.#detector = new SoundDetector(
      { rateHz: options.rateHz, hangMs: SOUND_HANG_MS },
      {
        started: startMs => {
          this.sounds.push({ startMs, endMs: undefined });
          this.#soundStarted(startMs);
        },
        ended: (startMs, endMs) => {
          this.sounds.splice(-1, 1, { startMs, endMs });
          this.#lastSoundMs = endMs;
        },
      },
    );
  }

  /** The agent's present turn by its first sound, while it lasts. */
  get turnStartMs(): number | undefined {
    return this.#turn?.startMs;
  }

  /** True while the agent makes a sound. */
  get sounding(): boolean {
    return this.#detector.sounding;
  }

  write(pcm: Int16Array, atMs: number): void {
    this.#lead.push({ pcm, atMs });
    while (this.#lead.length > 1 && atMs - this.#lead[0]!.atMs > LEAD_MS) this.#lead.shift();
    const before = this.#turn?.session;
    this.#detector.write(pcm, atMs);
    // A session that this very audio began has had it as its lead.
    if (before !== undefined && before === this.#turn?.session) before.write(pcm);
  }

  /** Time goes on; `callerQuietSinceMs` is the end of the caller's own last sound. */
  advance(nowMs: number, callerQuietSinceMs: number): void {
    this.#nowMs = nowMs;
    this.#detector.advance(nowMs);
    if (this.#detector.sounding) return;
    const quietForMs = nowMs - this.#lastSoundMs;
    if (this.#turn !== undefined && quietForMs >= this.#options.turnEndMs) this.#endTurn(this.#turn);
    else if (this.#turn !== undefined && nowMs - this.#turn.pieceStartMs >= PIECE_MS)
      this.#endPiece(this.#turn);
    const bothQuietMs = Math.min(quietForMs, nowMs - callerQuietSinceMs);
    if (
      this.#turn === undefined &&
      this.#ready.length === 0 &&
      bothQuietMs >= (this.#waiting?.quietMs ?? Number.POSITIVE_INFINITY)
    ) {
      this.#give({ type: 'quiet' });
    }
  }

  /** The next turn that has ended, or word of silence. One at a time. */
  next(quietMs: number): Promise<Heard> {
    const heard = this.#ready.shift();
    if (heard !== undefined) return Promise.resolve(heard);
    if (this.#closed && this.#recognising === 0) return Promise.resolve({ type: 'ended' });
    return new Promise(resolve => {
      this.#waiting = { resolve, quietMs };
    });
  }

  /** Stops listening to the present turn, which the caller has cut short. */
  drop(): void {
    if (this.#turn === undefined) return;
    this.#turn.dropped = true;
    this.#turn.session?.cancel();
    this.#turn.session = undefined;
  }

  /** The call is over: what was being said is still recognised, then there is nothing more. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#detector.sounding) this.#lastSoundMs = this.#nowMs;
    if (this.#turn !== undefined) this.#endTurn(this.#turn);
    if (this.#recognising === 0) this.#give({ type: 'ended' });
  }

  #soundStarted(startMs: number): void {
    if (this.#closed) return;
    if (this.#turn === undefined) {
      this.#turn = { startMs, pieces: [], session: undefined, pieceStartMs: startMs, dropped: false };
    }
    const turn = this.#turn;
    if (turn.session !== undefined || turn.dropped) return;
    turn.pieceStartMs = startMs;
    const { stt, rateHz, expect } = this.#options;
    turn.session = stt.open({ rateHz, expect });
    for (const { pcm } of this.#lead) turn.session.write(pcm);
  }

  #endPiece(turn: Turn): void {
    if (turn.session === undefined) return;
    const session = turn.session;
    turn.session = undefined;
    turn.pieces.push(session.finish());
  }

  #endTurn(turn: Turn): void {
    this.#turn = undefined;
    if (turn.dropped) return;
    this.#endPiece(turn);
    const endMs = this.#lastSoundMs;
    this.#recognising += 1;
    void Promise.all(turn.pieces)
      .catch(() => [{ text: '', confidence: 0 }])
      .then(pieces => {
        const text = pieces
          .map(piece => piece.text)
          .join(' ')
          .trim();
        const confidence = Math.min(...pieces.map(piece => piece.confidence));
        this.#recognising -= 1;
        this.#give({ type: 'turn', startMs: turn.startMs, endMs, text, confidence });
      });
  }

  #give(heard: Heard): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting !== undefined) waiting.resolve(heard);
    else if (heard.type === 'turn') this.#ready.push(heard);
  }
}
