import { type KeyObject, sign } from 'node:crypto';
import { z } from 'zod';
import type { Tried } from '../agent/tools/tool_try.ts';
import { LIMITS } from '../config/limits.ts';
import { type Ask, beforehand, type Exchange, read, statusOf } from './exchange.ts';

/** RFC 6749 §5.1; `instance_url` is Salesforce's, who tell no `expires_in`. */
const answer = z.object({
  access_token: z
    .string()
    .min(1)
    .max(8192)
    .regex(/^[\x21-\x7e]+$/),
  expires_in: z.number().positive().optional(),
  instance_url: z.url().max(500).optional(),
});

export interface AccessToken {
  readonly token: string;
  readonly instanceUrl: string | undefined;
  readonly goodUntilMs: number;
}

/** The token of one account: fetched when it is needed, and anew once it is refused. */
export class AccessTokens {
  readonly #askFor: (nowMs: number) => Ask;
  #token: AccessToken | undefined;

  /** `askFor` is the request for a token. */
  constructor(askFor: (nowMs: number) => Ask) {
    this.#askFor = askFor;
  }

  /** Asks with a token; where that is refused (401), once more with a new one. */
  async ask(exchange: Exchange, askWith: (token: AccessToken) => Ask): Promise<Tried> {
    const first = await this.#fetched(exchange);
    if ('tried' in first) return first.tried;
    const tried = await exchange.ask(askWith(first));
    if (statusOf(tried) !== 401) return tried;
    if (this.#token === first) this.#token = undefined;
    const second = await this.#fetched(exchange);
    return 'tried' in second ? second.tried : exchange.ask(askWith(second));
  }

  async #fetched(exchange: Exchange): Promise<AccessToken | { readonly tried: Tried }> {
    const nowMs = Date.now();
    if (this.#token !== undefined && nowMs < this.#token.goodUntilMs) return this.#token;
    const found = read(await exchange.ask(this.#askFor(nowMs)), answer);
    // RFC 6749 §5.2: a grant that is none is a 400 or 401.
    if ('tried' in found) return { tried: beforehand(found.tried) };
    const { access_token: token, expires_in: lives, instance_url: instanceUrl } = found.data;
    const livesMs = lives === undefined ? LIMITS.tokenUntoldMs : lives * 1000 - LIMITS.tokenSpareMs;
    this.#token = { token, instanceUrl, goodUntilMs: nowMs + livesMs };
    return this.#token;
  }
}

/** A JSON Web Token (RFC 7519), signed by RS256. */
export function signedToken(claims: object, key: KeyObject, keyId?: string): string {
  const header = { alg: 'RS256', typ: 'JWT', ...(keyId !== undefined && { kid: keyId }) };
  const signed = `${encode(header)}.${encode(claims)}`;
  return `${signed}.${sign('sha256', Buffer.from(signed), key).toString('base64url')}`;
}

/** RFC 7523 §2.1. */
export function assertionForm(assertion: string): URLSearchParams {
  return new URLSearchParams({ grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion });
}

function encode(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url');
}
