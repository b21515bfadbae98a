import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

const TIME_BYTES = 6;
const SALT_BYTES = 6;
const SEAL_BYTES = 16;
const NONCE_BYTES = TIME_BYTES + SALT_BYTES + SEAL_BYTES;
const NONCE_CHARACTERS = Math.ceil((NONCE_BYTES * 4) / 3);

/**
 * A nonce that needs no memory until it is used (RFC 7616 §3.3): time of issue, salt that keeps two of one millisecond
 * apart, and an HMAC over both and the realm; 38 characters of base64url.
 */
export function makeNonce(key: Uint8Array, realm: string, nowMs: number): string {
  const body = Buffer.concat([Buffer.alloc(TIME_BYTES), randomBytes(SALT_BYTES)]);
  body.writeUIntBE(nowMs, 0, TIME_BYTES);
  return Buffer.concat([body, sealOf(key, realm, body)]).toString('base64url');
}

/** When the nonce was made, in ms since the epoch; undefined if not by this key for this realm. */
export function nonceMadeMs(key: Uint8Array, realm: string, nonce: string): number | undefined {
  const bytes = Buffer.from(nonce, 'base64url');
  // base64url is read forgivingly: one nonce must not have a second spelling with a count of its own.
  if (nonce.length !== NONCE_CHARACTERS || bytes.toString('base64url') !== nonce) return undefined;
  const body = bytes.subarray(0, TIME_BYTES + SALT_BYTES);
  const genuine = timingSafeEqual(bytes.subarray(body.length), sealOf(key, realm, body));
  return genuine ? body.readUIntBE(0, TIME_BYTES) : undefined;
}

function sealOf(key: Uint8Array, realm: string, body: Uint8Array): Buffer {
  return createHmac('sha256', key).update(realm).update('\0').update(body).digest().subarray(0, SEAL_BYTES);
}

/**
 * Remembers which counts of which nonces were used, so that no answer counts twice; in any order, since requests over
 * UDP overtake each other. Only answers that were right get here. When it is full the nonce first used longest ago is
 * forgotten, and with it every unknown nonce as old: those count as used up.
 */
export class NonceUses {
  readonly #limit: number;
  readonly #used = new Map<string, { readonly madeMs: number; counts: number }>();
  #forgottenMs = Number.NEGATIVE_INFINITY;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** False if this count, 1 to 32, of the nonce may have been used before. */
  take(nonce: string, madeMs: number, count: number): boolean {
    const bit = 1 << (count - 1);
    const known = this.#used.get(nonce);
    if (known !== undefined) {
      if ((known.counts & bit) !== 0) return false;
      known.counts |= bit;
      return true;
    }
    if (madeMs <= this.#forgottenMs) return false;
    if (this.#used.size === this.#limit) this.#forgetOldest();
    this.#used.set(nonce, { madeMs, counts: bit });
    return true;
  }

  #forgetOldest(): void {
    for (const [nonce, { madeMs }] of this.#used) {
      this.#used.delete(nonce);
      this.#forgottenMs = Math.max(this.#forgottenMs, madeMs);
      return;
    }
  }
}
