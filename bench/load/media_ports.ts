import { createSocket, type Socket } from 'node:dgram';
import { isIP } from 'node:net';

/** Where one call's media comes and goes: RTP on an even port, RTCP on the next (RFC 3550 §11). */
export interface MediaPort {
  readonly port: number;
  /** Hands the packet to the system; never throws. */
  send(packet: Uint8Array, host: string, port: number): void;
  /** Takes the RTP from now on; what comes while nobody does is dropped. */
  onRtp: ((datagram: Uint8Array, from: { address: string; port: number }) => void) | undefined;
  /** Datagrams on the RTCP port since it was taken. */
  rtcpPackets: number;
}

interface Pair extends MediaPort {
  close(): void;
}

const LOWEST_PORT = 30_000;
const HIGHEST_PORT = 49_998;
/** Pairs tried in a row that others use. */
const BIND_ATTEMPTS = 200;

/** Sockets of a port pair for each call, as a trunk has them: bound before they are needed, and used again in turn. */
export class MediaPorts {
  readonly #host: string;
  readonly #free: Pair[] = [];
  readonly #all: Pair[] = [];
  #next = LOWEST_PORT + 2 * Math.floor((Math.random() * (HIGHEST_PORT - LOWEST_PORT)) / 2);

  constructor(host: string) {
    this.#host = host;
  }

  /**
   * Sees to it that so many pairs are free.
   * @throws Error of the system, as when there are no more files to open
   */
  async provide(count: number): Promise<void> {
    while (this.#free.length < count) {
      const pair = await this.#bindNext();
      this.#all.push(pair);
      this.#free.push(pair);
    }
  }

  get free(): number {
    return this.#free.length;
  }

  /**
   * The pair longest free, so that nothing of the call before is still on its way.
   * @throws RangeError when none is
   */
  take(): MediaPort {
    const pair = this.#free.shift();
    if (pair === undefined) throw new RangeError('no ports are free');
    pair.rtcpPackets = 0;
    return pair;
  }

  giveBack(media: MediaPort): void {
    media.onRtp = undefined;
    const pair = this.#all.find(({ port }) => port === media.port);
    if (pair !== undefined) this.#free.push(pair);
  }

  close(): void {
    for (const pair of this.#all) pair.close();
    this.#free.length = 0;
  }

  async #bindNext(): Promise<Pair> {
    for (let attempt = 1; ; attempt += 1) {
      const port = this.#next;
      this.#next = port + 2 > HIGHEST_PORT ? LOWEST_PORT : port + 2;
      try {
        return await bindPair(this.#host, port);
      } catch (error) {
        const isUsed = (error as NodeJS.ErrnoException).code === 'EADDRINUSE';
        if (!isUsed || attempt === BIND_ATTEMPTS) throw error;
      }
    }
  }
}

async function bindPair(host: string, port: number): Promise<Pair> {
  const rtp = await bind(host, port);
  const rtcp = await bind(host, port + 1).catch((error: unknown) => {
    rtp.close();
    throw error;
  });
  const pair: Pair = {
    port,
    send: (packet, toHost, toPort) => rtp.send(packet, toPort, toHost),
    onRtp: undefined,
    rtcpPackets: 0,
    close: () => {
      rtp.close();
      rtcp.close();
    },
  };
  rtp.on('message', (datagram, from) => pair.onRtp?.(datagram, from));
  rtcp.on('message', () => {
    pair.rtcpPackets += 1;
  });
  return pair;
}

/** Hosts are addresses here: nothing is looked up, which would cost each packet a turn of the event loop. */
async function bind(host: string, port: number): Promise<Socket> {
  const family = isIP(host) === 6 ? 6 : 4;
  const socket = createSocket({
    type: family === 6 ? 'udp6' : 'udp4',
    lookup: (address, _options, callback) => callback(null, address, family),
  });
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.bind(port, host, () => {
        socket.removeListener('error', reject);
        resolve();
      });
    });
  } catch (error) {
    socket.close();
    throw error;
  }
  // An ICMP error of a far end that is gone; silence and signalling tell the same.
  socket.on('error', () => {});
  return socket;
}
