import { mediaType, readParts } from '../../../sip/message/multipart.ts';
import { maskText } from './header_fields.ts';
import { MASKED, type Pseudonyms } from './pseudonyms.ts';
import { maskSdp } from './sdp.ts';

const BOUNDARY = /;\s*boundary\s*=\s*(?:"([^"\\]{1,70})"|([\w'()+,./:=?-]{1,70}))/i;

/**
 * A message's body as it may be kept, in its own format where that is known: descriptions without keys, key presses
 * without the key. Of all else only that it was there.
 */
export function maskBody(contentType: string, body: Buffer, names: Pseudonyms): string {
  if (body.length === 0) return '';
  const type = mediaType(contentType);
  if (type.startsWith('multipart/')) return maskMultipart(contentType, body, names);
  const text = body.toString('latin1');
  switch (type) {
    case 'application/sdp':
      return maskSdp(text, names);
    case 'application/dtmf-relay':
      return maskKeyPress(text);
    case 'message/sipfrag':
      return maskFragment(text);
    default:
      return MASKED;
  }
}

/** Parts inside parts come to lie beside one another. */
function maskMultipart(contentType: string, body: Buffer, names: Pseudonyms): string {
  const [, quoted, plain] = BOUNDARY.exec(contentType) ?? [];
  const boundary = quoted ?? plain;
  const parts = readParts(contentType, body);
  if (boundary === undefined || parts === undefined) return MASKED;
  const masked = parts.map(({ type, content }) => {
    const line = /^[\w.+-]+\/[\w.+-]+$/.test(type) ? type : 'application/octet-stream';
    return `--${boundary}\r\nContent-Type: ${line}\r\n\r\n${maskBody(type, content, names)}\r\n`;
  });
  return `${masked.join('')}--${boundary}--\r\n`;
}

/** `Signal=5`, `Duration=160`, as gateways send them in INFO. */
function maskKeyPress(text: string): string {
  const [, durationMs] = /^[ \t]*Duration[ \t]*=[ \t]*(\d{1,6})[ \t]*\r?$/im.exec(text) ?? [];
  return `Signal=${MASKED}\r\n${durationMs === undefined ? '' : `Duration=${durationMs}\r\n`}`;
}

/** How a transfer goes (RFC 3515 §2.4.5): its status line. */
function maskFragment(text: string): string {
  const [, status = '', reason = ''] = /^(SIP\/2\.0 \d{3} )([\x20-\x7e]{0,200})/.exec(text) ?? [];
  return status === '' ? MASKED : `${status}${maskText(reason)}\r\n`;
}
