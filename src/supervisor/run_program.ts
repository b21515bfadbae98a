import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { signalGroup } from './process_identity.ts';

export interface ProgramOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly onLine?: (line: string) => void;
  /** Ends the program, and all that it started, when it aborts. */
  readonly signal: AbortSignal;
}

export interface ProgramResult {
  readonly ok: boolean;
  /** The last lines of both outputs together. */
  readonly lastLines: readonly string[];
}

const KEPT_LINES = 40;

/**
 * Runs a program to its end, away from the terminal.
 * @throws the signal's reason when it aborts; the system's error when the program can't be run
 */
export async function runProgram(
  program: string,
  args: readonly string[],
  options: ProgramOptions,
): Promise<ProgramResult> {
  options.signal.throwIfAborted();
  const child = spawn(program, args, {
    ...(options.cwd !== undefined && { cwd: options.cwd }),
    env: options.env ?? process.env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lastLines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', line => {
      lastLines.push(line);
      if (lastLines.length > KEPT_LINES) lastLines.shift();
      options.onLine?.(line);
    });
  }
  const end = (): void => {
    if (child.pid !== undefined) signalGroup(child.pid, 'SIGKILL');
  };
  options.signal.addEventListener('abort', end, { once: true });
  try {
    await once(child, 'close');
  } finally {
    options.signal.removeEventListener('abort', end);
  }
  options.signal.throwIfAborted();
  return { ok: child.exitCode === 0, lastLines };
}
