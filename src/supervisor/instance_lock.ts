import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { TrunklineError } from '../config/errors.ts';
import type { NodePaths } from '../config/paths.ts';

export interface InstanceLock {
  release(): Promise<void>;
}

/**
 * Lets one node at a time run on a data folder. The lock is a listening socket in Linux's abstract namespace (unix(7)):
 * the kernel gives it back however its process ends, so it is never stale. The pid file beside it is for people.
 * @throws TrunklineError ALREADY_RUNNING
 */
export async function lockInstance(paths: NodePaths): Promise<InstanceLock> {
  mkdirSync(paths.run, { recursive: true, mode: 0o700 });
  const pidFile = join(paths.run, 'trunkline.pid');
  const server = createServer(socket => socket.destroy());
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(error.code === 'EADDRINUSE' ? alreadyRunning(paths, pidFile) : error);
    });
    server.listen(lockAddress(paths), resolve);
  });
  server.unref();
  writeFileSync(pidFile, `${process.pid}\n`);
  return {
    release: async () => {
      rmSync(pidFile, { force: true });
      await new Promise<void>(resolve => server.close(() => resolve()));
    },
  };
}

/** A folder is told by its device and inode: containers that share a network see theirs under one path. */
function lockAddress(paths: NodePaths): string {
  const { dev, ino } = statSync(paths.data);
  return `\0trunkline-${dev}-${ino}`;
}

/** Whether a node runs on the data folder; asks without taking the lock. */
export async function isInstanceRunning(paths: NodePaths): Promise<boolean> {
  if (!existsSync(paths.data)) return false;
  const socket = connect(lockAddress(paths));
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

function alreadyRunning(paths: NodePaths, pidFile: string): TrunklineError {
  const pid = readPid(pidFile);
  const who = pid === undefined ? 'another process' : `process ${pid}`;
  return new TrunklineError('ALREADY_RUNNING', `${who} runs a node on ${paths.data}`);
}

function readPid(file: string): number | undefined {
  try {
    const pid = Number.parseInt(readFileSync(file, 'utf8'), 10);
    return Number.isSafeInteger(pid) ? pid : undefined;
  } catch {
    return undefined;
  }
}
