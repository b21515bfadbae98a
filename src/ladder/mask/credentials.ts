import { unquote } from '../../../sip/message/syntax.ts';
import { maskUri } from './address.ts';
import { MASKED, type Pseudonyms } from './pseudonyms.ts';

const PARAM = /(?<![A-Za-z*-])([A-Za-z*-]+)\s*=\s*("(?:[^"\\]|\\.)*"|[^\s",]+)/g;
const SCHEME = /^\s*([A-Za-z-]+)\s+(?=[A-Za-z])/;
/** What says how a proof is made, not the proof. */
const HARMLESS = new Set(['algorithm', 'qop', 'stale', 'nc', 'charset', 'userhash']);
const HARMLESS_REALM = /^[\w .-]*$/;

/**
 * Challenges and credentials of Digest (RFC 7616) without what proves or names: nonces under pseudonyms, so that an
 * answer still shows its challenge. Of any other scheme only its name is left.
 */
export function maskCredentials(value: string, names: Pseudonyms): string {
  const [scheme = ''] = SCHEME.exec(value) ?? [];
  if (scheme.trim().toLowerCase() !== 'digest') return `${scheme.trim()} ${MASKED}`.trimStart();
  return `Digest ${maskDigest(value.slice(scheme.length), names)}`;
}

/** What the server proves in turn (RFC 7616 §3.5), which names no scheme. */
export function maskDigest(params: string, names: Pseudonyms): string {
  return [...params.matchAll(PARAM)]
    .map(([, name = '', value = '']) => {
      const masked = maskParam(name.toLowerCase(), unquote(value), names);
      return `${name}=${value.startsWith('"') ? `"${masked}"` : masked}`;
    })
    .join(', ');
}

function maskParam(name: string, value: string, names: Pseudonyms): string {
  switch (name) {
    case 'username':
      return names.party('user', value);
    case 'uri':
      return maskUri(value, names);
    case 'nonce':
    case 'nextnonce':
      return names.of('nonce', value);
    case 'opaque':
      return names.of('opaque', value);
    case 'realm':
      return HARMLESS_REALM.test(value) ? value : MASKED;
    default:
      return HARMLESS.has(name) && /^[\w,-]+$/.test(value) ? value : MASKED;
  }
}
