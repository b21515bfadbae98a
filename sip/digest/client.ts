import { randomBytes } from 'node:crypto';
import { type Credentials, digestResponse, rankOf } from './algorithm.ts';
import { writeDigestParams } from './auth_params.ts';
import { type Challenge, type ChallengeProblem, readChallenge } from './challenge.ts';
import { type Challenger, DIGEST_HEADERS } from './challenger.ts';
import { DIGEST_LIMITS } from './limits.ts';

export interface ReceivedChallenge {
  readonly from: Challenger;
  /** The header's value; a header of several lines is several of these (RFC 3261 §7.3.1). */
  readonly value: string;
}

/** A header of a request, and what is needed to judge the response to it. */
interface Authorization {
  readonly header: string;
  readonly value: string;
  readonly from: Challenger;
  readonly realm: string;
  /** The nonce had not been used before. */
  readonly fresh: boolean;
}

/** The request as sent: its headers go with its next try. */
export interface AuthorizedRequest {
  readonly method: string;
  /** The Request-URI as written. */
  readonly uri: string;
  /** 1 for the first try. */
  readonly attempt: number;
  readonly sent: readonly Authorization[];
}

/** Why a request is not tried again. */
export type Refusal = 'noCredentials' | 'rejected' | 'tooManyAttempts' | ChallengeProblem;

interface KnownNonce {
  readonly from: Challenger;
  readonly challenge: Challenge;
  readonly credentials: Credentials;
  readonly cnonce: string;
  uses: number;
}

/**
 * Answers Digest challenges (RFC 7616 §3.4, RFC 2617 §3.2.2, RFC 3261 §22). Nonces are kept and counted, so that
 * later requests are let in at once; of several challenges for a realm the strongest known algorithm is answered.
 * One client serves one peer: what it knows goes into every request that it authorizes.
 */
export class DigestClient {
  readonly #credentialsFor: (realm: string) => Credentials | undefined;
  readonly #makeCnonce: () => string;
  readonly #nonces = new Map<string, KnownNonce>();

  /** @param makeCnonce for tests; else 128 random bits */
  constructor(
    credentialsFor: (realm: string) => Credentials | undefined,
    makeCnonce = (): string => randomBytes(16).toString('hex'),
  ) {
    this.#credentialsFor = credentialsFor;
    this.#makeCnonce = makeCnonce;
  }

  /** The headers of a new request, from the nonces known; none before the first challenge. */
  authorize(method: string, uri: string): AuthorizedRequest {
    return this.#request(method, uri, 1);
  }

  /**
   * Takes the challenges of a 401 or 407.
   * @returns the same request with new headers, to be sent with a new branch and CSeq; or why there is no sense in it
   */
  challenged(
    request: AuthorizedRequest,
    challenges: readonly ReceivedChallenge[],
  ): AuthorizedRequest | Refusal {
    if (request.attempt >= DIGEST_LIMITS.attempts) return 'tooManyAttempts';
    const chosen = chooseChallenges(challenges.slice(0, DIGEST_LIMITS.challenges));
    if (typeof chosen === 'string') return chosen;
    for (const [key, { from, challenge }] of chosen) {
      const credentials = this.#credentialsFor(challenge.realm);
      if (credentials === undefined) return 'noCredentials';
      const before = request.sent.find(sent => sent.from === from && sent.realm === challenge.realm);
      // A nonce from an earlier request may have run out unsaid; a fresh one that fails means a wrong password.
      if (before?.fresh === true && !challenge.stale) {
        this.#nonces.delete(key);
        return 'rejected';
      }
      this.#learn(key, { from, challenge, credentials, cnonce: this.#makeCnonce(), uses: 0 });
    }
    return this.#request(request.method, request.uri, request.attempt + 1);
  }

  #learn(key: string, nonce: KnownNonce): void {
    this.#nonces.delete(key);
    this.#nonces.set(key, nonce);
    const [oldest] = this.#nonces.keys();
    if (this.#nonces.size > DIGEST_LIMITS.realms && oldest !== undefined) this.#nonces.delete(oldest);
  }

  #request(method: string, uri: string, attempt: number): AuthorizedRequest {
    const sent = [...this.#nonces.values()].map(nonce => {
      nonce.uses += 1;
      return writeAuthorization(nonce, method, uri);
    });
    return { method, uri, attempt, sent };
  }
}

/** A proxy and a server may share a realm and yet be two (RFC 3261 §22.3). */
function keyOf(from: Challenger, realm: string): string {
  return `${from} ${realm}`;
}

type Chosen = ReadonlyMap<string, { readonly from: Challenger; readonly challenge: Challenge }>;

/** The strongest challenge of each challenger and realm, or the problem of the first if none can be answered. */
function chooseChallenges(received: readonly ReceivedChallenge[]): Chosen | ChallengeProblem {
  const chosen = new Map<string, { from: Challenger; challenge: Challenge }>();
  let problem: ChallengeProblem | undefined;
  for (const { from, value } of received) {
    const challenge = readChallenge(value);
    if (typeof challenge === 'string') {
      problem ??= challenge;
      continue;
    }
    const key = keyOf(from, challenge.realm);
    const rival = chosen.get(key)?.challenge;
    if (rival === undefined || rankOf(challenge.algorithm) < rankOf(rival.algorithm))
      chosen.set(key, { from, challenge });
  }
  return chosen.size > 0 ? chosen : (problem ?? 'malformed');
}

function writeAuthorization(
  { from, challenge, credentials, cnonce, uses }: KnownNonce,
  method: string,
  uri: string,
): Authorization {
  const { realm, nonce, algorithm, opaque, qopAuth } = challenge;
  const use = qopAuth ? { cnonce, nc: uses.toString(16).padStart(8, '0') } : undefined;
  const response = digestResponse({ ...credentials, algorithm, realm, nonce, method, uri, use });
  const value = writeDigestParams([
    { name: 'username', value: credentials.user, quoted: true },
    { name: 'realm', value: realm, quoted: true },
    { name: 'nonce', value: nonce, quoted: true },
    { name: 'uri', value: uri, quoted: true },
    { name: 'response', value: response, quoted: true },
    { name: 'algorithm', value: algorithm, quoted: false },
    ...(opaque === undefined ? [] : [{ name: 'opaque', value: opaque, quoted: true }]),
    ...(use === undefined
      ? []
      : [
          { name: 'qop', value: 'auth', quoted: false },
          { name: 'nc', value: use.nc, quoted: false },
          { name: 'cnonce', value: use.cnonce, quoted: true },
        ]),
  ]);
  return { header: DIGEST_HEADERS[from].answer, value, from, realm, fresh: uses === 1 };
}
