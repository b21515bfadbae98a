import { isIP, isIPv6 } from 'node:net';
import { type Clock, SYSTEM_CLOCK } from '../clock.ts';
import { SIP_LIMITS } from '../limits.ts';
import { SipFormatError } from '../message/errors.ts';
import type { SipRequest, SipResponse } from '../message/message.ts';
import type { ParseOutcome, Rejected } from '../message/outcome.ts';
import { withParam } from '../message/params.ts';
import { parseDatagram } from '../message/parse.ts';
import { serialize, serializeRejection } from '../message/serialize.ts';
import { sentBy, type Via } from '../message/via.ts';
import { ConnectionPool, type StreamSockets, TCP_SOCKETS } from './connection_pool.ts';
import { namedAddress } from './named_address.ts';
import { hostOf, responseTarget, withSource } from './routing.ts';
import { SourceCounters } from './source_counters.ts';
import { Streamless } from './streamless.ts';
import type {
  Flow,
  Hop,
  Protocol,
  Sending,
  SendWatcher,
  SocketAddress,
  Transport,
  TransportFailure,
  TransportHandler,
  WireTap,
} from './transport.ts';
import { UdpListener } from './udp_listener.ts';

export interface ListenerOptions {
  readonly protocol: 'UDP' | 'TCP';
  /** Address of an interface; of all of a family with `0.0.0.0` or `::`. */
  readonly address: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** What peers should call this end, in Via: behind a NAT, its outer address. The bound address when left out. */
  readonly advertised?: { readonly host: string; readonly port?: number };
}

export interface TransportOptions {
  readonly handler: TransportHandler;
  readonly clock?: Clock;
  /**
   * Asked for every datagram and connection before a byte is read, and for every message that comes by a connection:
   * what is refused costs nothing more, and ends its connection.
   */
  readonly accepts?: (address: string) => boolean;
  /** Whether an address is a peer's: others share few connections. All are when left out. */
  readonly isKnown?: (address: string) => boolean;
  readonly tap?: WireTap;
  /** TCP's when left out. */
  readonly sockets?: StreamSockets;
}

/** A socket that is open, and what it is called. */
interface Listener {
  readonly protocol: Protocol;
  readonly local: SocketAddress;
  readonly host: string;
  readonly port: number;
  readonly udp?: UdpListener;
}

/** A message as it leaves by one protocol. */
interface Draft {
  readonly request: SipRequest;
  readonly hop: Hop;
  readonly bytes: Buffer;
  readonly listener: Listener;
  /** Sent by TCP for its size alone. */
  readonly isForSize?: boolean;
}

type Failed = (failure: TransportFailure) => void;

/** A request under way; one that was too long for a datagram keeps that datagram for a peer without TCP. */
class Shipment implements Sending {
  #draft: Draft;
  #spare: Draft | undefined;
  readonly #watcher: SendWatcher;
  readonly #post: (draft: Draft, failed: Failed) => void;

  constructor(
    draft: Draft,
    spare: Draft | undefined,
    watcher: SendWatcher,
    post: (draft: Draft, failed: Failed) => void,
  ) {
    this.#draft = draft;
    this.#spare = spare;
    this.#watcher = watcher;
    this.#post = post;
    this.resend();
  }

  get hop(): Hop {
    return this.#draft.hop;
  }

  get reliable(): boolean {
    return this.hop.protocol !== 'UDP';
  }

  resend(): void {
    this.#post(this.#draft, failure => this.#onFailed(failure));
  }

  #onFailed(failure: TransportFailure): void {
    const mayFallBack = failure.cause === 'unreachable' || failure.cause === 'overload';
    if (this.#spare === undefined || !mayFallBack) {
      this.#watcher.failed(failure);
      return;
    }
    this.#draft = this.#spare;
    this.#spare = undefined;
    this.#watcher.fellBack?.();
    this.resend();
  }
}

/** UDP and TCP under one roof (RFC 3261 §18): sends by what fits, receives, and tells what came and what broke. */
export class TransportLayer implements Transport {
  /** What each source address has sent. */
  readonly sources: SourceCounters;
  readonly #handler: TransportHandler;
  readonly #accepts: (address: string) => boolean;
  readonly #tap: WireTap | undefined;
  readonly #listeners: Listener[] = [];
  readonly #sentBys = new Set<string>();
  readonly #tcp: ConnectionPool;
  readonly #streamless: Streamless;

  constructor({
    handler,
    clock = SYSTEM_CLOCK,
    accepts = () => true,
    isKnown = () => true,
    tap,
    sockets = TCP_SOCKETS,
  }: TransportOptions) {
    this.#handler = handler;
    this.#accepts = accepts;
    this.#tap = tap;
    this.sources = new SourceCounters(clock);
    this.#streamless = new Streamless(clock);
    this.#tcp = new ConnectionPool(sockets, clock, {
      message: (outcome, flow, wire) => this.#receive(outcome, flow, wire),
      fault: failure => handler.fault(failure),
      accepts,
      isKnown,
    });
  }

  /** Opens a socket and returns where it listens. Rejects when the address cannot be bound. */
  async listen({ protocol, address, port, advertised }: ListenerOptions): Promise<SocketAddress> {
    const udp = protocol === 'UDP' ? await this.#openUdp({ address, port }) : undefined;
    const local = udp?.local ?? (await this.#tcp.listen({ address, port }));
    const host = advertised?.host ?? hostOf(namedAddress(address));
    const listener = { protocol, local, host, port: advertised?.port ?? local.port, ...(udp && { udp }) };
    this.#listeners.push(listener);
    this.#sentBys.add(sentBy(viaOf(listener)));
    return local;
  }

  async close(): Promise<void> {
    const listeners = this.#listeners.splice(0);
    await Promise.all([this.#tcp.close(), ...listeners.map(({ udp }) => udp?.close())]);
  }

  sendRequest(request: SipRequest, hop: Hop, watcher: SendWatcher): Sending {
    const draft = this.#draft(request, hop);
    if ('cause' in draft) return unsent(hop, watcher, draft);
    const post = (one: Draft, failed: Failed): void => this.#post(one, failed);
    const isTooLong = hop.protocol === 'UDP' && draft.bytes.length > SIP_LIMITS.datagramRequestBytes;
    const longer =
      isTooLong && !this.#streamless.has(hop) ? this.#draft(request, { ...hop, protocol: 'TCP' }) : undefined;
    return longer === undefined || 'cause' in longer
      ? new Shipment(draft, undefined, watcher, post)
      : new Shipment({ ...longer, isForSize: true }, draft, watcher, post);
  }

  sendResponse(response: SipResponse, flow: Flow, watcher: SendWatcher): Sending {
    const [via] = response.vias;
    const hop: Hop = { ...flow.remote, protocol: flow.protocol };
    const bytes = bytesOf(() => serialize(response));
    if (bytes === undefined || via === undefined)
      return unsent(hop, watcher, { cause: 'format', detail: 'a response that cannot be written' });
    const resend = (): void =>
      this.#reply(response, bytes, responseTarget(via, flow), flow, failure => watcher.failed(failure));
    resend();
    return { hop, reliable: flow.protocol !== 'UDP', resend };
  }

  sendRejection(rejected: Rejected, flow: Flow): void {
    const via = rejected.via && withSource(rejected.via, flow);
    const bytes = bytesOf(() => serializeRejection(rejected, via));
    const target = via === undefined ? flow.remote : responseTarget(via, flow);
    if (bytes !== undefined) this.#reply(rejected, bytes, target, flow, () => undefined);
  }

  #openUdp(address: SocketAddress): Promise<UdpListener> {
    return UdpListener.open(address, {
      datagram: (bytes, remote, local) => {
        if (this.#accepts(remote.address))
          this.#receive(parseDatagram(bytes), { protocol: 'UDP', local, remote }, [bytes]);
      },
      fault: failure => this.#handler.fault(failure),
    });
  }

  /** The request as it leaves by this hop's protocol, with the Via that goes with it (§18.1.1, RFC 3581 §3). */
  #draft(request: SipRequest, hop: Hop): Draft | TransportFailure {
    const listener = this.#listenerFor(hop.protocol, hop.address);
    const [via, ...others] = request.vias;
    if (isIP(hop.address) === 0) return { cause: 'unreachable', detail: 'no IP address' };
    if (listener === undefined) return { cause: 'no listener', detail: `none for ${hop.protocol}` };
    const params =
      hop.protocol === 'UDP' ? withParam(via?.params ?? [], 'rport', undefined) : (via?.params ?? []);
    const top = { ...viaOf(listener), params };
    const bytes = bytesOf(() => serialize({ ...request, vias: [top, ...others] }));
    return bytes === undefined
      ? { cause: 'format', detail: 'a request that cannot be written' }
      : { request, hop, bytes, listener };
  }

  #post({ request, hop, bytes, listener, isForSize = false }: Draft, failed: Failed): void {
    this.#tap?.('out', bytes, { protocol: hop.protocol, local: listener.local, remote: hop }, request);
    if (listener.udp !== undefined) listener.udp.send(bytes, hop, failed);
    else if (isForSize) this.#streamForSize(bytes, hop, listener.local, failed);
    else this.#stream(bytes, hop, listener.local, failed);
  }

  #streamForSize(bytes: Buffer, remote: SocketAddress, local: SocketAddress, failed: Failed): void {
    const noted: Failed = failure => {
      if (failure.cause === 'unreachable') this.#streamless.add(remote);
      failed(failure);
    };
    this.#stream(bytes, remote, local, noted, SIP_LIMITS.connectForSizeMs);
  }

  #stream(
    bytes: Buffer,
    { address, port }: SocketAddress,
    local: SocketAddress,
    failed: Failed,
    connectMs?: number,
  ): void {
    const connection = this.#tcp.to({ address, port }, local, connectMs);
    if (connection !== undefined) connection.send(bytes, failed);
    else queueMicrotask(() => failed({ cause: 'overload', detail: 'too many connections' }));
  }

  #reply(
    answer: SipResponse | Rejected,
    bytes: Buffer,
    target: SocketAddress,
    flow: Flow,
    failed: Failed,
  ): void {
    this.#tap?.('out', bytes, { ...flow, remote: target }, answer);
    if (flow.protocol !== 'UDP') {
      const connection = this.#tcp.find(flow.connection);
      if (connection === undefined) this.#stream(bytes, target, flow.local, failed);
      else connection.send(bytes, failed);
      return;
    }
    const { udp } = this.#listeners.find(({ udp: one }) => one?.local === flow.local) ?? {};
    const socket = udp ?? this.#listenerFor('UDP', target.address)?.udp;
    if (socket !== undefined) socket.send(bytes, target, failed);
    else queueMicrotask(() => failed({ cause: 'no listener', detail: 'none for UDP' }));
  }

  #listenerFor(protocol: Protocol, address: string): Listener | undefined {
    return this.#listeners.find(
      listener => listener.protocol === protocol && isIPv6(listener.local.address) === isIPv6(address),
    );
  }

  #receive(outcome: ParseOutcome, flow: Flow, wire: readonly Buffer[]): void {
    const { address } = flow.remote;
    if (outcome.outcome === 'discarded') {
      if (outcome.cause !== 'keep-alive') this.sources.count(address, 'noise');
      return;
    }
    const message = outcome.outcome === 'message' ? outcome.message : outcome;
    this.#tap?.('in', Buffer.concat(wire), flow, message);
    if (outcome.outcome === 'rejected') {
      this.sources.count(address, 'rejected');
      this.#handler.rejected(outcome, flow);
    } else {
      this.#deliver(outcome.message, flow);
    }
  }

  #deliver(message: SipRequest | SipResponse, flow: Flow): void {
    const [via, ...others] = message.vias;
    if (via === undefined) return;
    // §18.1.2: a response by another's Via was never meant for this end.
    const isOurs = message.kind === 'request' || this.#sentBys.has(sentBy(via));
    this.sources.count(flow.remote.address, isOurs ? 'messages' : 'noise');
    if (message.kind === 'request')
      this.#handler.request({ ...message, vias: [withSource(via, flow), ...others] }, flow);
    else if (isOurs) this.#handler.response(message, flow);
  }
}

function viaOf({ protocol, host, port }: Pick<Listener, 'protocol' | 'host' | 'port'>): Via {
  return { transport: protocol, host, port, params: [] };
}

/** What `write` gives; `undefined` when a part of it cannot be written. */
function bytesOf(write: () => Buffer | undefined): Buffer | undefined {
  try {
    return write();
  } catch (error) {
    if (error instanceof SipFormatError) return undefined;
    throw error;
  }
}

/** A message that does not leave, which its watcher hears after the call. */
function unsent(hop: Hop, watcher: SendWatcher, failure: TransportFailure): Sending {
  queueMicrotask(() => watcher.failed(failure));
  return { hop, reliable: hop.protocol !== 'UDP', resend: () => undefined };
}
