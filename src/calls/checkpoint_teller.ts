import { TrunklineError } from '../config/errors.ts';
import type { Logger } from '../observe/log.ts';
import { type Checkpoint, writeCheckpoint } from './checkpoint.ts';

export interface CheckpointTellerParts {
  readonly callId: string;
  /** False for a line that no other process could go on with. */
  readonly canGoOn: boolean;
  /** How the call stands now. */
  compose(): Checkpoint;
  /** Resolves when all that was told to the record so far is on the disk. */
  flush(): Promise<void>;
  /** To the edge, which keeps the newest and says so by its number. */
  send(checkpoint: string, number: number): void;
  readonly log: Pick<Logger, 'warn'>;
}

/** Tells whoever would go on with a call how it stands: never more than the disk knows, and always the newest. */
export class CheckpointTeller {
  readonly #parts: CheckpointTellerParts;
  /** The newest; it leaves once the disk has the events that led to it. */
  #newest: { readonly text: string; readonly number: number } | undefined;
  #telling: Promise<void> | undefined;
  #count = 0;
  #keptUpTo = 0;
  readonly #waiting = new Map<number, () => void>();
  #isOver = false;

  constructor(parts: CheckpointTellerParts) {
    this.#parts = parts;
  }

  /** What is too long to be kept is not told; the one before stays. */
  tell(): void {
    this.#tell().catch(() => undefined);
  }

  /**
   * The same. Resolves once the disk has what led here and the edge, where anybody could go on from there, has this or a newer
   * one. Rejects where it is too long to be kept, or the disk has it not.
   */
  async told(): Promise<void> {
    const { canGoOn, flush } = this.#parts;
    if (!canGoOn) return flush();
    const number = await this.#tell();
    if (number <= this.#keptUpTo || this.#isOver) return;
    await new Promise<void>(resolve => this.#waiting.set(number, resolve));
  }

  /** The edge has that one. */
  kept(number: number): void {
    this.#keptUpTo = Math.max(this.#keptUpTo, number);
    for (const [waitsFor, resolve] of this.#waiting) {
      if (waitsFor > this.#keptUpTo) continue;
      this.#waiting.delete(waitsFor);
      resolve();
    }
  }

  /** The call is over: nobody goes on with it. */
  close(): void {
    this.#isOver = true;
    this.kept(this.#count);
  }

  async #tell(): Promise<number> {
    const { canGoOn, compose, callId, log } = this.#parts;
    if (!canGoOn) return 0;
    const text = writeCheckpoint(compose());
    if (text === undefined) {
      log.warn({ callId }, 'a checkpoint is too long to be kept');
      throw new TrunklineError('TOO_LARGE', 'a checkpoint is too long to be kept');
    }
    this.#count += 1;
    const number = this.#count;
    this.#newest = { text, number };
    this.#telling ??= this.#tellNewest();
    await this.#telling;
    return number;
  }

  async #tellNewest(): Promise<void> {
    const { flush, send } = this.#parts;
    try {
      while (this.#newest !== undefined) {
        const { text, number } = this.#newest;
        this.#newest = undefined;
        await flush();
        if (!this.#isOver) send(text, number);
      }
    } finally {
      this.#telling = undefined;
    }
  }
}
