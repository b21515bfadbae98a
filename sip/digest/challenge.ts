import { algorithmNamed, type DigestAlgorithm } from './algorithm.ts';
import { readDigestParams, writeDigestParams } from './auth_params.ts';

/** A WWW-Authenticate or Proxy-Authenticate value that can be answered (RFC 7616 §3.3, RFC 3261 §22.4). */
export interface Challenge {
  readonly realm: string;
  readonly nonce: string;
  readonly algorithm: DigestAlgorithm;
  /** False: the challenger is of RFC 2069 and gets an answer without nonce count. */
  readonly qopAuth: boolean;
  /** The nonce of the answer before was too old, the rest of it right. */
  readonly stale: boolean;
  readonly opaque: string | undefined;
}

/** Why a challenge can't be answered. */
export type ChallengeProblem = 'malformed' | 'unknownAlgorithm' | 'unknownQop';

/** Reads one header value; userhash and charset ask for nothing that must be done (RFC 7616 §3.3). */
export function readChallenge(value: string): Challenge | ChallengeProblem {
  const params = readDigestParams(value);
  const realm = params?.get('realm');
  const nonce = params?.get('nonce');
  if (params === undefined || realm === undefined || nonce === undefined || nonce === '') return 'malformed';
  const algorithm = algorithmNamed(params.get('algorithm'));
  if (algorithm === undefined) return 'unknownAlgorithm';
  const qop = params
    .get('qop')
    ?.toLowerCase()
    .split(/[ \t]*,[ \t]*/);
  if (qop !== undefined && !qop.includes('auth')) return 'unknownQop';
  // Without qop there is no cnonce, which these need.
  if (qop === undefined && algorithm.endsWith('-sess')) return 'unknownQop';
  return {
    realm,
    nonce,
    algorithm,
    qopAuth: qop !== undefined,
    stale: params.get('stale')?.toLowerCase() === 'true',
    opaque: params.get('opaque'),
  };
}

/** The header value of a challenge with qop=auth. */
export function writeChallenge({
  realm,
  nonce,
  algorithm,
  stale,
  opaque,
}: Omit<Challenge, 'qopAuth'>): string {
  return writeDigestParams([
    { name: 'realm', value: realm, quoted: true },
    { name: 'nonce', value: nonce, quoted: true },
    ...(opaque === undefined ? [] : [{ name: 'opaque', value: opaque, quoted: true }]),
    ...(stale ? [{ name: 'stale', value: 'true', quoted: false }] : []),
    { name: 'algorithm', value: algorithm, quoted: false },
    { name: 'qop', value: 'auth', quoted: true },
  ]);
}
