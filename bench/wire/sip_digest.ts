import { createHash, randomBytes } from 'node:crypto';

export interface Credentials {
  readonly user: string;
  readonly password: string;
}

export interface DigestRequest {
  readonly method: string;
  readonly uri: string;
  /** For tests; else random. */
  readonly cnonce?: string;
}

/**
 * The Authorization value that answers a Digest challenge (RFC 8760, RFC 7616): MD5 or SHA-256, with qop=auth or
 * without. Undefined when the challenge asks for something else.
 */
export function answerChallenge(
  challenge: string,
  { user, password }: Credentials,
  { method, uri, cnonce = randomBytes(8).toString('hex') }: DigestRequest,
): string | undefined {
  if (!/^digest\s/i.test(challenge)) return undefined;
  const fields = parseFields(challenge.slice(7));
  const algorithm = fields.get('algorithm') ?? 'MD5';
  const hashName = { md5: 'md5', 'sha-256': 'sha256' }[algorithm.toLowerCase()];
  const { realm, nonce } = { realm: fields.get('realm'), nonce: fields.get('nonce') };
  const offered = fields.get('qop');
  const withQop = offered !== undefined;
  if (hashName === undefined || realm === undefined || nonce === undefined) return undefined;
  if (withQop && !/(^|[\s,])auth([\s,]|$)/.test(offered)) return undefined;
  const hash = (text: string): string => createHash(hashName).update(text).digest('hex');
  const count = '00000001';
  const secret = hash(`${user}:${realm}:${password}`);
  const request = hash(`${method}:${uri}`);
  const response = hash(
    withQop ? `${secret}:${nonce}:${count}:${cnonce}:auth:${request}` : `${secret}:${nonce}:${request}`,
  );
  const answer = [
    `username=${quote(user)}`,
    `realm=${quote(realm)}`,
    `nonce=${quote(nonce)}`,
    `uri=${quote(uri)}`,
    `response="${response}"`,
    `algorithm=${algorithm}`,
  ];
  const opaque = fields.get('opaque');
  if (opaque !== undefined) answer.push(`opaque=${quote(opaque)}`);
  if (withQop) answer.push('qop=auth', `nc=${count}`, `cnonce="${cnonce}"`);
  return `Digest ${answer.join(', ')}`;
}

function parseFields(text: string): Map<string, string> {
  const fields = new Map<string, string>();
  for (const [, name, quoted, bare] of text.matchAll(
    /([a-z-]+)\s*=\s*(?:"((?:\\.|[^"\\])*)"|([^\s,"]+))/gi,
  )) {
    fields.set(name!.toLowerCase(), quoted?.replace(/\\(.)/g, '$1') ?? bare ?? '');
  }
  return fields;
}

function quote(text: string): string {
  return `"${text.replace(/[\\"]/g, '\\$&')}"`;
}
