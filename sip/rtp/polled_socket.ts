import { isIPv6 } from 'node:net';
import { getSystemErrorName } from 'node:util';
import {
  ADDRESS_BYTES,
  ADDRESS_WORDS,
  addressBytes,
  type DatagramBatch,
  hostOf,
  portOf,
  writeAddress,
} from './datagram_batch.ts';
import type { OnDatagram } from './rtp_sockets.ts';
import { LINUX, type UdpCalls } from './udp_calls.ts';

const CLOSED = -1;

/** A UDP socket of the system that is asked what has come, instead of telling. None of its methods waits. */
export class PolledSocket {
  readonly #calls: UdpCalls;
  readonly #batch: DatagramBatch;
  readonly #family: number;
  readonly #addressBytes: number;
  readonly #onDatagram: OnDatagram;
  #fd: number;
  /** Where a packet was sent last, as it was told and as the system takes it. */
  #toHost = '';
  #toPort = 0;
  readonly #to = new Uint8Array(new ArrayBuffer(ADDRESS_BYTES));
  /** Who was heard last, as the system tells it and as it is told. */
  readonly #from = new Int32Array(ADDRESS_WORDS);
  #fromHost = '';
  #fromPort = 0;

  /** @throws Error of the system, with its code, when the port can't be had: EADDRINUSE, EADDRNOTAVAIL, … */
  constructor(calls: UdpCalls, batch: DatagramBatch, host: string, port: number, onDatagram: OnDatagram) {
    this.#calls = calls;
    this.#batch = batch;
    this.#onDatagram = onDatagram;
    this.#family = isIPv6(host) ? LINUX.inet6 : LINUX.inet;
    this.#addressBytes = addressBytes(this.#family);
    this.#fd = calls.socket(this.#family, LINUX.datagramSocket, 0);
    if (this.#fd < 0) this.#fail('socket');
    // Where this is refused, packets count as come when they are read.
    calls.setsockopt(this.#fd, LINUX.socketLevel, LINUX.timestampNs, Uint8Array.of(1, 0, 0, 0), 4);
    const isAddress = writeAddress(calls, this.#family, host, port, this.#to);
    if (isAddress && calls.bind(this.#fd, this.#to, this.#addressBytes) === 0) return;
    this.#fail(`bind ${host}:${port}`, isAddress ? undefined : 'EINVAL');
  }

  /** Port that it has, for one of the system's choice; undefined when the system does not tell. */
  get port(): number | undefined {
    const address = new Int32Array(new ArrayBuffer(ADDRESS_BYTES));
    const length = Uint8Array.of(ADDRESS_BYTES, 0, 0, 0);
    const isTold = this.#calls.getsockname(this.#fd, new Uint8Array(address.buffer), length) === 0;
    return isTold ? portOf(address) : undefined;
  }

  /** Hands on what waits, up to a batch, and says how much that was. */
  read(): number {
    if (this.#fd === CLOSED) return 0;
    const batch = this.#batch;
    // An error, such as that nobody is where was sent to, is gone once it is told.
    const count = batch.receive(this.#fd);
    for (let i = 0; i < count && this.#fd !== CLOSED; i += 1) {
      if (!batch.isFrom(i, this.#from)) {
        batch.copySource(i, this.#from);
        this.#fromHost = hostOf(this.#from);
        this.#fromPort = portOf(this.#from);
      }
      this.#onDatagram(batch.bytesAt(i), this.#fromHost, this.#fromPort, batch.ageMsAt(i));
    }
    return count;
  }

  /** To the far end that it is connected to. What the system has no room for is lost. */
  sendThere(packet: Uint8Array): void {
    if (this.#fd !== CLOSED) this.#calls.send(this.#fd, packet, packet.length, LINUX.atOnce);
  }

  sendTo(packet: Uint8Array, host: string, port: number): void {
    if (this.#fd === CLOSED || !this.#aim(host, port)) return;
    this.#calls.sendto(this.#fd, packet, packet.length, LINUX.atOnce, this.#to, this.#addressBytes);
  }

  /** The system drops what others send from now on; false when that can't be. */
  connect(host: string, port: number): boolean {
    if (this.#fd === CLOSED || !this.#aim(host, port)) return false;
    return this.#calls.connect(this.#fd, this.#to, this.#addressBytes) === 0;
  }

  disconnect(): void {
    if (this.#fd === CLOSED) return;
    this.#toPort = 0;
    this.#to.fill(LINUX.unspecified);
    this.#calls.connect(this.#fd, this.#to, this.#addressBytes);
  }

  /** Safe to call twice. */
  close(): void {
    if (this.#fd === CLOSED) return;
    this.#calls.close(this.#fd);
    this.#fd = CLOSED;
  }

  #aim(host: string, port: number): boolean {
    if (port < 1) return false;
    if (port === this.#toPort && host === this.#toHost) return true;
    this.#toPort = 0;
    if (!writeAddress(this.#calls, this.#family, host, port, this.#to)) return false;
    this.#toHost = host;
    this.#toPort = port;
    return true;
  }

  #fail(what: string, known?: string): never {
    const code = known ?? getSystemErrorName(-this.#calls.errno());
    this.close();
    throw Object.assign(new Error(`${what}: ${code}`), { code });
  }
}
