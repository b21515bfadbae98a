import type { Clock } from '../clock.ts';
import { SIP_LIMITS } from '../limits.ts';
import type { SocketAddress } from './transport.ts';

/** Far ends that took no TCP of late: what is too long for a datagram goes to them by UDP at once. */
export class Streamless {
  readonly #clock: Clock;
  readonly #untilMs = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(remote: SocketAddress): void {
    const key = keyOf(remote);
    this.#untilMs.delete(key);
    this.#untilMs.set(key, this.#clock.nowMs() + SIP_LIMITS.streamlessMs);
    const [oldest] = this.#untilMs.keys();
    if (this.#untilMs.size > SIP_LIMITS.streamlessPeers && oldest !== undefined) this.#untilMs.delete(oldest);
  }

  has(remote: SocketAddress): boolean {
    return (this.#untilMs.get(keyOf(remote)) ?? Number.NEGATIVE_INFINITY) > this.#clock.nowMs();
  }
}

function keyOf({ address, port }: SocketAddress): string {
  return `${address} ${port}`;
}
