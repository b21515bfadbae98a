import { LISTENING, type ListeningTimes, Silence } from '../ipc/silence.ts';
import { THREADS, type ThreadName, type ThreadPulse } from './thread_pulse.ts';

/** The audio thread listens for the pulse of the others from now on. */
export class ThreadWatch {
  readonly #pulse: ThreadPulse;
  readonly #silence: Silence<ThreadName>;
  readonly #beats = new Map<ThreadName, number>();
  readonly #timer: NodeJS.Timeout;

  constructor(pulse: ThreadPulse, { tickMs, limitTicks }: ListeningTimes = LISTENING) {
    this.#pulse = pulse;
    this.#silence = new Silence(limitTicks);
    for (const thread of THREADS) this.#silence.expect(thread);
    this.#timer = setInterval(() => this.#tick(), tickMs);
    this.#timer.unref();
  }

  /** Threads that hang. */
  get hung(): readonly ThreadName[] {
    return this.#silence.tooLong;
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #tick(): void {
    this.#silence.tick();
    for (const thread of THREADS) {
      const beats = this.#pulse.beats(thread);
      if (beats !== this.#beats.get(thread)) this.#silence.heard(thread);
      this.#beats.set(thread, beats);
    }
  }
}
