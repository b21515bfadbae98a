import { randomBytes } from 'node:crypto';
import { DigestServer } from '../../sip/digest/server.ts';
import { Headers } from '../../sip/message/headers.ts';
import type { SipRequest } from '../../sip/message/message.ts';
import type { Refusal } from '../../sip/message/screen.ts';
import { formatUri } from '../../sip/message/uri.ts';
import { readSecret } from '../config/secrets.ts';
import type { Trunk } from '../config/trunks.ts';
import type { TrunkTable } from '../telephony/trunk_table.ts';

type DispatchRule = Trunk['dispatch'][number];

/** A nonce is good for five minutes, and for the few requests that a phone sends with it. */
const WINDOW_MS = 5 * 60_000;
const USES_PER_NONCE = 16;

/** What callers of a trunk have to prove: by Digest (RFC 3261 §22, RFC 7616), and by PINs that they key in. */
export class TrunkCredentials {
  readonly #servers: ReadonlyMap<string, DigestServer>;
  readonly #pins: ReadonlyMap<DispatchRule, string>;

  private constructor(servers: ReadonlyMap<string, DigestServer>, pins: ReadonlyMap<DispatchRule, string>) {
    this.#servers = servers;
    this.#pins = pins;
  }

  /**
   * Reads the secrets of all trunks.
   * @param folder what their file names are relative to
   * @throws TrunklineError CONFIG_INVALID when one is not there
   */
  static read(table: TrunkTable, folder: string, env: NodeJS.ProcessEnv): TrunkCredentials {
    const key = randomBytes(32);
    const servers = table.flatMap(({ name, inboundDigest }) =>
      inboundDigest === undefined
        ? []
        : [[name, digestServer(inboundDigest, passwordOf(inboundDigest, folder, env), key)] as const],
    );
    const pins = table
      .flatMap(({ dispatch }) => dispatch)
      .flatMap(rule => {
        const { pinEnv: variable, pinFile: file } = rule;
        const hasPin = variable !== undefined || file !== undefined;
        return hasPin ? [[rule, readSecret({ variable, file }, folder, env)] as const] : [];
      });
    return new TrunkCredentials(new Map(servers), new Map(pins));
  }

  /** What is to be keyed in first where this rule holds. */
  pinOf(rule: DispatchRule): string | undefined {
    return this.#pins.get(rule);
  }

  /** What the request is answered with for want of credentials; undefined when it has them, or needs none. */
  ask({ name }: Pick<Trunk, 'name'>, request: SipRequest): Refusal | undefined {
    const server = this.#servers.get(name);
    if (server === undefined) return undefined;
    const { method, uri, headers } = request;
    const authorizations = headers.all('authorization');
    const verdict = server.verify({ method, uri: formatUri(uri), authorizations });
    if (verdict.kind === 'accepted') return undefined;
    if (verdict.kind === 'badRequest') return { status: verdict.status, headers: new Headers() };
    return { status: verdict.status, headers: Headers.of({ [verdict.header]: verdict.values }) };
  }
}

function passwordOf(
  { passwordEnv, passwordFile }: NonNullable<Trunk['inboundDigest']>,
  folder: string,
  env: NodeJS.ProcessEnv,
): string {
  return readSecret({ variable: passwordEnv, file: passwordFile }, folder, env);
}

function digestServer(
  { user, realm, algorithms }: NonNullable<Trunk['inboundDigest']>,
  password: string,
  key: Uint8Array,
): DigestServer {
  return new DigestServer({
    as: 'server',
    realm,
    key,
    algorithms,
    passwordOf: name => (name === user ? password : undefined),
    windowMs: WINDOW_MS,
    usesPerNonce: USES_PER_NONCE,
  });
}
