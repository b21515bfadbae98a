import { Headers } from './headers.ts';
import type { SipRequest } from './message.ts';
import { mediaType } from './multipart.ts';
import { isKnownMethod } from './parse.ts';

/** What this end can do with a request, in lower case but for the methods. */
export interface Capabilities {
  readonly methods: readonly string[];
  /** Of the Request-URI: `sip`, `sips`, `tel`. */
  readonly schemes: readonly string[];
  /** Option tags that Require may ask for. */
  readonly extensions: readonly string[];
  /** Media types of bodies that are read (`application/sdp`), and of those that are sent. */
  readonly contentTypes: readonly string[];
}

/** Why a well-formed request is refused all the same, with the header fields that its response must have. */
export interface Refusal {
  readonly status: number;
  readonly headers: Headers;
}

function accepts(range: string, type: string): boolean {
  return range === '*/*' || range === type || (range.endsWith('/*') && type.startsWith(range.slice(0, -1)));
}

function refuseBody(request: SipRequest, { contentTypes }: Capabilities): Refusal | undefined {
  if (request.body.length === 0) return undefined;
  const disposition = request.headers.get('content-disposition') ?? '';
  if (/;\s*handling\s*=\s*optional/i.test(disposition)) return undefined;
  const encoding = request.headers.get('content-encoding');
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity')
    return { status: 415, headers: Headers.of({ 'Accept-Encoding': 'identity' }) };
  const type = mediaType(request.headers.get('content-type') ?? '');
  if (contentTypes.includes(type)) return undefined;
  return { status: 415, headers: Headers.of({ Accept: contentTypes.join(', ') }) };
}

/**
 * A UAS's inspection of a request, in the order of RFC 3261 §8.2: method (405, or 501 for one that no RFC has), scheme
 * (416), Require (420; not for ACK and CANCEL, §8.2.2.3), body (415), and Accept of an INVITE (406: an answer could be
 * sent in no format that it takes). `undefined` when the request may go on.
 */
export function screenRequest(request: SipRequest, able: Capabilities): Refusal | undefined {
  const { method, uri, headers } = request;
  if (!able.methods.includes(method))
    return {
      status: isKnownMethod(method) ? 405 : 501,
      headers: Headers.of({ Allow: able.methods.join(', ') }),
    };
  if (!able.schemes.includes(uri.scheme)) return { status: 416, headers: new Headers() };
  if (method === 'ACK' || method === 'CANCEL') return undefined;
  const missing = headers.list('require').filter(tag => !able.extensions.includes(tag.toLowerCase()));
  if (missing.length > 0) return { status: 420, headers: Headers.of({ Unsupported: missing.join(', ') }) };
  const refusal = refuseBody(request, able);
  if (refusal !== undefined) return refusal;
  const ranges = headers.list('accept').map(mediaType);
  const fits =
    ranges.length === 0 || able.contentTypes.some(type => ranges.some(range => accepts(range, type)));
  return method === 'INVITE' && !fits ? { status: 406, headers: new Headers() } : undefined;
}
