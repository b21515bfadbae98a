import type { SessionDescription } from './description.ts';
import { parseSdp } from './parse.ts';
import { SdpRejection } from './rejection.ts';

/** A message's body with its Content-Type header; undefined where it has none. */
export interface MessageBody {
  readonly contentType: string | undefined;
  readonly body: Uint8Array;
}

/**
 * The description that a message carries, or undefined if it has no body: an INVITE without one asks for an offer
 * (RFC 3261 §13.3.1).
 * @throws SdpRejection `contentType` for a body of another kind, and as parseSdp
 */
export function readSdpBody({ contentType, body }: MessageBody): SessionDescription | undefined {
  if (body.length === 0) return undefined;
  const type = contentType?.split(';', 1)[0]?.trim().toLowerCase();
  if (type !== 'application/sdp') throw new SdpRejection('contentType', 'a body other than application/sdp');
  // Old exchanges write names in Latin-1; nothing that is read here can hold one.
  return parseSdp(new TextDecoder().decode(body));
}
