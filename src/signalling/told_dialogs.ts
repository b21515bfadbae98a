import { setTimeout as sleep } from 'node:timers/promises';
import type { Link } from '../ipc/link.ts';
import type { Address, MessageOf } from '../ipc/messages.ts';

/** A dialog of an edge before this one, and the media process that has its leg. */
export interface ToldDialog {
  readonly dialog: MessageOf<'dialogHeld'>;
  readonly media: Address;
}

/** What media processes tell an edge that has just begun. */
export class ToldDialogs {
  readonly #told: ToldDialog[] = [];
  readonly #silent: Set<Address>;
  readonly #allTold = Promise.withResolvers<void>();
  #onTold: (told: ToldDialog) => void = told => this.#told.push(told);

  /** Asks them at once; those that are not there say nothing. */
  constructor(link: Pick<Link, 'on' | 'send'>, media: readonly Address[]) {
    this.#silent = new Set(media);
    link.on('dialogHeld', (dialog, from) => this.#onTold({ dialog, media: from }));
    link.on('dialogsTold', (_, from) => {
      this.#silent.delete(from);
      if (this.#silent.size === 0) this.#allTold.resolve();
    });
    for (const address of media) link.send(address, { type: 'tellDialogs' });
  }

  /** Resolves with all of them when each process has told, or with those that came within the limit. */
  async all(limitMs: number): Promise<readonly ToldDialog[]> {
    const limit = new AbortController();
    const { signal } = limit;
    await Promise.race([this.#allTold.promise, sleep(limitMs, undefined, { signal }).catch(() => undefined)]);
    limit.abort();
    return this.#told;
  }

  /** Who hears of those that come later. */
  onLate(handler: (told: ToldDialog) => void): void {
    this.#onTold = handler;
  }
}
