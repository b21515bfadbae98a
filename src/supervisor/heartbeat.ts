import type { Hub } from '../ipc/hub.ts';
import type { Address } from '../ipc/messages.ts';
import { LISTENING, type ListeningTimes, Silence } from '../ipc/silence.ts';

export interface HeartbeatOptions {
  readonly times?: ListeningTimes;
  /** Whether a role could not have answered since this was asked last: such a tick is none. */
  readonly isExcused?: (role: Address) => boolean;
}

/** Asks roles whether they still do their work, and tells of those that hang: themselves, or one of their threads. */
export class Heartbeat {
  readonly #hub: Hub;
  readonly #silence: Silence<Address>;
  readonly #onHung: (role: Address, what: string) => void;
  readonly #isExcused: (role: Address) => boolean;
  readonly #timer: NodeJS.Timeout;

  /** `onHung` is called once for each time that a role was expected to live. */
  constructor(
    hub: Hub,
    onHung: (role: Address, what: string) => void,
    { times: { tickMs, limitTicks } = LISTENING, isExcused = () => false }: HeartbeatOptions = {},
  ) {
    this.#hub = hub;
    this.#onHung = onHung;
    this.#isExcused = isExcused;
    this.#silence = new Silence(limitTicks);
    hub.on('pong', ({ hung }, from) => {
      this.#silence.heard(from);
      const [thread] = hung;
      if (thread !== undefined) this.#tell(from, `its ${thread} thread hangs`);
    });
    this.#timer = setInterval(() => this.#tick(), tickMs);
    this.#timer.unref();
  }

  /** It is up, and shall answer from now on. */
  expect(role: Address): void {
    this.#silence.expect(role);
  }

  /** It has ended. */
  forget(role: Address): void {
    this.#silence.forget(role);
  }

  close(): void {
    clearInterval(this.#timer);
    for (const role of this.#silence.expected) this.#silence.forget(role);
  }

  #tick(): void {
    this.#silence.tick();
    for (const role of this.#silence.expected) if (this.#isExcused(role)) this.#silence.heard(role);
    for (const role of this.#silence.tooLong) this.#tell(role, 'it does not answer');
    for (const role of this.#silence.expected) this.#hub.send(role, { type: 'ping' });
  }

  #tell(role: Address, what: string): void {
    if (!this.#silence.expected.includes(role)) return;
    this.#silence.forget(role);
    this.#onHung(role, what);
  }
}
