import { LIMITS } from '../config/limits.ts';
import { TokenBucket } from './token_bucket.ts';

export interface SourceGuardOptions {
  /** Whether a trunk names this address; asked once, and again after `forget`. */
  isKnown(address: string): boolean;
  /** Whether messages are awaited from there all the same; a look-up, asked for each message of a stranger. */
  isAwaited(address: string): boolean;
  /** Monotonic milliseconds. */
  nowMs(): number;
}

interface Source {
  readonly isKnown: boolean;
  readonly bucket: TokenBucket;
}

/**
 * Decides before a byte is read whether a datagram or connection is worth reading. Peers may say much; strangers little,
 * each and, since addresses are easily forged, all together.
 */
export class SourceGuard {
  readonly #options: SourceGuardOptions;
  readonly #strangers: TokenBucket;
  /** By address, the one longest silent first. */
  readonly #sources = new Map<string, Source>();
  #refused = 0;

  constructor(options: SourceGuardOptions) {
    this.#options = options;
    const perSecond = LIMITS.sipStrangersPerSecond;
    this.#strangers = new TokenBucket(perSecond, perSecond, options.nowMs());
  }

  /** Datagrams and connections that were not read. */
  get refused(): number {
    return this.#refused;
  }

  /** Addresses that are remembered. */
  get size(): number {
    return this.#sources.size;
  }

  readonly accepts = (address: string): boolean => {
    const nowMs = this.#options.nowMs();
    const { isKnown, bucket } = this.#sourceOf(address, nowMs);
    const accepted = bucket.take(nowMs) && (isKnown || this.#strangers.take(nowMs));
    if (!accepted) this.#refused += 1;
    return accepted;
  };

  /** The trunks have changed: who was a stranger may be none. */
  forget(): void {
    this.#sources.clear();
  }

  #sourceOf(address: string, nowMs: number): Source {
    const met = this.#sources.get(address) ?? this.#meet(address, nowMs);
    const source = met.isKnown || !this.#options.isAwaited(address) ? met : sourceOf(true, nowMs);
    this.#sources.delete(address);
    this.#sources.set(address, source);
    return source;
  }

  #meet(address: string, nowMs: number): Source {
    const [oldest] = this.#sources.size >= LIMITS.sipSourcesRemembered ? this.#sources.keys() : [];
    if (oldest !== undefined) this.#sources.delete(oldest);
    return sourceOf(this.#options.isKnown(address), nowMs);
  }
}

function sourceOf(isKnown: boolean, nowMs: number): Source {
  const perSecond = isKnown ? LIMITS.sipPeerMessagesPerSecond : LIMITS.sipStrangerMessagesPerSecond;
  return { isKnown, bucket: new TokenBucket(perSecond, 2 * perSecond, nowMs) };
}
