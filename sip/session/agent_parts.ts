import type { Clock } from '../clock.ts';
import { Headers } from '../message/headers.ts';
import type { SipRequest } from '../message/message.ts';
import type { NameAddr } from '../message/name_addr.ts';
import { type Capabilities, type Refusal, screenRequest } from '../message/screen.ts';
import type { TransactionLayer } from '../transaction/transaction_layer.ts';
import type { Path, SessionTimerOptions } from './handler.ts';
import { SDP_TYPE } from './offer_answer.ts';
import type { SessionTable } from './session_table.ts';

/** What the sessions of one user agent share. */
export interface AgentParts {
  readonly transactions: TransactionLayer;
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  readonly sessionTimer: SessionTimerOptions;
  readonly table: SessionTable;
  readonly serverName: string | undefined;
  readonly contactOf: (path: Path) => { readonly host: string; readonly port?: number };
}

const METHODS = ['INVITE', 'ACK', 'CANCEL', 'BYE', 'OPTIONS', 'PRACK', 'UPDATE', 'INFO'];
/** Others that are taken inside a call, by whoever uses it. */
const TAKEN = ['NOTIFY'];
const EXTENSIONS = ['100rel', 'timer'];
const CONTENT_TYPES = [SDP_TYPE, 'multipart/mixed', 'multipart/alternative', 'multipart/related'];

const ABLE: Capabilities = {
  methods: METHODS,
  schemes: ['sip', 'sips', 'tel'],
  extensions: EXTENSIONS,
  contentTypes: CONTENT_TYPES,
};

/** Whether the user agent itself knows what to do with a method. */
export function isOwnMethod(method: string): boolean {
  return METHODS.includes(method);
}

/** What is wrong with a request before anything is done about it (§8.2); other methods are the user's to judge. */
export function refusalOf(request: SipRequest): Refusal | undefined {
  // What an INFO carries is judged by who hears it (RFC 6086 §4.2.2).
  const body = request.method === 'INFO' ? Buffer.alloc(0) : request.body;
  return isOwnMethod(request.method) ? screenRequest({ ...request, body }, ABLE) : undefined;
}

/** Allow, Accept and Supported: of OPTIONS (§11.2), INVITE and the responses to it. */
export function sayAbilities(headers: Headers): Headers {
  return headers
    .set('Allow', [...METHODS, ...TAKEN].join(', '))
    .set('Accept', SDP_TYPE)
    .set('Supported', EXTENSIONS.join(', '));
}

/** Header fields of the user, and the name of this end. */
export function namedHeaders(
  serverName: string | undefined,
  field: 'Server' | 'User-Agent',
  given?: Headers,
): Headers {
  const headers = given?.copy() ?? new Headers();
  if (serverName !== undefined) headers.set(field, serverName);
  return headers;
}

/** Contact of this end on a path; who sends by a stream is called back by one. */
export function contactOn(path: Path, parts: AgentParts, user: string | undefined): NameAddr {
  const { host, port } = parts.contactOf(path);
  const params = path.protocol === 'UDP' ? [] : [{ name: 'transport', value: path.protocol.toLowerCase() }];
  return { uri: { kind: 'sip', scheme: 'sip', user, host, port, params, headers: [] }, params: [] };
}
