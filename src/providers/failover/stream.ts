import { LIMITS } from '../../config/limits.ts';
import { type Attempt, faultOf } from './attempt.ts';
import type { Candidates, Provider } from './candidates.ts';
import { type Clock, type TimeLimit, Waits } from './timing.ts';

/** An answer as it comes in, pulled piece by piece; it ends with its signal, or by `close`. */
class Stream<T> {
  readonly #pieces: AsyncIterator<T>;
  readonly #waits: Waits;
  readonly #signal: AbortSignal;
  #isClosed = false;

  constructor(pieces: AsyncIterable<T>, clock: Clock, signal: AbortSignal) {
    this.#pieces = pieces[Symbol.asyncIterator]();
    this.#waits = new Waits(clock, signal);
    this.#signal = signal;
    signal.addEventListener('abort', this.#onAbort, { once: true });
  }

  /** Undefined at the end. Rejects as the provider throws, when time is up, or with the signal's reason. */
  async next(limit?: TimeLimit): Promise<T | undefined> {
    this.#signal.throwIfAborted();
    const { done, value } = await this.#waits.for(this.#pieces.next(), limit);
    return done === true ? undefined : value;
  }

  /** Ends it; safe at any time. Not waited for: one that hangs would hang whoever gives it up. */
  close(): void {
    this.#signal.removeEventListener('abort', this.#onAbort);
    this.#waits.close();
    if (this.#isClosed) return;
    this.#isClosed = true;
    void this.#return();
  }

  readonly #onAbort = (): void => this.close();

  async #return(): Promise<void> {
    try {
      await this.#pieces.return?.();
    } catch {
      // Nobody listens any more.
    }
  }
}

/** A stream with what came until it spoke, the last of which is its first word or sound. */
export interface Begun<T> {
  readonly stream: Stream<T>;
  readonly pieces: readonly T[];
}

/** Resolves when the first piece that says something is there, or at the end of what may be empty. */
export async function beginStream<P extends Provider, T>(
  { kind, clock }: Candidates<P>,
  attempt: Attempt<P>,
  answer: AsyncIterable<T>,
  says: (piece: T) => boolean,
  mayBeEmpty = false,
): Promise<Begun<T>> {
  const stream = new Stream(answer, clock, attempt.signal);
  const { name } = attempt.provider;
  const pieces: T[] = [];
  while (pieces.length < LIMITS.failoverPieces) {
    const piece = await stream.next();
    if (piece === undefined) {
      if (mayBeEmpty) return { stream, pieces };
      throw faultOf(kind, name, 'protocol', 'ended and said nothing');
    }
    pieces.push(piece);
    if (says(piece)) return { stream, pieces };
  }
  throw faultOf(kind, name, 'protocol', 'says nothing in many pieces');
}
