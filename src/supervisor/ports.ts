import { createSocket } from 'node:dgram';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { TrunklineError } from '../config/errors.ts';
import { programName } from './process_identity.ts';

export interface PortUse {
  /** The configuration's key, for the message. */
  readonly key: string;
  readonly host: string;
  readonly port: number;
  readonly transport: 'tcp' | 'udp';
}

/**
 * Makes sure that every port is free before anything is started.
 * @throws TrunklineError PORT_BUSY naming all that are not, with who holds them
 */
export async function assertPortsFree(uses: readonly PortUse[]): Promise<void> {
  const problems = (await Promise.all(uses.map(portProblem))).filter(problem => problem !== undefined);
  if (problems.length > 0) throw new TrunklineError('PORT_BUSY', problems.join('; '));
}

/** Why the port can't be had, or undefined. */
export async function portProblem(use: PortUse): Promise<string | undefined> {
  const code = await (use.transport === 'tcp' ? tryTcp(use) : tryUdp(use));
  const what = `${use.key} ${use.port}/${use.transport}`;
  if (code === undefined) return undefined;
  if (code === 'EADDRINUSE') return `${what} is held by ${holder(use) ?? 'another user’s program'}`;
  if (code === 'EACCES') return `${what} may only be used by root`;
  if (code === 'EADDRNOTAVAIL') return `${what}: ${use.host} is no address of this machine`;
  return `${what} on ${use.host} can't be had (${code})`;
}

function tryTcp({ host, port }: PortUse): Promise<string | undefined> {
  return new Promise(resolve => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(undefined)));
  });
}

function tryUdp({ host, port }: PortUse): Promise<string | undefined> {
  return new Promise(resolve => {
    const socket = createSocket({ type: host.includes(':') ? 'udp6' : 'udp4' });
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    socket.bind({ address: host, port, exclusive: true }, () => socket.close(() => resolve(undefined)));
  });
}

/** The program with a socket on the port, as far as this user may see: by socket inode, proc(5) and /proc/net. */
function holder({ port, transport }: PortUse): string | undefined {
  const inodes = new Set([
    ...inodesOf(`/proc/net/${transport}`, port),
    ...inodesOf(`/proc/net/${transport}6`, port),
  ]);
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    if (socketInodes(entry).some(inode => inodes.has(inode)))
      return `${programName(Number(entry))} (process ${entry})`;
  }
  return undefined;
}

const TCP_LISTEN = '0A';

function inodesOf(table: string, port: number): string[] {
  const hexPort = port.toString(16).toUpperCase().padStart(4, '0');
  try {
    return readFileSync(table, 'latin1')
      .split('\n')
      .slice(1)
      .map(line => line.trim().split(/\s+/))
      .filter(([, local = '', , state]) => {
        return local.endsWith(`:${hexPort}`) && (state === TCP_LISTEN || table.includes('udp'));
      })
      .flatMap(fields => fields[9] ?? []);
  } catch {
    return [];
  }
}

function socketInodes(pid: string): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).flatMap(descriptor => {
      try {
        return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${descriptor}`))?.[1] ?? [];
      } catch {
        return [];
      }
    });
  } catch {
    return [];
  }
}
