import type { HeaderField } from './headers.ts';
import type { SipMessage, SipRequest, SipResponse } from './message.ts';
import type { Via } from './via.ts';

/** A message that was understood. */
interface Understood<Message extends SipMessage = SipMessage> {
  readonly outcome: 'message';
  readonly message: Message;
}

/** A request that was not, with the status that its sender should hear. */
export interface Rejected {
  readonly outcome: 'rejected';
  readonly status: number;
  /** Which rule it broke, in words of this module only: nothing of the message. Goes into the reason phrase. */
  readonly detail: string;
  readonly method: string;
  /** Whether a response can be sent: there is a Via to send it by, and the request is no ACK (RFC 3261 §8.2.6). */
  readonly answerable: boolean;
  /** The topmost Via where it could be read; without it a datagram is answered to where it came from. */
  readonly via: Via | undefined;
  /** Via, From, To, Call-ID and CSeq as they came, for the response. */
  readonly echo: readonly HeaderField[];
}

/** Nothing to answer: a response that is wrong, a keep-alive, or bytes that are not SIP at all. */
interface Discarded {
  readonly outcome: 'discarded';
  readonly cause: 'keep-alive' | 'not SIP' | 'bad response';
  readonly detail: string;
}

export type ParseOutcome = Understood | Rejected | Discarded;

/** A head without its body; `message.body` is empty until the transport has it. */
export interface HeadOutcome {
  readonly result: Understood<SipRequest> | Understood<SipResponse> | Rejected | Discarded;
  /** What Content-Length says; `undefined` when it is absent, unreadable or said twice. */
  readonly contentLength: number | undefined;
}
