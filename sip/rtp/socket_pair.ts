import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import type { RtpPair, RtpSockets, SocketPairOptions } from './rtp_sockets.ts';

/** Sockets of the event loop, as every system has them. */
export const eventSockets: RtpSockets = {
  bind: options => SocketPair.bind(options),
  poll: () => undefined,
};

class SocketPair implements RtpPair {
  readonly #rtp: Socket;
  readonly #rtcp: Socket;
  readonly #isWildcard: boolean;
  #isOpen = true;
  /** The RTP socket is connected to the far end. */
  #isConnected = false;

  private constructor({ host, onRtp, onRtcp }: SocketPairOptions, rtp: Socket, rtcp: Socket) {
    this.#rtp = rtp;
    this.#rtcp = rtcp;
    this.#isWildcard = host === '0.0.0.0' || host === '::';
    // An unreachable far end shows here on some systems; the call ends by silence or signalling, not by this.
    for (const socket of [rtp, rtcp]) socket.on('error', () => {});
    rtp.on('message', (bytes: Buffer, from: RemoteInfo) => onRtp(bytes, from.address, from.port, 0));
    rtcp.on('message', (bytes: Buffer, from: RemoteInfo) => onRtcp(bytes, from.address, from.port, 0));
  }

  static async bind(options: SocketPairOptions): Promise<SocketPair> {
    const { host, port } = options;
    const rtp = createUdp(host);
    const rtcp = createUdp(host);
    try {
      await bind(rtp, host, port);
      await bind(rtcp, host, port + 1);
    } catch (error) {
      rtp.close();
      rtcp.close();
      throw error;
    }
    return new SocketPair(options, rtp, rtcp);
  }

  /** Hands a packet to the system, which may read it until a few packets later. Never throws. */
  sendRtp(packet: Uint8Array, host: string, port: number): void {
    if (this.#isOpen && this.#isConnected) this.#rtp.send(packet);
    else this.#send(this.#rtp, packet, host, port);
  }

  sendRtcp(packet: Uint8Array, host: string, port: number): void {
    this.#send(this.#rtcp, packet, host, port);
  }

  /**
   * The system drops what others send to the RTP port from now on, and spares a look-up for each packet. Not on a socket
   * of all addresses: it would hear at one of them only.
   */
  hearOnly(host: string, port: number): void {
    if (!this.#isOpen || this.#isWildcard) return;
    try {
      this.#rtp.connect(port, host);
      // Throws if that did not succeed, which shows at once since nothing is looked up.
      this.#rtp.remoteAddress();
      this.#isConnected = true;
    } catch {
      this.#isConnected = false;
    }
  }

  /** Undoes `hearOnly`. */
  hearAll(): void {
    if (this.#isOpen && this.#isConnected) this.#rtp.disconnect();
    this.#isConnected = false;
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#rtp.close();
    this.#rtcp.close();
  }

  /** Nobody waits for what becomes of it: without that, a packet costs a tenth less. */
  #send(socket: Socket, packet: Uint8Array, host: string, port: number): void {
    if (this.#isOpen && port >= 1 && port <= 65_535) socket.send(packet, port, host);
  }
}

/** Hosts are addresses here: nothing is ever looked up, which would cost each packet a turn of the event loop. */
function createUdp(host: string): Socket {
  const isV6 = isIPv6(host);
  return createSocket({
    type: isV6 ? 'udp6' : 'udp4',
    lookup: (address, _options, callback) => callback(null, address, isV6 ? 6 : 4),
  });
}

function bind(socket: Socket, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.bind(port, host, () => {
      socket.removeListener('error', reject);
      resolve();
    });
  });
}
