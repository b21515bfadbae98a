import type { DialogState } from '../dialog/dialog.ts';
import type { DigestClient } from '../digest/client.ts';
import type { Headers } from '../message/headers.ts';
import type { SipRequest, SipResponse } from '../message/message.ts';
import type { NameAddr } from '../message/name_addr.ts';
import type { Uri } from '../message/uri.ts';
import type { Capabilities, LocalMedia } from '../sdp/capabilities.ts';
import type { Direction } from '../sdp/description.ts';
import type { SdpRejection } from '../sdp/rejection.ts';
import type { AudioStream, SdpSession } from '../sdp/session.ts';
import type { ServerTransaction } from '../transaction/server_transaction.ts';
import type { Flow, Hop } from '../transport/transport.ts';
import type { Reason } from './reason.ts';

/** What this end can do with audio, and where it hears. */
export interface SessionMedia {
  readonly capabilities: Capabilities;
  readonly local: LocalMedia;
}

/** Who the far end says it is and means; nothing here is proven (RFC 3261 §8.1.1, RFC 3325 §9). */
export interface Identity {
  readonly from: NameAddr;
  readonly to: NameAddr;
  /** P-Asserted-Identity: only to be believed from a peer inside the trust domain. */
  readonly asserted: readonly NameAddr[];
  /** Values of Privacy (RFC 3323 §4.2, RFC 3325 §9.3), in lower case: `id`, `user`, `none`, … */
  readonly privacy: readonly string[];
}

/** How a session ended. */
export interface Ending {
  /** `timeout`: nobody answered, acknowledged or refreshed; `error`: what the far end said made no session. */
  readonly by: 'remote' | 'local' | 'timeout' | 'error';
  /** The final response, where one ended it. */
  readonly status?: number;
  /** Reason header fields of the BYE, CANCEL or final response (RFC 3326). */
  readonly reasons: readonly Reason[];
  /** That response, for what else it says: Retry-After, Contact of a redirection, Warning. */
  readonly response?: SipResponse;
}

/** Answer to a request inside the dialog. */
export interface RequestAnswer {
  readonly status: number;
  readonly headers?: Headers;
}

/**
 * What the user of a session hears, in calls from the transport or the clock, or from inside the call that caused it
 * (`hangUp` → `ended`). Nothing comes after `ended`.
 */
export interface SessionEvents {
  /** Outbound: a 100 came, so that somebody is there. */
  trying?(): void;
  /** Outbound: a provisional response other than 100; `stream` where it described early media. */
  progress?(status: number, stream: AudioStream | undefined, response: SipResponse): void;
  /** Outbound: a 2xx came and its ACK has left. Inbound: the ACK to ours came. */
  confirmed?(stream: AudioStream): void;
  /**
   * Another agreement than before: hold and resume of either side, another address, codec or payload type. An offer of
   * this end is always told of, even when all is the same.
   */
  changed?(stream: AudioStream): void;
  /** `hold`, `resume` or `reoffer` was refused for good; all stays as it was. `status` 408 when nobody answered. */
  changeRefused?(status: number): void;
  /** Whether a re-INVITE or UPDATE with an offer may be answered; with 488 otherwise. Taken when nobody listens. */
  allowOffer?(request: SipRequest): boolean;
  /** An INFO (RFC 6086, or of before it: RFC 2976); 415 when nobody listens. */
  info?(request: SipRequest): RequestAnswer;
  /**
   * Another method inside the dialog (REFER, NOTIFY, MESSAGE): takes it and answers it now or later, or returns false;
   * then, and when nobody listens, it gets a 405.
   */
  request?(server: ServerTransaction): boolean;
  /** `snapshot` has something new to say. */
  dialogChanged?(): void;
  ended?(ending: Ending): void;
}

/** What goes with a hang-up. */
export interface Parting {
  /** Reason header (RFC 3326) of the BYE, CANCEL or rejection. */
  readonly reason?: Reason;
  readonly headers?: Headers;
}

export interface RequestContent {
  readonly headers?: Headers;
  readonly contentType?: string;
  readonly body?: Buffer;
  /** No answer in time, which otherwise means that the far end is no more (RFC 3261 §12.2.1.2), ends nothing (RFC 5057 §5). */
  readonly outlivesSilence?: boolean;
}

/** A call with one far end, from its INVITE to its end (RFC 3261 §13 to §15); either side may have placed it. */
export interface Session {
  readonly direction: 'inbound' | 'outbound';
  readonly callId: string;
  readonly localTag: string;
  /** Undefined for an outbound call that nobody has answered with a tag. */
  readonly remoteTag: string | undefined;
  readonly state: 'early' | 'confirmed' | 'ended';
  readonly identity: Identity;
  /** As last agreed. */
  readonly stream: AudioStream | undefined;
  /** Who hears of it; the last one named. */
  listen(events: SessionEvents): void;
  /**
   * Ends the session in the way that its state asks for: CANCEL, rejection with 480, or BYE; one whose 2xx has no ACK yet
   * gets its BYE when that came or is overdue (§15). `ended` is heard before this returns. Does nothing once ended.
   */
  hangUp(parting?: Parting): void;
  /**
   * Offers to only send, which makes `sendonly`, or `inactive` when the far end holds too: by re-INVITE; by UPDATE while
   * it rings, where the far end takes that, else as soon as the call is confirmed.
   */
  hold(): void;
  resume(): void;
  /**
   * Offers anew, also when nothing has changed; `changed` or `changeRefused` tells how it went. Does nothing while there
   * is no dialog.
   */
  reoffer(media?: Partial<SessionMedia>): void;
  /** Sends an INFO; `answered` hears the status of its final response, 408 when there is none. */
  info(contentType: string, body: Buffer, answered?: (status: number) => void): void;
  /** Sends any other request inside the dialog; not for ACK, BYE, CANCEL, INVITE, PRACK and UPDATE. */
  request(
    method: string,
    content: RequestContent,
    answered?: (response: SipResponse | undefined) => void,
  ): void;
  /** Undefined before the 2xx and after the end. */
  snapshot(): SessionSnapshot | undefined;
}

export interface ProgressOptions {
  /** Carries our answer (early media), or our offer where the INVITE had none and the response is reliable. */
  readonly withMedia?: boolean;
  /** By default where the caller requires it, and with media where it supports it (RFC 3262 §3). */
  readonly reliable?: boolean;
  readonly headers?: Headers;
}

/** A call that somebody placed to this end. It must be answered sooner or later. */
export interface InboundSession extends Session {
  readonly direction: 'inbound';
  readonly invite: SipRequest;
  readonly flow: Flow;
  readonly hasOffer: boolean;
  /**
   * Answers the caller's offer; the answer leaves with the next response that may carry it. Once, before `accept` and
   * before progress with media.
   * @returns undefined where the caller made no offer: ours leaves instead, and `confirmed` has what came of it
   * @throws SdpRejection for an offer that makes no call, to be handed to `rejectWith`
   */
  negotiate(media: SessionMedia): AudioStream | undefined;
  /** Sends 180, 181, 182 or 183, and repeats it every minute (§13.3.1.1). */
  progress(status: number, options?: ProgressOptions): void;
  /** Sends 200, as soon as no reliable progress with media waits for its PRACK, and repeats it until its ACK. */
  accept(options?: { readonly headers?: Headers }): void;
  /** Sends a final response of 300 to 699, and the session has ended; one that was accepted is hung up instead. */
  reject(status: number, options?: { readonly headers?: Headers; readonly reason?: string }): void;
  /** The response that fits: 488, 415 or 400 with Warning (§20.43). */
  rejectWith(rejection: SdpRejection): void;
  /** Sends 302 with these places to try instead. */
  redirect(contacts: readonly NameAddr[]): void;
  /** What `restoreRinging` needs; undefined once the call was accepted or has ended, and while a PRACK is waited for. */
  ringingSnapshot(): RingingSnapshot | undefined;
}

/** A call to place. */
export interface InviteOptions {
  /** Request-URI. */
  readonly target: Uri;
  /** Without a tag. */
  readonly from: NameAddr;
  /** The target when left out. */
  readonly to?: NameAddr;
  /** Where to send it, in order: the next one is tried on 503, silence, or when it cannot be reached (RFC 3263 §4.3). */
  readonly hops: readonly [Hop, ...Hop[]];
  /** Preloaded route set: outbound proxy, Service-Route. */
  readonly routes?: readonly NameAddr[];
  readonly headers?: Headers;
  readonly media: SessionMedia;
  /** Leaves the offer to the callee (delayed offer); ours goes in the INVITE otherwise. */
  readonly lateOffer?: boolean;
  /** Whether progress is to be reliable (RFC 3262); `supported` when left out. */
  readonly reliableProgress?: 'required' | 'supported' | 'off';
  readonly digest?: DigestClient;
  readonly maxForwards?: number;
}

/** What a session has said and agreed to, as plain JSON. */
export interface MediaSnapshot extends SessionMedia {
  readonly session: SdpSession;
  /** What this end wants: `sendrecv`, or `sendonly` while it holds. */
  readonly direction: Direction;
  readonly stream: AudioStream | undefined;
}

/** A call that rings here, as plain JSON: enough for another process to answer it. */
export interface RingingSnapshot {
  /** The INVITE as it came, in base64. */
  readonly invite: string;
  readonly flow: Pick<Flow, 'protocol' | 'local' | 'remote'>;
  readonly dialog: DialogState;
  /** Undefined before it was negotiated. */
  readonly media: MediaSnapshot | undefined;
  /** Our answer to the offer of the INVITE, in base64, while it is still to be said. */
  readonly answer: string | undefined;
}

/** A confirmed session as plain JSON: enough for another process to go on with it. */
export interface SessionSnapshot {
  readonly direction: 'inbound' | 'outbound';
  readonly identity: Identity;
  readonly dialog: DialogState;
  /** How the far end is reached where its target names a host. */
  readonly hop: Hop;
  readonly contact: NameAddr;
  /** Methods of the far end's Allow. */
  readonly allows: readonly string[];
  readonly media: MediaSnapshot & { readonly stream: AudioStream };
  /** RFC 4028; undefined where the session does not expire. */
  readonly timer: SessionTimerState | undefined;
}

export interface SessionTimerState {
  readonly expiresS: number;
  /** Who sends the refreshing requests. */
  readonly refresher: 'local' | 'remote';
}
