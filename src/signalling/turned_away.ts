import type { Refusal as NoSlot } from '../calls/admission.ts';
import type { Message } from '../ipc/messages.ts';
import type { TurnedAway } from './trunk_gate.ts';

const TELL_EVERY_MS = 1000;

/** Counts what was turned away, and tells so once a second: a flood is not passed on inside the node. */
export class TurnedAwayCounts {
  readonly #tell: (message: Message) => void;
  readonly #unread: () => number;
  readonly #calls = new Map<NoSlot, number>();
  readonly #requests = new Map<TurnedAway | 'unread', number>();
  readonly #timer: NodeJS.Timeout;
  #unreadTold = 0;

  /** `unread` says how many datagrams and connections were not even read so far. */
  constructor(tell: (message: Message) => void, unread: () => number) {
    this.#tell = tell;
    this.#unread = unread;
    this.#timer = setInterval(() => this.#flush(), TELL_EVERY_MS);
  }

  call(code: NoSlot): void {
    this.#calls.set(code, (this.#calls.get(code) ?? 0) + 1);
  }

  request(cause: TurnedAway): void {
    this.#requests.set(cause, (this.#requests.get(cause) ?? 0) + 1);
  }

  close(): void {
    clearInterval(this.#timer);
    this.#flush();
  }

  #flush(): void {
    for (const [code, calls] of this.#calls) this.#tell({ type: 'notAdmitted', code, calls });
    this.#calls.clear();
    const unread = this.#unread() - this.#unreadTold;
    this.#unreadTold += unread;
    if (unread > 0) this.#requests.set('unread', unread);
    for (const [cause, requests] of this.#requests) this.#tell({ type: 'sipTurnedAway', cause, requests });
    this.#requests.clear();
  }
}
