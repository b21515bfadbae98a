import { SdpError } from './sdp.ts';
import type { Dialog, LocalParty } from './sip_dialog.ts';
import {
  headerOf,
  headersOf,
  parameterOf,
  parseCSeq,
  type SipHeader,
  type SipRequest,
  type SipResponse,
} from './sip_message.ts';
import { Retransmission } from './sip_transaction.ts';
import type { Address } from './sip_uri.ts';

export interface RemoteRequestOptions {
  readonly t1Ms: number;
  readonly local: LocalParty;
  readonly allow: string;
  readonly handlers: {
    reoffered(offer: string | undefined): string;
    reanswered(answer: string): void;
    hungUp(): void;
  };
  /** The call's dialog while it lasts. */
  dialog(): Dialog | undefined;
  send(response: SipResponse, address: Address): void;
  /** A re-INVITE's 2xx was never acknowledged (RFC 3261 §14.2). */
  lost(): void;
}

const MAX_REMEMBERED = 64;
const DEFAULT_PORT = 5060;

/** Answers what the far end asks within the call, each request once, however often it comes. */
export class RemoteRequests {
  readonly #options: RemoteRequestOptions;
  /** Responses by transaction, the oldest forgotten first. */
  readonly #answered = new Map<string, SipResponse>();
  /** 2xx to re-INVITEs that wait for their ACK, by sequence number; true when the ACK must bring an answer. */
  readonly #unacknowledged = new Map<
    number,
    { readonly retransmission: Retransmission; readonly offered: boolean }
  >();

  constructor(options: RemoteRequestOptions) {
    this.#options = options;
  }

  close(): void {
    for (const { retransmission } of this.#unacknowledged.values()) retransmission.stop();
    this.#unacknowledged.clear();
  }

  /** A request that belongs to no call of ours. */
  refuseStray(request: SipRequest, from: Address): void {
    if (request.method === 'ACK') return;
    const isProbe = request.method === 'OPTIONS';
    this.#options.send(
      this.#format(request, isProbe ? 200 : 481, isProbe ? 'OK' : 'Call/Transaction Does Not Exist'),
      returnAddress(request, from),
    );
  }

  receive(request: SipRequest, from: Address): void {
    const sequence = parseCSeq(headerOf(request, 'cseq'));
    if (sequence === undefined || sequence.method !== request.method) return;
    if (request.method === 'ACK') {
      this.#acknowledged(sequence.number, request.body);
      return;
    }
    const key = `${parameterOf(headerOf(request, 'via') ?? '', 'branch') ?? ''} ${request.method}`;
    const address = returnAddress(request, from);
    const response =
      this.#answered.get(key) ?? this.#remember(key, this.#answer(request, sequence.number, address));
    this.#options.send(response, address);
  }

  #remember(key: string, response: SipResponse): SipResponse {
    this.#answered.set(key, response);
    if (this.#answered.size > MAX_REMEMBERED) this.#answered.delete(this.#answered.keys().next().value!);
    return response;
  }

  #answer(request: SipRequest, sequence: number, address: Address): SipResponse {
    const dialog = this.#options.dialog();
    const fromTag = parameterOf(headerOf(request, 'from') ?? '', 'tag');
    if (dialog === undefined || fromTag !== dialog.remoteTag) {
      return this.#format(request, 481, 'Call/Transaction Does Not Exist');
    }
    if (!dialog.takesSequence(sequence)) return this.#format(request, 500, 'Server Internal Error');
    switch (request.method) {
      case 'BYE':
        // After the answer is on its way.
        setImmediate(() => this.#options.handlers.hungUp());
        return this.#format(request, 200, 'OK');
      case 'INVITE':
      case 'UPDATE':
        return this.#reoffer(request, sequence, dialog, address);
      case 'OPTIONS':
      case 'INFO':
      case 'NOTIFY':
        return this.#format(request, 200, 'OK');
      case 'REFER':
        return this.#format(request, 603, 'Decline');
      default:
        return this.#format(request, 501, 'Not Implemented');
    }
  }

  #reoffer(request: SipRequest, sequence: number, dialog: Dialog, address: Address): SipResponse {
    const isInvite = request.method === 'INVITE';
    const offer = request.body === '' ? undefined : request.body;
    dialog.refreshTarget(headerOf(request, 'contact'));
    if (!isInvite && offer === undefined) return this.#format(request, 200, 'OK');
    try {
      const body = this.#options.handlers.reoffered(offer);
      const response = this.#format(request, 200, 'OK', body);
      if (isInvite) this.#untilAcknowledged(response, sequence, address, offer === undefined);
      return response;
    } catch (error) {
      if (error instanceof SdpError) return this.#format(request, 488, 'Not Acceptable Here');
      throw error;
    }
  }

  #untilAcknowledged(response: SipResponse, sequence: number, address: Address, offered: boolean): void {
    let first = true;
    const retransmission = new Retransmission({
      t1Ms: this.#options.t1Ms,
      capped: true,
      send: () => {
        // The first copy goes out as the request's answer.
        if (!first) this.#options.send(response, address);
        first = false;
      },
      gaveUp: () => this.#options.lost(),
    });
    this.#unacknowledged.set(sequence, { retransmission, offered });
  }

  #acknowledged(sequence: number, body: string): void {
    const waiting = this.#unacknowledged.get(sequence);
    if (waiting === undefined) return;
    this.#unacknowledged.delete(sequence);
    waiting.retransmission.stop();
    if (waiting.offered && body !== '') this.#options.handlers.reanswered(body);
  }

  #format(request: SipRequest, status: number, reason: string, body = ''): SipResponse {
    const { local, allow } = this.#options;
    const same = (name: string, label: string): SipHeader[] =>
      headersOf(request, name).map(value => ({ name: label, value }));
    const headers = [
      ...same('via', 'Via'),
      ...same('record-route', 'Record-Route'),
      ...same('from', 'From'),
      ...same('to', 'To'),
      ...same('call-id', 'Call-ID'),
      ...same('cseq', 'CSeq'),
      { name: 'Contact', value: local.contact },
      { name: 'User-Agent', value: local.userAgent },
      { name: 'Allow', value: allow },
      { name: 'Accept', value: 'application/sdp' },
    ];
    if (body !== '') headers.push({ name: 'Content-Type', value: 'application/sdp' });
    return { type: 'response', status, reason, headers, body };
  }
}

/** Where a response goes (RFC 3261 §18.2.2, RFC 3581). */
function returnAddress(request: SipRequest, from: Address): Address {
  const via = headerOf(request, 'via') ?? '';
  if (parameterOf(via, 'rport') !== undefined) return from;
  const port = /^\S+\s+(?:\[[^\]]*\]|[^:;\s]+)(?::(\d{1,5}))?/.exec(via)?.[1];
  const number = Number(port ?? DEFAULT_PORT);
  return { host: from.host, port: number >= 1 && number <= 65535 ? number : from.port };
}
