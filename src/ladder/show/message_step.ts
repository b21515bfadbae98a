import type { SipMessage } from '../../../sip/message/message.ts';
import { readParts } from '../../../sip/message/multipart.ts';
import { parseDatagram } from '../../../sip/message/parse.ts';
import { formatUri } from '../../../sip/message/uri.ts';
import { staticCodec } from '../../../sip/sdp/codec.ts';
import type { MediaDescription, SessionDescription } from '../../../sip/sdp/description.ts';
import { parseSdp } from '../../../sip/sdp/parse.ts';
import { SdpRejection } from '../../../sip/sdp/rejection.ts';

interface MessageSummary {
  readonly kind: 'request' | 'provisional' | 'success' | 'failure';
  readonly title: string;
  readonly notes: readonly string[];
}

/** A message in a line, and what it says of media and causes. One that cannot be read is told by its first line. */
export function describeMessage(text: string): MessageSummary {
  const outcome = parseDatagram(Buffer.from(text));
  if (outcome.outcome !== 'message') {
    const [title = ''] = text.split('\r\n', 1);
    return { kind: title.startsWith('SIP/') ? 'failure' : 'request', title, notes: ['not readable'] };
  }
  const { message } = outcome;
  const notes = [...message.headers.all('Reason').map(reason => `Reason: ${reason}`), ...mediaNotes(message)];
  if (message.kind === 'request')
    return { kind: 'request', title: `${message.method} ${formatUri(message.uri)}`, notes };
  const { status, reason, cseq } = message;
  return { kind: kindOf(status), title: `${status} ${reason} (${cseq.method})`, notes };
}

function kindOf(status: number): MessageSummary['kind'] {
  if (status < 200) return 'provisional';
  return status < 300 ? 'success' : 'failure';
}

function mediaNotes({ headers, body }: SipMessage): string[] {
  const parts = readParts(headers.get('Content-Type') ?? '', body) ?? [];
  return parts.filter(({ type }) => type === 'application/sdp').flatMap(({ content }) => sdpNotes(content));
}

function sdpNotes(content: Buffer): string[] {
  try {
    const session = parseSdp(content.toString());
    return session.media.map(media => mediaNote(media, session));
  } catch (error) {
    if (error instanceof SdpRejection) return [`SDP ${error.message}`];
    throw error;
  }
}

/** Such as `audio 192.0.2.1:4000 PCMU, telephone-event sendrecv`. */
function mediaNote(media: MediaDescription, session: SessionDescription): string {
  if (media.port === 0) return `${media.type} refused`;
  const { address = '?' } = media.connection ?? session.connection ?? {};
  const host = address.includes(':') ? `[${address}]` : address;
  const codecs = media.formats.map(format => codecName(media, format)).join(', ');
  const direction = media.direction ?? session.direction ?? 'sendrecv';
  return `${media.type} ${host}:${media.port} ${codecs} ${direction}`;
}

function codecName({ rtpmaps }: MediaDescription, format: string): string {
  const map = rtpmaps.find(({ payloadType }) => String(payloadType) === format);
  return map?.encoding ?? staticCodec(Number(format))?.name ?? format;
}
