import { timingSafeEqual } from 'node:crypto';
import { algorithmNamed, type DigestAlgorithm, digestResponse, type NonceUse } from './algorithm.ts';
import { type AuthParams, isDigest, readDigestParams } from './auth_params.ts';
import { writeChallenge } from './challenge.ts';
import { type Challenger, DIGEST_HEADERS } from './challenger.ts';
import { DIGEST_LIMITS } from './limits.ts';
import { makeNonce, NonceUses, nonceMadeMs } from './nonce.ts';

export interface DigestServerOptions {
  readonly as: Challenger;
  readonly realm: string;
  /** Seals nonces, 32 bytes or more; another key makes all nonces stale. */
  readonly key: Uint8Array;
  /** Offered, the preferred one first (RFC 8760 §2.4). */
  readonly algorithms: readonly DigestAlgorithm[];
  readonly passwordOf: (user: string) => string | undefined;
  /** How long a nonce is good for. */
  readonly windowMs: number;
  /** How many requests a nonce is good for, at most 32. */
  readonly usesPerNonce: number;
  /** Whether the `uri` that was signed means the Request-URI, which proxies may have changed; by default if equal. */
  readonly sameUri?: (signed: string, requested: string) => boolean;
  /** Time of day; for tests. */
  readonly nowMs?: () => number;
}

export interface SignedRequest {
  readonly method: string;
  /** The Request-URI as written. */
  readonly uri: string;
  /** Values of its Authorization or Proxy-Authorization headers. */
  readonly authorizations: readonly string[];
}

/** Why a request is asked (once more) for credentials. */
export type ChallengeReason = 'missing' | 'otherAlgorithm' | 'wrong' | 'stale' | 'replayed';

/** Why credentials are of no use, whatever the password. */
type CredentialsProblem = 'malformed' | 'userhash' | 'unknownQop' | 'otherUri';

export type Verdict =
  | { readonly kind: 'accepted'; readonly user: string }
  | {
      readonly kind: 'challenge';
      readonly reason: ChallengeReason;
      readonly status: 401 | 407;
      readonly header: string;
      /** One header each, in this order. */
      readonly values: readonly string[];
    }
  /** To be answered with 400 (RFC 7616 §3.4.6). */
  | { readonly kind: 'badRequest'; readonly status: 400; readonly problem: CredentialsProblem };

interface Signed {
  readonly user: string;
  readonly nonce: string;
  readonly uri: string;
  readonly response: string;
  readonly algorithm: DigestAlgorithm | undefined;
  readonly use: NonceUse | undefined;
}

/**
 * Lets requests in by Digest credentials (RFC 7616 §3.3 to §3.4.6, RFC 3261 §22, RFC 8760). Answers without qop, as
 * RFC 2069 has them, are accepted once per nonce. Unknown users and wrong passwords take the same work and get the
 * same answer.
 */
export class DigestServer {
  readonly #options: DigestServerOptions;
  readonly #uses = new NonceUses(DIGEST_LIMITS.noncesInUse);

  /** @throws RangeError for options that would let in too much */
  constructor(options: DigestServerOptions) {
    const { key, usesPerNonce, algorithms } = options;
    if (key.length < 32) throw new RangeError('the key for nonces is shorter than 32 bytes');
    if (!Number.isInteger(usesPerNonce) || usesPerNonce < 1 || usesPerNonce > DIGEST_LIMITS.usesPerNonce)
      throw new RangeError(`a nonce is good for 1 to ${DIGEST_LIMITS.usesPerNonce} uses`);
    if (algorithms.length === 0) throw new RangeError('no algorithm is offered');
    this.#options = options;
  }

  verify({ method, uri, authorizations }: SignedRequest): Verdict {
    const { realm, algorithms, sameUri = (signed, requested) => signed === requested } = this.#options;
    const params = findCredentials(authorizations, realm);
    if (params === undefined) return this.#challenge('missing');
    const signed = typeof params === 'string' ? params : readSigned(params);
    if (typeof signed === 'string') return { kind: 'badRequest', status: 400, problem: signed };
    const { algorithm } = signed;
    if (algorithm === undefined || !algorithms.includes(algorithm)) return this.#challenge('otherAlgorithm');
    if (!sameUri(signed.uri, uri)) return { kind: 'badRequest', status: 400, problem: 'otherUri' };
    if (!this.#isRight({ ...signed, algorithm }, method)) return this.#challenge('wrong');
    // Only who knows the password is told that nothing but the nonce was wrong (RFC 7616 §3.3, stale).
    const unusable = this.#spend(signed);
    return unusable === undefined ? { kind: 'accepted', user: signed.user } : this.#challenge(unusable);
  }

  #isRight({ user, ...signed }: Signed & { readonly algorithm: DigestAlgorithm }, method: string): boolean {
    const { realm, passwordOf, key } = this.#options;
    const known = passwordOf(user);
    const password = known ?? Buffer.from(key).toString('hex');
    const expected = digestResponse({ ...signed, user, realm, password, method });
    return isSame(expected, signed.response) && known !== undefined;
  }

  #spend({ nonce, use }: Signed): 'stale' | 'replayed' | undefined {
    const { key, realm, windowMs, usesPerNonce } = this.#options;
    const madeMs = nonceMadeMs(key, realm, nonce);
    const count = use === undefined ? 1 : Number.parseInt(use.nc, 16);
    const ageMs = madeMs === undefined ? Number.NaN : this.#nowMs() - madeMs;
    // A clock set back leaves nonces of the future.
    if (madeMs === undefined || ageMs > windowMs || ageMs < -windowMs || count > usesPerNonce) return 'stale';
    return this.#uses.take(nonce, madeMs, count) ? undefined : 'replayed';
  }

  #challenge(reason: ChallengeReason): Verdict {
    const { as, realm, key, algorithms } = this.#options;
    const { status, challenge: header } = DIGEST_HEADERS[as];
    const stale = reason === 'stale' || reason === 'replayed';
    const nonce = makeNonce(key, realm, this.#nowMs());
    const values = algorithms.map(algorithm =>
      writeChallenge({ realm, nonce, algorithm, stale, opaque: undefined }),
    );
    return { kind: 'challenge', reason, status, header, values };
  }

  #nowMs(): number {
    return (this.#options.nowMs ?? Date.now)();
  }
}

/** The credentials for the realm; those for proxies elsewhere and of other schemes don't matter. */
function findCredentials(values: readonly string[], realm: string): AuthParams | 'malformed' | undefined {
  let malformed = false;
  for (const value of values.slice(0, DIGEST_LIMITS.authorizations).filter(isDigest)) {
    const params = readDigestParams(value);
    if (params?.get('realm') === realm) return params;
    malformed ||= params?.get('realm') === undefined;
  }
  return malformed ? 'malformed' : undefined;
}

function readSigned(params: AuthParams): Signed | CredentialsProblem {
  // Hashed names were not offered, and looking a user up by hash would need a table of all.
  if (params.get('userhash')?.toLowerCase() === 'true' || params.has('username*')) return 'userhash';
  const qop = params.get('qop')?.toLowerCase();
  if (qop !== undefined && qop !== 'auth') return 'unknownQop';
  const [user, nonce, uri, response] = ['username', 'nonce', 'uri', 'response'].map(name => params.get(name));
  if (user === undefined || nonce === undefined || uri === undefined || response === undefined)
    return 'malformed';
  const algorithm = algorithmNamed(params.get('algorithm'));
  if (qop === undefined)
    return algorithm?.endsWith('-sess')
      ? 'malformed'
      : { user, nonce, uri, response, algorithm, use: undefined };
  const [nc, cnonce] = [params.get('nc'), params.get('cnonce')];
  if (nc === undefined || cnonce === undefined || cnonce === '') return 'malformed';
  if (!/^[0-9a-f]{8}$/i.test(nc) || /^0+$/.test(nc)) return 'malformed';
  return { user, nonce, uri, response, algorithm, use: { nc, cnonce } };
}

function isSame(expected: string, said: string): boolean {
  const [left, right] = [Buffer.from(expected), Buffer.from(said.toLowerCase())];
  return left.length === right.length && timingSafeEqual(left, right);
}
