import {
  headerOf,
  headersOf,
  parameterOf,
  type SipHeader,
  type SipRequest,
  type SipResponse,
  uriOf,
} from './sip_message.ts';
import { parseSipUri } from './sip_uri.ts';

/** What identifies us in every request of a call. */
export interface LocalParty {
  readonly callId: string;
  /** From, with its tag. */
  readonly from: string;
  readonly contact: string;
  readonly userAgent: string;
}

/** A dialog from the caller's side (RFC 3261 §12): where its requests go and what they carry. */
export class Dialog {
  readonly remoteTag: string | undefined;
  readonly #local: LocalParty;
  readonly #to: string;
  readonly #routes: readonly string[];
  #target: string;
  #sequence: number;
  #remoteSequence = -1;

  /** From the 2xx that answered an INVITE with the sequence number `sequence`. */
  constructor(local: LocalParty, response: SipResponse, requestUri: string, sequence: number) {
    this.#local = local;
    this.#to = headerOf(response, 'to') ?? '';
    this.remoteTag = parameterOf(this.#to, 'tag');
    this.#routes = headersOf(response, 'record-route').toReversed();
    this.#target = uriOf(headerOf(response, 'contact') ?? '') ?? requestUri;
    this.#sequence = sequence;
  }

  /** The URI whose host the dialog's requests are sent to. */
  get nextHop(): string {
    return uriOf(this.#routes[0] ?? '') ?? this.#target;
  }

  /** A request of ours; ACK takes the number of the INVITE that it answers. */
  request(method: string, via: string, extra: readonly SipHeader[] = [], body = ''): SipRequest {
    if (method !== 'ACK') this.#sequence += 1;
    const { uri, routes } = this.#path();
    return {
      type: 'request',
      method,
      uri,
      headers: [
        { name: 'Via', value: via },
        ...routes.map(value => ({ name: 'Route', value })),
        { name: 'Max-Forwards', value: '70' },
        { name: 'From', value: this.#local.from },
        { name: 'To', value: this.#to },
        { name: 'Call-ID', value: this.#local.callId },
        { name: 'CSeq', value: `${this.#sequence} ${method}` },
        { name: 'Contact', value: this.#local.contact },
        { name: 'User-Agent', value: this.#local.userAgent },
        ...extra,
      ],
      body,
    };
  }

  /** False for a request that is older than the last one (§12.2.2). */
  takesSequence(number: number): boolean {
    if (number <= this.#remoteSequence) return false;
    this.#remoteSequence = number;
    return true;
  }

  /** Target refresh by re-INVITE or UPDATE. */
  refreshTarget(contact: string | undefined): void {
    this.#target = uriOf(contact ?? '') ?? this.#target;
  }

  /** Loose routing, or strict routing where the first proxy wants it (§12.2.1.1). */
  #path(): { uri: string; routes: readonly string[] } {
    const first = this.#routes[0];
    if (first === undefined || isLoose(first)) return { uri: this.#target, routes: this.#routes };
    return { uri: uriOf(first) ?? this.#target, routes: [...this.#routes.slice(1), `<${this.#target}>`] };
  }
}

function isLoose(route: string): boolean {
  try {
    return parseSipUri(uriOf(route) ?? '').looseRouting;
  } catch {
    return true;
  }
}
