import { SocketAddress } from 'node:net';
import { RTP_LIMITS } from './limits.ts';
import { LINUX, type UdpCalls } from './udp_calls.ts';

/** Datagrams that are read by one call. */
export const BATCH = 8;

/** `struct mmsghdr`, recvmmsg(2): where its parts lie, in bytes. */
const HEADER = { bytes: 64, name: 0, nameBytes: 8, parts: 16, partCount: 24, control: 32, controlBytes: 40 };
const LENGTH_WORD = 56 / 4;
/** `struct iovec`. */
const PART_BYTES = 16;
/** Room for `struct sockaddr_in6`, the longest that comes. */
const NAME_BYTES = 32;
export const ADDRESS_BYTES = 28;
export const ADDRESS_WORDS = ADDRESS_BYTES / 4;
/** Words of a `struct sockaddr_in` that tell who it is, and of a `sockaddr_in6`: family and port come first in both. */
const INET_WORDS: readonly number[] = [0, 1];
const INET6_WORDS: readonly number[] = [0, 2, 3, 4, 5, 6];
const SCOPE_WORD = 6;
/** Room for the time, which is a `struct cmsghdr` (level and type at 8 and 12) and a `struct timespec`. */
const CONTROL_BYTES = 64;
const STAMP_BYTES = 32;
/** One byte more than is taken, so that what is longer shows. */
const DATA_BYTES = RTP_LIMITS.datagramBytes + 1;

/**
 * Where the system puts datagrams, when each came and from where. One for all sockets of a thread: it is read again before
 * anything else is received. Nothing is allocated for a datagram but a view, once for each length.
 */
export class DatagramBatch {
  readonly #calls: UdpCalls;
  readonly #headers = new Uint8Array(new ArrayBuffer(HEADER.bytes * BATCH));
  readonly #headerWords = new Int32Array(this.#headers.buffer);
  readonly #parts = new Uint8Array(new ArrayBuffer(PART_BYTES * BATCH));
  readonly #names = new Uint8Array(new ArrayBuffer(NAME_BYTES * BATCH));
  readonly #nameWords = new Int32Array(this.#names.buffer);
  readonly #controls = new Uint8Array(new ArrayBuffer(CONTROL_BYTES * BATCH));
  readonly #controlWords = new Int32Array(this.#controls.buffer);
  readonly #data = new Uint8Array(new ArrayBuffer(DATA_BYTES * BATCH));
  /** By place, then by length. */
  readonly #views: readonly (Uint8Array | undefined)[][];
  /** Seconds and nanoseconds, of 64 bits each. */
  readonly #now = new Int32Array(new ArrayBuffer(16));
  #used = BATCH;

  constructor(calls: UdpCalls) {
    this.#calls = calls;
    this.#views = Array.from({ length: BATCH }, () => Array.from({ length: DATA_BYTES + 1 }));
    const headers = new DataView(this.#headers.buffer);
    const parts = new DataView(this.#parts.buffer);
    for (let i = 0; i < BATCH; i += 1) {
      const header = HEADER.bytes * i;
      const part = PART_BYTES * i;
      parts.setBigUint64(part, calls.addressOf(this.#data) + BigInt(DATA_BYTES * i), true);
      parts.setBigUint64(part + 8, BigInt(DATA_BYTES), true);
      headers.setBigUint64(header + HEADER.name, calls.addressOf(this.#names) + BigInt(NAME_BYTES * i), true);
      headers.setBigUint64(header + HEADER.parts, calls.addressOf(this.#parts) + BigInt(part), true);
      headers.setBigUint64(header + HEADER.partCount, 1n, true);
      const control = calls.addressOf(this.#controls) + BigInt(CONTROL_BYTES * i);
      headers.setBigUint64(header + HEADER.control, control, true);
    }
  }

  /** Takes what waits at a socket, up to a batch; 0 when nothing does, or the socket has an error to tell. */
  receive(fd: number): number {
    this.#renew();
    const count = this.#calls.recvmmsg(fd, this.#headers, BATCH, LINUX.atOnce, null);
    if (count <= 0) return 0;
    this.#used = count;
    this.#calls.clock_gettime(LINUX.clockRealtime, this.#now);
    return count;
  }

  /** The bytes of one, until the next are received; one longer than a datagram may be is cut, but not to that length. */
  bytesAt(i: number): Uint8Array {
    const length = this.#headerWords[(HEADER.bytes / 4) * i + LENGTH_WORD]!;
    const views = this.#views[i]!;
    let view = views[length];
    if (view === undefined) {
      view = new Uint8Array(this.#data.buffer, DATA_BYTES * i, length);
      views[length] = view;
    }
    return view;
  }

  /** How long ago one came, milliseconds. 0 where that is not known, or can't be: somebody has set the clock. */
  ageMsAt(i: number): number {
    const controlBytes = this.#headerWords[(HEADER.bytes * i + HEADER.controlBytes) / 4]!;
    const word = (CONTROL_BYTES / 4) * i;
    const words = this.#controlWords;
    const isStamped =
      controlBytes >= STAMP_BYTES &&
      words[word + 2] === LINUX.socketLevel &&
      words[word + 3] === LINUX.timestampNs;
    if (!isStamped) return 0;
    // The lower half of the seconds is enough for a difference.
    const seconds = (this.#now[0]! - words[word + 4]!) | 0;
    const ageMs = seconds * 1000 + (this.#now[2]! - words[word + 6]!) / 1e6;
    return ageMs > 0 && ageMs < RTP_LIMITS.waitingMs ? ageMs : 0;
  }

  /** Whether one is of this source, as `copySource` gave it. */
  isFrom(i: number, source: Int32Array): boolean {
    const words = this.#nameWords;
    const at = (NAME_BYTES / 4) * i;
    if (words[at] !== source[0]) return false;
    const telling = (source[0]! & 0xffff) === LINUX.inet ? INET_WORDS : INET6_WORDS;
    for (let word = 1; word < telling.length; word += 1) {
      if (words[at + telling[word]!] !== source[telling[word]!]) return false;
    }
    return true;
  }

  copySource(i: number, into: Int32Array): void {
    const at = (NAME_BYTES / 4) * i;
    for (let word = 0; word < ADDRESS_WORDS; word += 1) into[word] = this.#nameWords[at + word]!;
  }

  /** What the system has overwritten: how much room there is. */
  #renew(): void {
    for (let i = 0; i < this.#used; i += 1) {
      const header = HEADER.bytes * i;
      this.#headerWords[(header + HEADER.nameBytes) / 4] = ADDRESS_BYTES;
      this.#headerWords[(header + HEADER.controlBytes) / 4] = CONTROL_BYTES;
    }
    this.#used = 0;
  }
}

/** Port of a `struct sockaddr_in` or `sockaddr_in6`. */
export function portOf(address: Int32Array): number {
  const word = address[0]! >>> 16;
  return ((word & 0xff) << 8) | (word >>> 8);
}

/** Its host, written as the event loop's sockets write it. */
export function hostOf(address: Int32Array): string {
  const bytes = new Uint8Array(address.buffer, address.byteOffset, ADDRESS_BYTES);
  if ((address[0]! & 0xffff) === LINUX.inet) return bytes.subarray(4, 8).join('.');
  const groups = Array.from({ length: 8 }, (_, i) =>
    ((bytes[8 + 2 * i]! << 8) | bytes[9 + 2 * i]!).toString(16),
  );
  const host = new SocketAddress({ address: groups.join(':'), family: 'ipv6' }).address;
  // Of a link's own addresses, only this tells which link.
  return address[SCOPE_WORD] === 0 ? host : `${host}%${address[SCOPE_WORD]}`;
}

/** Writes an address of a family; false when it is none, or the port is none. */
export function writeAddress(
  calls: UdpCalls,
  family: number,
  host: string,
  port: number,
  into: Uint8Array,
): boolean {
  into.fill(0);
  const [address = '', scope = '0'] = host.split('%');
  const isAddress = calls.inet_pton(family, address, into.subarray(family === LINUX.inet ? 4 : 8)) === 1;
  if (!isAddress || !/^\d+$/.test(scope) || !(port >= 0 && port <= 65_535)) return false;
  const view = new DataView(into.buffer, into.byteOffset, ADDRESS_BYTES);
  view.setUint16(0, family, true);
  view.setUint16(2, port, false);
  if (family === LINUX.inet6) view.setUint32(24, Number(scope), true);
  return true;
}

/** Length of an address of a family. */
export function addressBytes(family: number): number {
  return family === LINUX.inet ? 16 : ADDRESS_BYTES;
}
