import type { NameAddr } from '../message/name_addr.ts';
import type { Uri } from '../message/uri.ts';

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
