import { LIMITS } from '../config/limits.ts';
import type { Address } from './messages.ts';

interface KeptFrame {
  readonly to: Address;
  readonly bytes: Buffer;
}

/**
 * What a role has sent to others, until the hub has passed it on; and, while there is no hub or the other is not back at it,
 * what it would have. Of a hub that dies, or hangs and is killed, nothing is lost that way.
 */
export class KeptFrames {
  /** Sent on this connection, in order, and not passed on yet as far as is known. */
  #sent: KeptFrame[] = [];
  readonly #known = new Set<Address>();
  readonly #waiting = new Map<Address, Buffer[]>();
  #waitingBytes = 0;

  /** Whether a frame is kept for later; false: it is to be sent now. @returns 'full' where it is lost */
  holdBack(to: Address, bytes: Buffer): boolean | 'full' {
    const waiting = this.#waiting.get(to);
    if (waiting === undefined) return false;
    if (this.#waitingBytes + bytes.length > LIMITS.ipcQueuedBytes) return 'full';
    waiting.push(bytes);
    this.#waitingBytes += bytes.length;
    return true;
  }

  sent(to: Address, bytes: Buffer): void {
    this.#sent.push({ to, bytes });
  }

  /** The hub has passed on so many more. */
  passed(frames: number): void {
    this.#sent.splice(0, frames);
  }

  /** Until the others are back at the next hub, what they may not have got waits for them. */
  hubGone(): void {
    for (const peer of this.#known) {
      if (this.#waiting.has(peer)) continue;
      const frames = this.#sent.filter(({ to }) => to === peer).map(({ bytes }) => bytes);
      this.#waiting.set(peer, frames);
      this.#waitingBytes += bytesOf(frames);
    }
    this.#sent = [];
  }

  /** It is at the hub. @returns what has waited for it */
  here(peer: Address): readonly Buffer[] {
    this.#known.add(peer);
    return this.#take(peer);
  }

  /** What was meant for it is meant for nobody. */
  gone(peer: Address): void {
    this.#known.delete(peer);
    this.#take(peer);
  }

  #take(peer: Address): readonly Buffer[] {
    const frames = this.#waiting.get(peer) ?? [];
    this.#waiting.delete(peer);
    this.#waitingBytes -= bytesOf(frames);
    return frames;
  }
}

function bytesOf(frames: readonly Buffer[]): number {
  return frames.reduce((sum, { length }) => sum + length, 0);
}
