import { loadLibc } from './libc.ts';

/** C's functions of their names. None throws or waits; −1 is a failure, of which `errno` tells. */
export interface UdpCalls {
  readonly socket: (family: number, type: number, protocol: number) => number;
  readonly setsockopt: (fd: number, level: number, name: number, value: Uint8Array, bytes: number) => number;
  readonly bind: (fd: number, address: Uint8Array, bytes: number) => number;
  readonly connect: (fd: number, address: Uint8Array, bytes: number) => number;
  readonly getsockname: (fd: number, address: Uint8Array, bytes: Uint8Array) => number;
  readonly send: (fd: number, packet: Uint8Array, bytes: number, flags: number) => number;
  readonly sendto: (
    fd: number,
    packet: Uint8Array,
    bytes: number,
    flags: number,
    to: Uint8Array,
    toBytes: number,
  ) => number;
  readonly recvmmsg: (fd: number, headers: Uint8Array, count: number, flags: number, wait: null) => number;
  readonly close: (fd: number) => number;
  readonly clock_gettime: (clock: number, into: Int32Array) => number;
  readonly inet_pton: (family: number, text: string, into: Uint8Array) => number;
  /** Of the call made last. */
  readonly errno: () => number;
  /** Where bytes lie; they must be of an ArrayBuffer that was made first, and live as long as that is used. */
  readonly addressOf: (bytes: Uint8Array) => bigint;
}

/** Numbers of Linux for what is asked of `UdpCalls` (socket(7), ip(7), clock_gettime(2)). */
export const LINUX = {
  unspecified: 0,
  inet: 2,
  inet6: 10,
  /** SOCK_DGRAM, SOCK_NONBLOCK and SOCK_CLOEXEC. */
  datagramSocket: 2 | 0o4000 | 0o2000000,
  socketLevel: 1,
  /** SO_TIMESTAMPNS, and the type of the control message that comes of it. */
  timestampNs: 35,
  /** MSG_DONTWAIT and MSG_NOSIGNAL. */
  atOnce: 0x40 | 0x4000,
  clockRealtime: 0,
} as const;

/** Undefined where they can't be had, or where their structures are not known. */
export function loadUdpCalls(): UdpCalls | undefined {
  const loaded = loadLibc();
  if (loaded === undefined) return undefined;
  const { libc, koffi } = loaded;
  try {
    return {
      socket: libc.func('int socket(int, int, int)'),
      setsockopt: libc.func('int setsockopt(int, int, int, const void *, unsigned int)'),
      bind: libc.func('int bind(int, const void *, unsigned int)'),
      connect: libc.func('int connect(int, const void *, unsigned int)'),
      getsockname: libc.func('int getsockname(int, void *, void *)'),
      send: libc.func('long send(int, const void *, size_t, int)'),
      sendto: libc.func('long sendto(int, const void *, size_t, int, const void *, unsigned int)'),
      recvmmsg: libc.func('int recvmmsg(int, void *, unsigned int, int, void *)'),
      close: libc.func('int close(int)'),
      clock_gettime: libc.func('int clock_gettime(int, void *)'),
      inet_pton: libc.func('int inet_pton(int, const char *, void *)'),
      errno: () => koffi.errno(),
      addressOf: bytes => BigInt(koffi.address(bytes)),
    };
  } catch {
    return undefined;
  }
}
