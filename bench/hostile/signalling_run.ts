import { SIP_LIMITS } from '../../sip/limits.ts';
import type { SipResponse } from '../../sip/message/message.ts';
import { tagOf } from '../../sip/message/name_addr.ts';
import type { ParseOutcome } from '../../sip/message/outcome.ts';
import { parseDatagram } from '../../sip/message/parse.ts';
import { serialize, serializeRejection } from '../../sip/message/serialize.ts';
import { SdpRejection } from '../../sip/sdp/rejection.ts';
import type { InboundSession, SessionMedia } from '../../sip/session/session.ts';
import { UserAgent } from '../../sip/session/user_agent.ts';
import { TransactionLayer } from '../../sip/transaction/transaction_layer.ts';
import { withSource } from '../../sip/transport/routing.ts';
import { StreamFramer } from '../../sip/transport/stream_framer.ts';
import type { Flow, Sending, Transport } from '../../sip/transport/transport.ts';
import { Conversation } from './conversation.ts';
import { liveHeapBytes } from './heap.ts';
import { LeapClock } from './leap_clock.ts';
import { type Draw, drawFrom, mutate } from './mutate.ts';
import { TORTURE } from './torture.ts';

export interface SignallingRun {
  readonly messages: number;
  readonly perSecond: number;
  readonly read: number;
  readonly refused: number;
  readonly dropped: number;
  readonly calls: number;
  readonly responses: number;
  /** What threw, with the message in base64; nothing may. */
  readonly faults: readonly string[];
  /** Left when all timers have rung: nothing may be. */
  readonly left: { readonly sessions: number; readonly transactions: number; readonly alarms: number };
  /** Of what is alive on the heap, after against before. */
  readonly heapGrowthBytes: number;
}

/** Conversations at once: messages of one come between those of the others. */
const CONVERSATIONS = 32;
/** Messages after which time leaps. */
const ROUND = 100;
const LEAP_MS = 2000;
/** Longer than every timer: a call that nobody answers rings for five minutes. */
const EVERY_TIMER_MS = 40 * 60_000;
const MOST_FAULTS = 5;
const FLOW: Flow = {
  protocol: 'UDP',
  local: { address: '192.0.2.1', port: 5060 },
  remote: { address: '192.0.2.7', port: 5060 },
};
const MEDIA: SessionMedia = {
  capabilities: { codecs: ['G722', 'PCMU', 'PCMA'], eventClocksHz: [8000], ptimeMs: 20, maxPtimeMs: 60 },
  local: { addresses: ['192.0.2.1'], rtpPort: 10_000, rtcpPort: 10_001 },
};

/** A user agent in memory that everything is thrown at. */
class Victim implements Transport {
  readonly clock = new LeapClock();
  readonly agent: UserAgent;
  readonly transactions: TransactionLayer;
  readonly #draw: Draw;
  readonly #onTag: (callId: string, tag: string) => void;
  calls = 0;
  responses = 0;
  read = 0;
  refused = 0;
  dropped = 0;

  constructor(draw: Draw, onTag: (callId: string, tag: string) => void) {
    this.#draw = draw;
    this.#onTag = onTag;
    this.agent = new UserAgent({
      clock: this.clock,
      random: () => draw(1000) / 1000,
      contactOf: () => ({ host: '192.0.2.1' }),
      handler: { incoming: session => this.#answer(session) },
    });
    this.transactions = new TransactionLayer({ user: this.agent, clock: this.clock });
    this.transactions.use(this);
    this.agent.use(this.transactions);
  }

  /** As a datagram, or as a piece of a stream that ends with it. */
  receive(bytes: Buffer): void {
    if (this.#draw(3) > 0) this.#take(parseDatagram(bytes), FLOW);
    else this.#receiveStream(bytes);
  }

  sendRequest(request: Parameters<Transport['sendRequest']>[0]): Sending {
    return this.#sent(serialize({ ...request, vias: request.vias.slice(0, 1) }));
  }

  sendResponse(response: SipResponse): Sending {
    this.responses += 1;
    const bytes = serialize(response);
    const tag = tagOf(response.to);
    if (tag !== undefined) this.#onTag(response.callId, tag);
    return this.#sent(bytes, isAtLimit(response));
  }

  sendRejection(rejected: Parameters<Transport['sendRejection']>[0]): void {
    serializeRejection(rejected);
  }

  #sent(bytes: Buffer, mayBeTooMuch = false): Sending {
    if (!mayBeTooMuch && parseDatagram(bytes).outcome !== 'message')
      throw new Error('we sent what cannot be read');
    return { hop: { ...FLOW.remote, protocol: 'UDP' }, reliable: false, resend: () => undefined };
  }

  #receiveStream(bytes: Buffer): void {
    const flow: Flow = { ...FLOW, protocol: 'TCP', connection: 1 };
    const framer = new StreamFramer({
      message: outcome => this.#take(outcome, flow),
      keepAlive: () => undefined,
      lost: () => undefined,
    });
    for (let at = 0; at < bytes.length; ) {
      const length = 1 + this.#draw(600);
      framer.push(bytes.subarray(at, at + length));
      at += length;
    }
  }

  #take(outcome: ParseOutcome, flow: Flow): void {
    if (outcome.outcome === 'discarded') {
      this.dropped += 1;
    } else if (outcome.outcome === 'rejected') {
      this.refused += 1;
      this.transactions.rejected(outcome, flow);
    } else {
      this.read += 1;
      const { message } = outcome;
      const [via, ...others] = message.vias;
      if (message.kind === 'response') this.transactions.response(message, flow);
      else if (via !== undefined)
        this.transactions.request({ ...message, vias: [withSource(via, flow), ...others] }, flow);
    }
  }

  #answer(session: InboundSession): void {
    this.calls += 1;
    const draw = this.#draw;
    session.listen({
      confirmed: () => {
        if (draw(4) === 0) session.hold();
        if (draw(4) === 0) session.hangUp();
      },
      info: () => ({ status: 200 }),
    });
    try {
      if (draw(8) === 0) {
        session.reject(486);
        return;
      }
      session.negotiate(MEDIA);
      if (draw(3) === 0) session.progress(183, { withMedia: true });
      session.accept();
    } catch (error) {
      if (!(error instanceof SdpRejection)) throw error;
      session.rejectWith(error);
    }
  }
}

/** With `received`, a Via that came with as many parameters as we read has one more than that on its way back. */
function isAtLimit({ vias }: SipResponse): boolean {
  return vias.some(({ params }) => params.length > SIP_LIMITS.parameters);
}

/** So many messages, of RFC 4475 and of calls, half of them mutated, through parser, transactions and sessions. */
export function runSignalling(messages: number, seed: number): SignallingRun {
  const draw = drawFrom(seed);
  const conversations = new Map<string, Conversation>();
  const victim = new Victim(draw, (callId, tag) => {
    const conversation = conversations.get(callId);
    if (conversation !== undefined) conversation.tag = tag;
  });
  const faults: string[] = [];
  const heapBefore = liveHeapBytes();
  const startedMs = performance.now();
  for (let count = 0; count < messages; count += 1) {
    const bytes = nextMessage(conversations, draw, count);
    try {
      victim.receive(bytes);
      if (count % ROUND === 0) victim.clock.leap(LEAP_MS);
    } catch (error) {
      if (faults.length < MOST_FAULTS) faults.push(`${String(error)} at ${bytes.toString('base64')}`);
    }
  }
  const seconds = (performance.now() - startedMs) / 1000;
  victim.agent.close();
  victim.clock.leap(EVERY_TIMER_MS);
  const { clients, servers } = victim.transactions.size;
  const { read, refused, dropped, calls, responses } = victim;
  return {
    messages,
    perSecond: Math.round(messages / seconds),
    read,
    refused,
    dropped,
    calls,
    responses,
    faults,
    left: { sessions: victim.agent.size, transactions: clients + servers, alarms: victim.clock.waiting },
    heapGrowthBytes: liveHeapBytes() - heapBefore,
  };
}

function nextMessage(conversations: Map<string, Conversation>, draw: Draw, count: number): Buffer {
  if (conversations.size < CONVERSATIONS) {
    const begun = new Conversation(`c${count}`, draw);
    conversations.set(begun.callId, begun);
    return begun.next();
  }
  const original = draw(3) === 0 ? TORTURE[draw(TORTURE.length)]! : nextOfCalls(conversations, draw);
  return draw(2) === 0 ? original : mutate(original, TORTURE, draw);
}

function nextOfCalls(conversations: Map<string, Conversation>, draw: Draw): Buffer {
  const all = [...conversations.values()];
  const one = all[draw(all.length)]!;
  const message = one.next();
  if (one.isOver) conversations.delete(one.callId);
  return message;
}
