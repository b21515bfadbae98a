import type { Clock } from '../clock.ts';
import type { Hop } from '../transport/transport.ts';
import { LOCATE_LIMITS } from './limits.ts';

/** Which hops failed of late (RFC 3263 §4.3): they are tried after the others. */
export class FailedHops {
  readonly #clock: Clock;
  readonly #untilMs = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  failed(hop: Hop): void {
    const key = hopKey(hop);
    this.#untilMs.delete(key);
    this.#untilMs.set(key, this.#clock.nowMs() + LOCATE_LIMITS.failedHopMs);
    const [oldest] = this.#untilMs.keys();
    if (this.#untilMs.size > LOCATE_LIMITS.failedHops && oldest !== undefined) this.#untilMs.delete(oldest);
  }

  answered(hop: Hop): void {
    this.#untilMs.delete(hopKey(hop));
  }

  /** The same hops, those that failed behind those that did not; else in their order. */
  last(hops: readonly Hop[]): Hop[] {
    const isFailed = (hop: Hop): boolean => (this.#untilMs.get(hopKey(hop)) ?? 0) > this.#clock.nowMs();
    return [...hops.filter(hop => !isFailed(hop)), ...hops.filter(isFailed)];
  }
}

/** The same for equal hops. */
export function hopKey({ protocol, address, port }: Hop): string {
  return `${protocol} ${address} ${port}`;
}
