import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Test } from 'tap';
import { freePort } from '../../bench/sip/free_ports.ts';
import { identify } from '../../src/supervisor/process_identity.ts';
import { ROOT } from '../tidy/sources.ts';

/** A node started as `npm start` does, on ports and a data folder of its own. */
export interface StartedNode {
  readonly child: ChildProcess;
  readonly lines: readonly string[];
  /** Resolves with the line; rejects when the node ends before it says so. */
  said(pattern: RegExp): Promise<string>;
  /** Resolves with the exit code, or the signal's name. */
  readonly ended: Promise<number | NodeJS.Signals | null>;
}

export type NodeEnvironment = Readonly<Record<string, string>>;

/** Settings of a node that collides with no other. */
export async function nodeEnvironment(t: Test): Promise<NodeEnvironment> {
  return {
    TRUNKLINE_DATA_DIR: join(t.testdir(), 'data'),
    TRUNKLINE_HTTP__PORT: `${await freePort()}`,
    TRUNKLINE_REDIS__PORT: `${await freePort()}`,
    TRUNKLINE_POSTGRES__PORT: `${await freePort()}`,
  };
}

/** As `npm start` sets it: a node that starts again compiles nothing again. */
const NODE_COMPILE_CACHE = join(ROOT, 'var/compile-cache');
const DIRECTLY = [process.execPath, join(ROOT, 'src/main.ts')] as const;

export function startNode(
  t: Test,
  env: NodeEnvironment,
  args: readonly string[],
  [program, ...words]: readonly [string, ...string[]] = DIRECTLY,
): StartedNode {
  const child = spawn(program, [...words, ...args], {
    cwd: ROOT,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, NODE_COMPILE_CACHE, ...env },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  t.teardown(() => child.kill('SIGKILL'));
  const lines: string[] = [];
  const listeners = new Set<(line: string) => void>();
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', line => {
      lines.push(line);
      for (const listener of listeners) listener(line);
    });
  }
  const ended = once(child, 'close').then(([code, signal]) => code ?? signal);
  const said = (pattern: RegExp): Promise<string> => {
    const before = lines.find(line => pattern.test(line));
    if (before !== undefined) return Promise.resolve(before);
    const heard = Promise.withResolvers<string>();
    listeners.add(line => {
      if (pattern.test(line)) heard.resolve(line);
    });
    const silent = ended.then(code => {
      throw new Error(`ended with ${code} before ${pattern}:\n${lines.join('\n')}`);
    });
    return Promise.race([heard.promise, silent]);
  };
  return { child, lines, said, ended };
}

/** Who works in the node's data folder or was told of it: its children and theirs. */
export function processesOf(env: NodeEnvironment): number[] {
  const folder = env.TRUNKLINE_DATA_DIR ?? '';
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .map(Number)
    .filter(pid => identify(pid) !== undefined && belongsTo(pid, folder));
}

function belongsTo(pid: number, folder: string): boolean {
  try {
    return (
      readlinkSync(`/proc/${pid}/cwd`).startsWith(folder) ||
      readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(folder)
    );
  } catch {
    return false;
  }
}
