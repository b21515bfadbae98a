import { newRequest, type RequestParts } from '../../../sip/message/build.ts';
import { newBranch } from '../../../sip/message/ids.ts';
import type { SipRequest } from '../../../sip/message/message.ts';
import { type NameAddr, parseNameAddr } from '../../../sip/message/name_addr.ts';
import { parseVia } from '../../../sip/message/via.ts';

/** An address that a test is sure of. */
export function address(text: string): NameAddr {
  const parsed = parseNameAddr(text);
  if (parsed === undefined) throw new Error(`no address: ${text}`);
  return parsed;
}

/** A request with a Via as the transaction layer would make it, or as `via` says. */
export function requestOf(method: string, parts: Partial<RequestParts> & { via?: string } = {}): SipRequest {
  const { via = `SIP/2.0/UDP placeholder.invalid;branch=${newBranch()}`, ...others } = parts;
  const made = newRequest({
    method,
    uri: address('<sip:bob@example.com>').uri,
    from: address('<sip:alice@example.com>;tag=a1'),
    to: address('<sip:bob@example.com>'),
    cseq: 1,
    ...others,
  });
  const parsed = parseVia(via);
  if (parsed === undefined) throw new Error(`no Via: ${via}`);
  return { ...made, vias: [parsed] };
}
