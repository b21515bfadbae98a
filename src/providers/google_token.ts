import { createPrivateKey, type KeyObject, sign } from 'node:crypto';
import { z } from 'zod';
import { TrunklineError } from '../config/errors.ts';
import { LIMITS } from '../config/limits.ts';

const SCOPE = 'https://www.googleapis.com/auth/cloud-platform';

const KEY_FILE = z.object({
  type: z.literal('service_account'),
  project_id: z.string().min(1),
  private_key_id: z.string().min(1),
  private_key: z.string().min(1),
  client_email: z.string().min(1),
});

/**
 * Tokens of a Google service account, signed here with its key (https://google.aip.dev/auth/4111): Google Cloud takes them as
 * they are, so there is no token to be fetched, to wait for, or to be refused.
 */
export class GoogleToken {
  readonly projectId: string;
  readonly #file: z.infer<typeof KEY_FILE>;
  readonly #key: KeyObject;
  #token = '';
  #madeAtMs = Number.NEGATIVE_INFINITY;

  /** `keyFile` is the text of a service account's key file. Throws CONFIG_INVALID. */
  constructor(keyFile: string) {
    try {
      this.#file = KEY_FILE.parse(JSON.parse(keyFile));
      this.#key = createPrivateKey(this.#file.private_key);
    } catch {
      // What is wrong with it may name what is in it.
      throw new TrunklineError('CONFIG_INVALID', 'that is no key file of a Google service account');
    }
    this.projectId = this.#file.project_id;
  }

  /** Good for some minutes at least; `nowMs` is the time of day. */
  at(nowMs: number): string {
    if (nowMs - this.#madeAtMs > LIMITS.googleTokenMs || nowMs < this.#madeAtMs) {
      this.#token = this.#make(Math.floor(nowMs / 1000));
      this.#madeAtMs = nowMs;
    }
    return this.#token;
  }

  /** A JSON Web Token (RFC 7519) by RS256, good for an hour, which is as long as Google lets one be. */
  #make(nowS: number): string {
    const { client_email: account, private_key_id: kid } = this.#file;
    const claims = { iss: account, sub: account, scope: SCOPE, iat: nowS, exp: nowS + 3600 };
    const signed = `${encode({ alg: 'RS256', typ: 'JWT', kid })}.${encode(claims)}`;
    return `${signed}.${sign('sha256', Buffer.from(signed), this.#key).toString('base64url')}`;
  }
}

export type GoogleAccess =
  | { readonly type: 'serviceAccount'; readonly keyFile: string }
  | { readonly type: 'apiKey'; readonly apiKey: string };

/** How somebody comes in at Google Cloud: by an API key, or as a service account. */
export class GoogleCredentials {
  readonly #access: GoogleAccess;
  readonly #token: GoogleToken | undefined;

  /** @throws TrunklineError CONFIG_INVALID */
  constructor(access: GoogleAccess) {
    this.#access = access;
    this.#token = access.type === 'serviceAccount' ? new GoogleToken(access.keyFile) : undefined;
  }

  /** The account's own. */
  get projectId(): string | undefined {
    return this.#token?.projectId;
  }

  /** For a request that is made now. */
  headers(): Record<string, string> {
    const access = this.#access;
    if (access.type === 'apiKey') return { 'x-goog-api-key': access.apiKey };
    return { authorization: `Bearer ${this.#token?.at(Date.now())}` };
  }
}

function encode(part: unknown): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url');
}
