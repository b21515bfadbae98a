import { Dialog, type DialogState } from '../dialog/dialog.ts';
import { hopsTo } from '../dialog/next_hop.ts';
import type { DigestClient } from '../digest/client.ts';
import type { Headers } from '../message/headers.ts';
import { NO_BODY, type SipRequest, type SipResponse } from '../message/message.ts';
import type { NameAddr } from '../message/name_addr.ts';
import type { Hop, Sending } from '../transport/transport.ts';
import { type AgentParts, namedHeaders } from './agent_parts.ts';
import { Attempt, type AttemptEvents, type Try } from './attempt.ts';
import { SESSION_LIMITS } from './limits.ts';

export interface DialogLinkOptions {
  readonly parts: AgentParts;
  readonly dialog: DialogState;
  /** How the far end is reached where its target names a host. */
  readonly hop: Hop;
  readonly contact: NameAddr;
  readonly digest?: DigestClient | undefined;
  /** Methods of the far end's Allow. */
  readonly allows?: readonly string[];
}

/** What a request inside a dialog says. */
export interface LinkRequest {
  readonly method: string;
  readonly headers?: Headers;
  readonly body?: Buffer;
}

/** Requests with a Contact, which both ends take for the dialog's target (§12.2). */
const TARGET_REFRESHES = new Set(['INVITE', 'UPDATE']);
const CREDENTIALS = ['Authorization', 'Proxy-Authorization'];

/** A dialog with the way to its far end: sends requests in it and the ACKs to its 2xx. */
export class DialogLink {
  readonly parts: AgentParts;
  readonly dialog: Dialog;
  readonly contact: NameAddr;
  readonly hop: Hop;
  readonly #digest: DigestClient | undefined;
  #allows: readonly string[];
  #pending = 0;

  constructor({ parts, dialog, hop, contact, digest, allows = [] }: DialogLinkOptions) {
    this.parts = parts;
    this.dialog = new Dialog(dialog);
    this.contact = contact;
    this.hop = hop;
    this.#digest = digest;
    this.#allows = allows;
  }

  get allows(): readonly string[] {
    return this.#allows;
  }

  /** Takes from a message what the far end says of itself. */
  learn(message: SipRequest | SipResponse): void {
    const methods = message.headers.list('allow');
    if (methods.length > 0) this.#allows = methods;
  }

  /**
   * Sends a request. A timeout, a 408 and a 481 mean that the dialog is no more (§12.2.1.2); what to do about it is the
   * caller's.
   */
  request({ method, headers, body = NO_BODY }: LinkRequest, events: AttemptEvents): Attempt | undefined {
    if (this.#pending >= SESSION_LIMITS.pendingRequests) {
      queueMicrotask(() => events.failed({ cause: 'overload', detail: 'too many requests in a dialog' }));
      return undefined;
    }
    this.#pending += 1;
    const { transactions, clock, serverName } = this.parts;
    const named = namedHeaders(serverName, 'User-Agent', headers);
    const contacts = TARGET_REFRESHES.has(method) ? [this.contact] : [];
    return new Attempt({
      transactions,
      clock,
      hops: hopsTo(this.dialog.nextUri, this.hop),
      nextHopOn: 'unreachable',
      make: () => this.dialog.request(method, { headers: named, contacts, body }),
      digest: this.#digest,
      events: {
        ...events,
        ended: () => {
          this.#pending -= 1;
          events.ended?.();
        },
      },
    });
  }

  /**
   * Sends the ACK to a 2xx, with the credentials of its INVITE (§13.2.2.4).
   * @returns a means to send it again, for each copy of the 2xx
   */
  acknowledge({ request }: Try, headers?: Headers, body = NO_BODY): Acknowledgement {
    const named = namedHeaders(undefined, 'User-Agent', headers);
    for (const name of CREDENTIALS) for (const value of request.headers.all(name)) named.append(name, value);
    const ack = this.dialog.ack(request.cseq.number, { headers: named, body });
    return new Acknowledgement(ack, hopsTo(this.dialog.nextUri, this.hop), this.parts);
  }
}

/** An ACK to a 2xx, which is sent as often as the 2xx comes (§13.2.2.4). */
export class Acknowledgement {
  readonly #ack: SipRequest;
  readonly #parts: AgentParts;
  #hops: readonly Hop[];
  #sending: Sending | undefined;

  constructor(ack: SipRequest, hops: readonly [Hop, ...Hop[]], parts: AgentParts) {
    this.#ack = ack;
    this.#parts = parts;
    this.#hops = hops;
    this.#send();
  }

  get cseq(): number {
    return this.#ack.cseq.number;
  }

  again(): void {
    this.#sending?.resend();
  }

  #send(): void {
    const [hop, ...others] = this.#hops;
    if (hop === undefined) return;
    this.#hops = others;
    this.#sending = this.#parts.transactions.sendAck(this.#ack, hop, { failed: () => this.#send() });
  }
}
