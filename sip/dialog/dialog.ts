import { newRequest, type RequestParts } from '../message/build.ts';
import type { SipHead, SipRequest, SipResponse } from '../message/message.ts';
import { type NameAddr, tagOf, withTag } from '../message/name_addr.ts';
import type { Uri } from '../message/uri.ts';
import { isLooseRoute } from '../message/uri_compare.ts';

/** A dialog as RFC 3261 §12 counts its parts; plain data. */
export interface DialogState {
  readonly callId: string;
  /** From (of requests sent here) and To, each with its tag; an RFC 2543 peer has none. */
  readonly local: NameAddr;
  readonly remote: NameAddr;
  /** Number of the last request sent. */
  readonly localCSeq: number;
  /** Number of the last request received; undefined before the first. */
  readonly remoteCSeq: number | undefined;
  /** As requests sent here pass it: the nearest first. */
  readonly routeSet: readonly NameAddr[];
  /** The far end's Contact. */
  readonly remoteTarget: Uri;
  /** Whether this end made the Call-ID; it decides who waits longer after glare (§14.1). */
  readonly ownsCallId: boolean;
}

/** Parts of a request that are not the dialog's. */
export type DialogRequestParts = Pick<RequestParts, 'contacts' | 'headers' | 'body'>;

/** Under which a dialog is found: Call-ID and both tags (§12). */
function dialogKey(callId: string, localTag: string, remoteTag: string | undefined): string {
  return `${callId} ${localTag} ${remoteTag ?? ''}`;
}

/** Key of the dialog that a request from the far end belongs to (§12.2.2). */
export function keyOfRequest({ callId, from, to }: SipRequest): string {
  return dialogKey(callId, tagOf(to) ?? '', tagOf(from));
}

/** Key of the dialog that a response to a request of this end belongs to (§12.1.2). */
export function keyOfResponse({ callId, from, to }: SipResponse): string {
  return dialogKey(callId, tagOf(from) ?? '', tagOf(to));
}

/** The first address of a Contact that requests can be sent to; `undefined` without one. */
export function contactUri({ contacts }: Pick<SipHead, 'contacts'>): Uri | undefined {
  return contacts === '*' ? undefined : contacts[0]?.uri;
}

/** The dialog that an INVITE makes at its receiver (§12.1.1). */
export function dialogOfInvite(invite: SipRequest, remoteTarget: Uri, localTag: string): DialogState {
  return {
    callId: invite.callId,
    local: withTag(invite.to, localTag),
    remote: invite.from,
    localCSeq: 0,
    remoteCSeq: invite.cseq.number,
    routeSet: invite.recordRoutes,
    remoteTarget,
    ownsCallId: false,
  };
}

/**
 * The dialog that a response makes at the sender of the INVITE (§12.1.2). Without a Contact, which a 1xx of careless
 * peers lacks, requests go where the INVITE went.
 */
export function dialogOfResponse(invite: SipRequest, response: SipResponse): DialogState {
  return {
    callId: invite.callId,
    local: invite.from,
    remote: response.to,
    localCSeq: invite.cseq.number,
    remoteCSeq: undefined,
    routeSet: response.recordRoutes.toReversed(),
    remoteTarget: contactUri(response) ?? invite.uri,
    ownsCallId: true,
  };
}

/** Further requests of this end may have left since a snapshot was taken. */
const CSEQ_GAP = 100;

/** A dialog from its snapshot: numbers may skip (§12.2.2), but must not come twice. */
export function continued(state: DialogState): DialogState {
  return { ...state, localCSeq: state.localCSeq + CSEQ_GAP };
}

/** A dialog as it goes on: makes its requests, counts those that come. */
export class Dialog {
  #state: DialogState;

  constructor(state: DialogState) {
    this.#state = state;
  }

  get state(): DialogState {
    return this.#state;
  }

  get localTag(): string {
    return tagOf(this.#state.local) ?? '';
  }

  get remoteTag(): string | undefined {
    return tagOf(this.#state.remote);
  }

  get key(): string {
    return dialogKey(this.#state.callId, this.localTag, this.remoteTag);
  }

  /** URI of the element that requests are sent to next: the nearest route, or the far end itself (§12.2.1.1). */
  get nextUri(): Uri {
    const { routeSet, remoteTarget } = this.#state;
    return routeSet[0]?.uri ?? remoteTarget;
  }

  /** A request of the next number (§12.2.1.1). */
  request(method: string, parts: DialogRequestParts = {}): SipRequest {
    this.#state = { ...this.#state, localCSeq: this.#state.localCSeq + 1 };
    return this.#make(method, this.#state.localCSeq, parts);
  }

  /** The ACK to a 2xx: of the INVITE's number (§13.2.2.4). */
  ack(cseq: number, parts: DialogRequestParts = {}): SipRequest {
    return this.#make('ACK', cseq, parts);
  }

  /** Counts a request of the far end; false for one out of order, which must get a 500 (§12.2.2). */
  receive({ cseq }: SipRequest): boolean {
    const { remoteCSeq } = this.#state;
    if (remoteCSeq !== undefined && cseq.number <= remoteCSeq) return false;
    this.#state = { ...this.#state, remoteCSeq: cseq.number };
    return true;
  }

  /** Target refresh (§12.2.1.2, §12.2.2): of re-INVITE and UPDATE, both ways. */
  retarget(message: SipRequest | SipResponse): void {
    const remoteTarget = contactUri(message);
    if (remoteTarget !== undefined) this.#state = { ...this.#state, remoteTarget };
  }

  /** The 2xx to the INVITE that made the dialog: its route set counts, not that of a 1xx (§13.2.2.4). */
  confirm(response: SipResponse): void {
    this.#state = { ...this.#state, remote: response.to, routeSet: response.recordRoutes.toReversed() };
    this.retarget(response);
  }

  #make(method: string, cseq: number, parts: DialogRequestParts): SipRequest {
    const { callId, local, remote } = this.#state;
    return newRequest({ ...parts, ...this.#route(), method, from: local, to: remote, callId, cseq });
  }

  /** Request-URI and Route (§12.2.1.1): a strict router takes the place of the target, which goes last. */
  #route(): { uri: Uri; routes: readonly NameAddr[] } {
    const { routeSet, remoteTarget } = this.#state;
    const [first, ...others] = routeSet;
    if (first === undefined || isLooseRoute(first.uri))
      return { uri: plainUri(remoteTarget), routes: routeSet };
    return { uri: plainUri(first.uri), routes: [...others, { uri: remoteTarget, params: [] }] };
  }
}

/** Without what no Request-URI may have: header fields and `method` (§19.1.1). */
function plainUri(uri: Uri): Uri {
  if (uri.kind !== 'sip') return uri;
  return { ...uri, headers: [], params: uri.params.filter(({ name }) => name.toLowerCase() !== 'method') };
}
