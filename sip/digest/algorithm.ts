import { createHash } from 'node:crypto';

interface AlgorithmRow {
  readonly hash: 'md5' | 'sha256' | 'sha512-256';
  /** The secret half is hashed once more with nonce and cnonce (RFC 7616 §3.4.2). */
  readonly session: boolean;
}

/** Digest algorithms, the strongest first (RFC 7616 §3.3, RFC 8760 §2.1). */
const ALGORITHMS = {
  'SHA-512-256-sess': { hash: 'sha512-256', session: true },
  'SHA-512-256': { hash: 'sha512-256', session: false },
  'SHA-256-sess': { hash: 'sha256', session: true },
  'SHA-256': { hash: 'sha256', session: false },
  'MD5-sess': { hash: 'md5', session: true },
  MD5: { hash: 'md5', session: false },
} as const satisfies Record<string, AlgorithmRow>;

export type DigestAlgorithm = keyof typeof ALGORITHMS;

const STRONGEST_FIRST = Object.keys(ALGORITHMS) as DigestAlgorithm[];

/** The algorithm of that name, in any case; none said means MD5 (RFC 7616 §3.3). Undefined for unknown ones. */
export function algorithmNamed(name = 'MD5'): DigestAlgorithm | undefined {
  return STRONGEST_FIRST.find(known => known.toLowerCase() === name.toLowerCase());
}

/** For sorting: a stronger algorithm has a lower rank. */
export function rankOf(algorithm: DigestAlgorithm): number {
  return STRONGEST_FIRST.indexOf(algorithm);
}

export interface Credentials {
  readonly user: string;
  readonly password: string;
}

/** How often a nonce was used, with which other half; absent in answers without qop (RFC 2069). */
export interface NonceUse {
  readonly cnonce: string;
  /** Eight hexadecimal digits. */
  readonly nc: string;
}

export interface DigestInput extends Credentials {
  readonly algorithm: DigestAlgorithm;
  readonly realm: string;
  readonly nonce: string;
  readonly method: string;
  /** The `uri` parameter as it is written. */
  readonly uri: string;
  /** Said with qop=auth; without it the answer is that of RFC 2617 §3.2.2.1, second form. */
  readonly use: NonceUse | undefined;
}

/** The `response` parameter in lower-case hexadecimal (RFC 7616 §3.4.1, RFC 2617 §3.2.2.1); texts count as UTF-8. */
export function digestResponse(input: DigestInput): string {
  const { algorithm, user, realm, password, nonce, method, uri, use } = input;
  const { hash, session } = ALGORITHMS[algorithm];
  const digest = (...parts: readonly string[]): string =>
    createHash(hash).update(parts.join(':'), 'utf8').digest('hex');
  const secret = digest(user, realm, password);
  const key = session ? digest(secret, nonce, use?.cnonce ?? '') : secret;
  const request = digest(method, uri);
  return use === undefined
    ? digest(key, nonce, request)
    : digest(key, nonce, use.nc, use.cnonce, 'auth', request);
}
