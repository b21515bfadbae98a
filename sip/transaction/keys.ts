import { isTransactionBranch } from '../message/ids.ts';
import type { SipRequest, SipResponse } from '../message/message.ts';
import { tagOf } from '../message/name_addr.ts';
import { formatUri } from '../message/uri.ts';
import { branchOf, formatVia, sentBy } from '../message/via.ts';

/**
 * Under which a request finds its server transaction (RFC 3261 §17.2.3): branch, sent-by and method; an ACK and, when
 * `method` says so, a CANCEL finds that of its INVITE. Without a branch of RFC 3261, as RFC 2543 peers send, everything
 * else that identifies it; the To tag of such an ACK is compared by the transaction.
 */
export function serverKey(
  request: SipRequest,
  method = request.method === 'ACK' ? 'INVITE' : request.method,
): string {
  const [via] = request.vias;
  if (via === undefined) return '';
  const branch = branchOf(via);
  if (isTransactionBranch(branch)) return `${branch} ${sentBy(via)} ${method}`;
  const { uri, from, callId, cseq } = request;
  return [formatUri(uri), tagOf(from) ?? '', callId, cseq.number, formatVia(via), method].join(' ');
}

/** Under which a response finds its client transaction (§17.1.3): branch and method of CSeq. */
export function clientKey({ vias, cseq }: SipRequest | SipResponse): string {
  return `${(vias[0] && branchOf(vias[0])) ?? ''} ${cseq.method}`;
}

/**
 * The same for all copies of a request that reach this end by different ways (§8.2.2.2); `undefined` for requests
 * inside a dialog, which are not looked at.
 */
export function mergeKey({ method, from, to, callId, cseq }: SipRequest): string | undefined {
  if (tagOf(to) !== undefined || method === 'ACK' || method === 'CANCEL') return undefined;
  return `${tagOf(from) ?? ''} ${callId} ${cseq.number} ${method}`;
}
