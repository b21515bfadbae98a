import type { DigestClient } from '../../../sip/digest/client.ts';
import { newResponse } from '../../../sip/message/build.ts';
import { Headers } from '../../../sip/message/headers.ts';
import type { SipMessage, SipRequest, SipResponse } from '../../../sip/message/message.ts';
import type { Rejected } from '../../../sip/message/outcome.ts';
import { withParam } from '../../../sip/message/params.ts';
import { parseDatagram } from '../../../sip/message/parse.ts';
import { serialize } from '../../../sip/message/serialize.ts';
import type { UserAgentOptions } from '../../../sip/session/handler.ts';
import type {
  Ending,
  InboundSession,
  InviteOptions,
  Session,
  SessionEvents,
  SessionMedia,
  SessionSnapshot,
} from '../../../sip/session/session.ts';
import { UserAgent } from '../../../sip/session/user_agent.ts';
import type { ServerTransaction } from '../../../sip/transaction/server_transaction.ts';
import { TransactionLayer } from '../../../sip/transaction/transaction_layer.ts';
import { withSource } from '../../../sip/transport/routing.ts';
import type {
  Flow,
  Hop,
  Protocol,
  Sending,
  SendWatcher,
  SocketAddress,
  Transport,
} from '../../../sip/transport/transport.ts';
import { capabilitiesOf } from '../sdp/sdp_rig.ts';
import { HandClock } from '../transport/hand_clock.ts';
import { address } from '../transport/requests.ts';

/** One way, on average. */
const TRIP_MS = 10;

/** A generator of the same numbers each time (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** What happens to a message on its way; each a share of all. */
interface Weather {
  readonly loss: number;
  readonly copies: number;
  /** Longest further delay: what overtakes. */
  readonly jitterMs: number;
}

type Receive = (bytes: Buffer, flow: Flow) => void;

/** A network in memory: bytes go from address to address by a hand-driven clock. */
export class Network {
  readonly clock = new HandClock();
  readonly random: () => number;
  weather: Weather = { loss: 0, copies: 0, jitterMs: 0 };
  /** Asked about each datagram; true lets it vanish. */
  loses: (message: SipMessage, from: SocketAddress) => boolean = () => false;
  /** What left, as `alice INVITE` and `bob 200 INVITE`, lost or not. */
  readonly seen: string[] = [];
  readonly messages: SipMessage[] = [];
  readonly #receivers = new Map<string, Receive>();
  readonly #names = new Map<string, string>();

  constructor(seed = 1) {
    this.random = seeded(seed);
  }

  attach(name: string, { address: host, port }: SocketAddress, receive: Receive): void {
    this.#receivers.set(`${host} ${port}`, receive);
    this.#names.set(`${host} ${port}`, name);
  }

  detach({ address: host, port }: SocketAddress): void {
    this.#receivers.delete(`${host} ${port}`);
  }

  send(bytes: Buffer, protocol: Protocol, from: SocketAddress, to: SocketAddress): boolean {
    const parsed = parseDatagram(bytes);
    if (parsed.outcome === 'message') this.#note(parsed.message, from);
    const receive = this.#receivers.get(`${to.address} ${to.port}`);
    if (receive === undefined) return protocol === 'UDP';
    const isLost =
      (parsed.outcome === 'message' && this.loses(parsed.message, from)) ||
      (protocol === 'UDP' && this.random() < this.weather.loss);
    if (isLost) return true;
    const copies = protocol === 'UDP' && this.random() < this.weather.copies ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) {
      const jitterMs = protocol === 'UDP' ? this.random() * this.weather.jitterMs : 0;
      this.clock.after(TRIP_MS + jitterMs, () => receive(bytes, { protocol, local: to, remote: from }));
    }
    return true;
  }

  /** What left since the last look. */
  take(): string[] {
    return this.seen.splice(0);
  }

  /** Lets time pass. */
  run(ms = 100): void {
    this.clock.turn(ms);
  }

  #note(message: SipMessage, { address: host, port }: SocketAddress): void {
    const name = this.#names.get(`${host} ${port}`) ?? `${host}:${port}`;
    this.messages.push(message);
    const { cseq } = message;
    this.seen.push(
      message.kind === 'request' ? `${name} ${message.method}` : `${name} ${message.status} ${cseq.method}`,
    );
  }
}

/** A transport on that network, true to the bytes. */
class MemoryTransport implements Transport {
  readonly #network: Network;
  readonly #local: SocketAddress;

  constructor(network: Network, local: SocketAddress) {
    this.#network = network;
    this.#local = local;
  }

  sendRequest(request: SipRequest, hop: Hop, watcher: SendWatcher): Sending {
    const [via] = request.vias;
    const { address: host, port } = this.#local;
    const params = withParam(via?.params ?? [], 'rport', undefined);
    const bytes = serialize({ ...request, vias: [{ transport: hop.protocol, host, port, params }] });
    return this.#send(bytes, hop, watcher);
  }

  sendResponse(response: SipResponse, flow: Flow, watcher: SendWatcher): Sending {
    return this.#send(serialize(response), { ...flow.remote, protocol: flow.protocol }, watcher);
  }

  sendRejection(rejected: Rejected): void {
    this.#network.seen.push(`rejected ${rejected.status}`);
  }

  #send(bytes: Buffer, hop: Hop, watcher: SendWatcher): Sending {
    const resend = (): void => {
      if (!this.#network.send(bytes, hop.protocol, this.#local, hop))
        queueMicrotask(() => watcher.failed({ cause: 'unreachable', detail: 'ECONNREFUSED' }));
    };
    resend();
    return { hop, reliable: hop.protocol !== 'UDP', resend };
  }
}

/** Media of the end at this address. */
export function mediaAt(host: string, rtpPort = 30_000): SessionMedia {
  return {
    capabilities: capabilitiesOf(['PCMA', 'PCMU']),
    local: { addresses: [host], rtpPort, rtcpPort: rtpPort + 1 },
  };
}

/** A user agent on the network that writes down what it hears. */
export class Party {
  readonly name: string;
  readonly network: Network;
  readonly local: SocketAddress;
  readonly agent: UserAgent;
  readonly transactions: TransactionLayer;
  /** Sessions that came, in order. */
  readonly calls: InboundSession[] = [];
  /** In order, as `183`, `confirmed sendrecv`, `changed recvonly held`, `ended remote 486`. */
  readonly heard: string[] = [];
  readonly endings: Ending[] = [];
  readonly others: ServerTransaction[] = [];
  /** What becomes of a call that comes; nothing at first. */
  onIncoming: (session: InboundSession) => void = () => undefined;
  /** Hears of faults, which are thrown on without it. */
  onBroken: ((error: unknown) => void) | undefined;
  moves = 0;
  /** Answers challenges in dialogs that others begin. */
  digest: DigestClient | undefined;

  constructor(
    network: Network,
    name: string,
    host: string,
    options: Partial<UserAgentOptions> & { port?: number } = {},
  ) {
    const { port = 5060, ...agentOptions } = options;
    this.network = network;
    this.name = name;
    this.local = { address: host, port };
    this.agent = new UserAgent({
      clock: network.clock,
      random: network.random,
      contactOf: () => ({ host, port }),
      handler: {
        digestFor: () => this.digest,
        incoming: session => {
          this.calls.push(session);
          session.listen(this.events());
          this.onIncoming(session);
        },
        broken: error => {
          if (this.onBroken === undefined) throw error;
          this.onBroken(error);
        },
        otherRequest: server => {
          this.others.push(server);
          return false;
        },
      },
      ...agentOptions,
    });
    this.transactions = new TransactionLayer({ user: this.agent, clock: network.clock });
    this.transactions.use(new MemoryTransport(network, this.local));
    this.agent.use(this.transactions);
    network.attach(name, this.local, (bytes, flow) => this.receive(bytes, flow));
  }

  get hop(): Hop {
    return { ...this.local, protocol: 'UDP' };
  }

  /** The call that came last. */
  get call(): InboundSession {
    const call = this.calls.at(-1);
    if (call === undefined) throw new Error(`nobody called ${this.name}`);
    return call;
  }

  receive(bytes: Buffer, flow: Flow): void {
    const parsed = parseDatagram(bytes);
    if (parsed.outcome !== 'message') {
      if (parsed.outcome === 'rejected') this.transactions.rejected(parsed, flow);
      return;
    }
    const { message } = parsed;
    const [via, ...others] = message.vias;
    if (message.kind === 'response') this.transactions.response(message, flow);
    else if (via !== undefined)
      this.transactions.request({ ...message, vias: [withSource(via, flow), ...others] }, flow);
  }

  /** Calls somebody. */
  invite(other: Party, options: Partial<InviteOptions> = {}, events: SessionEvents = {}): Session {
    const { address: host, port } = other.local;
    return this.agent.invite(
      {
        target: address(`<sip:${other.name}@${host}:${port}>`).uri,
        from: address(`<sip:${this.name}@${this.local.address}>`),
        hops: [other.hop],
        media: mediaAt(this.local.address),
        ...options,
      },
      { ...this.events(), ...events },
    );
  }

  restore(snapshot: SessionSnapshot): Session {
    return this.agent.restore(snapshot, this.events(), this.digest);
  }

  /** Takes calls: negotiates and accepts at once. */
  answers(): this {
    this.onIncoming = session => {
      session.negotiate(mediaAt(this.local.address, 40_000));
      session.accept();
    };
    return this;
  }

  take(): string[] {
    return this.heard.splice(0);
  }

  events(): SessionEvents {
    const say = (word: string) => this.heard.push(word);
    return {
      progress: (status, stream) => say(stream === undefined ? `${status}` : `${status} ${stream.direction}`),
      confirmed: ({ direction }) => say(`confirmed ${direction}`),
      changed: ({ direction, held }) => say(`changed ${direction}${held ? ' held' : ''}`),
      changeRefused: status => say(`refused ${status}`),
      info: ({ body }) => {
        say(`info ${body.toString()}`);
        return { status: 200 };
      },
      dialogChanged: () => {
        this.moves++;
      },
      ended: ending => {
        this.endings.push(ending);
        say(`ended ${ending.by}${ending.status === undefined ? '' : ` ${ending.status}`}`);
      },
    };
  }
}

/** Two ends on one network. */
export function pair(seed = 1, options: Partial<UserAgentOptions> = {}) {
  const network = new Network(seed);
  const alice = new Party(network, 'alice', '192.0.2.1', options);
  const bob = new Party(network, 'bob', '192.0.2.2', options);
  return { network, alice, bob };
}

/** A call that is confirmed, with what was said until then forgotten. */
export function established(seed = 1, options: Partial<UserAgentOptions> = {}, digest?: DigestClient) {
  const { network, alice, bob } = pair(seed, options);
  bob.digest = digest;
  bob.answers();
  const outbound = alice.invite(bob);
  network.run();
  const inbound = bob.call;
  for (const party of [alice, bob]) party.take();
  network.take();
  return { network, alice, bob, outbound, inbound };
}

/** Whether nothing is left of anything: no session, no transaction, no alarm. */
export function isClean(network: Network, ...parties: Party[]): boolean {
  return (
    network.clock.waiting === 0 &&
    parties.every(({ agent, transactions: { size } }) => agent.size + size.clients + size.servers === 0)
  );
}

/** Lets a party receive a response that nobody sent. */
export function respond(
  to: Party,
  request: SipRequest,
  status: number,
  fields: Record<string, string> = {},
): void {
  const response = newResponse(request, status, { toTag: 'forged', headers: Headers.of(fields) });
  const { address: host } = to.local;
  to.receive(serialize(response), {
    protocol: 'UDP',
    local: to.local,
    remote: { address: host, port: 1 },
  });
}
