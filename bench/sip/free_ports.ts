import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';

const HOST = '127.0.0.1';
/** Below those that systems give to connections by themselves (Linux: from 32768): none of these is taken by chance meanwhile. */
const LOWEST = 20_000;
const HIGHEST = 32_767;

/** Ports of the loopback that nobody used a moment ago, neither TCP's nor UDP's. */
export async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  while (ports.size < count) ports.add(await freePort());
  return [...ports];
}

export async function freePort(): Promise<number> {
  for (;;) {
    const port = LOWEST + Math.floor(Math.random() * (HIGHEST - LOWEST + 1));
    if ((await isTcpFree(port)) && (await isUdpFree(port))) return port;
  }
}

function isTcpFree(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, HOST, () => server.close(() => resolve(true)));
  });
}

export async function isUdpFree(port: number): Promise<boolean> {
  const socket = createSocket('udp4').bind(port, HOST);
  try {
    await once(socket, 'listening');
    return true;
  } catch {
    return false;
  } finally {
    socket.close();
  }
}
