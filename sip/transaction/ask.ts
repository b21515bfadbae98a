import type { SipRequest, SipResponse } from '../message/message.ts';
import type { Hop } from '../transport/transport.ts';
import type { ClientFailure } from './client_transaction.ts';
import type { TransactionLayer } from './transaction_layer.ts';

/** What requests are sent by. */
export type Requester = Pick<TransactionLayer, 'send'>;

/** Sends a request other than INVITE, and waits for its final response or the news that there is none. Never rejects. */
export function ask(
  requester: Requester,
  request: SipRequest,
  hop: Hop,
): Promise<SipResponse | ClientFailure> {
  return new Promise(resolve => {
    requester.send(request, hop, {
      response: response => {
        if (response.status >= 200) resolve(response);
      },
      failed: resolve,
    });
  });
}

/** Whether another hop should be tried (RFC 3263 §4.3): no answer, none in time, or 503. */
export function isUnavailable(answer: SipResponse | ClientFailure): boolean {
  return 'cause' in answer || answer.status === 503 || answer.status === 408;
}
