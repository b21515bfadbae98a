import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, createWriteStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { TrunklineError } from '../config/errors.ts';
import { LIMITS } from '../config/limits.ts';
import { adopt } from './adopted.ts';
import type { ChildEntry, ChildrenFile } from './children_file.ts';
import { lastWords } from './last_words.ts';
import type { LogFiles } from './log_files.ts';
import { isRunning, signalGroup } from './process_identity.ts';
import type { EndWith, Running } from './running.ts';

export interface ChildOptions {
  /** Also of its log. */
  readonly name: string;
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly endWith: EndWith;
  /** Rewrites each line of its output before it reaches the log. */
  readonly filter?: (line: string) => string;
  /** Resolves when it does its work; until then it counts as starting, for no longer than the limit. */
  readonly ready: (signal: AbortSignal) => Promise<void>;
  readonly readyLimitMs: number;
}

/** Starts the node's processes, each with its log and on record for a later start. */
export class ChildStarter {
  readonly #logs: LogFiles;
  readonly #children: ChildrenFile;
  readonly #adoptable: Map<string, ChildEntry>;

  /** @param adoptable of an earlier start, and on record: instead of starting one of their names anew, it is taken over */
  constructor(logs: LogFiles, children: ChildrenFile, adoptable: readonly ChildEntry[] = []) {
    this.#logs = logs;
    this.#children = children;
    this.#adoptable = new Map(adoptable.map(entry => [entry.name, entry]));
  }

  isAdoptable(name: string): boolean {
    return this.#adoptable.has(name);
  }

  /** Once for each. Undefined: there is none of that name any more. */
  takeAdopted(name: string, endWith: EndWith): Running | undefined {
    const entry = this.#adoptable.get(name);
    this.#adoptable.delete(name);
    if (entry === undefined || !isRunning(entry)) return undefined;
    // Kept within its limit from now on.
    this.#logs.file(name);
    return adopt(entry, { endWith, onEnded: () => this.#children.remove(entry.pid) });
  }

  /**
   * Starts a program, or takes over one that runs, and waits until it is ready; one that does not become ready is stopped.
   * @throws TrunklineError TOOL_MISSING when it can't be run, PORT_BUSY, DISK_FULL or STEP_FAILED with its last words
   */
  async start(options: ChildOptions, signal: AbortSignal): Promise<Running> {
    const adopted = this.takeAdopted(options.name, options.endWith);
    if (adopted !== undefined) {
      const limited = { ...options, readyLimitMs: LIMITS.adoptMs };
      const taken = await this.#untilReady(adopted, limited, signal).catch(() => undefined);
      if (taken !== undefined) return taken;
      signal.throwIfAborted();
    }
    return await this.#untilReady(await this.#spawn(options), options, signal);
  }

  async #untilReady(running: Running, options: ChildOptions, signal: AbortSignal): Promise<Running> {
    const over = new AbortController();
    const end = AbortSignal.any([signal, AbortSignal.timeout(options.readyLimitMs), over.signal]);
    const died = running.exited.then(words => Promise.reject(startFailure(words)));
    try {
      await Promise.race([options.ready(end), died]);
    } catch (error) {
      await running.stop();
      signal.throwIfAborted();
      if (error instanceof TrunklineError) throw error;
      const limitS = options.readyLimitMs / 1000;
      const detail = `${options.name} was not ready within ${limitS} s (log: ${this.#logs.file(options.name)})`;
      throw new TrunklineError('STEP_FAILED', detail, { cause: error });
    } finally {
      over.abort();
      died.catch(() => undefined);
    }
    return running;
  }

  /** Starts in a session of its own, so that ^C at the terminal reaches the supervisor alone. */
  async #spawn(options: ChildOptions): Promise<Running> {
    const log = this.#logs.open(options.name);
    const { filter } = options;
    const sink = filter === undefined ? log.descriptor : ('pipe' as const);
    const child = spawn(options.program, options.args, {
      cwd: options.cwd,
      env: options.env,
      detached: true,
      stdio: ['ignore', sink, sink],
    });
    const closed = once(child, 'close');
    if (filter === undefined) closeSync(log.descriptor);
    else filterOutput(child, log.descriptor, filter);
    try {
      await once(child, 'spawn');
    } catch (cause) {
      closed.catch(() => undefined);
      throw new TrunklineError('TOOL_MISSING', `${options.program} can't be run`, { cause });
    }
    const pid = child.pid!;
    this.#children.add(options.name, pid, options.endWith[0]?.signal ?? 'SIGTERM');
    const exited = closed.then(() => {
      // What the child itself had started must not outlive it.
      signalGroup(pid, 'SIGKILL');
      this.#children.remove(pid);
      const ending = child.signalCode ?? `exit code ${child.exitCode}`;
      const lastLines = lastWords(log.linesSince());
      return [`${options.name} ended with ${ending} (log: ${log.file})`, ...lastLines].join('\n');
    });
    return { pid, exited, stop: () => stopChild(child, exited, options.endWith) };
  }
}

/** What the last words of a program that never became ready mean in the table of errors. */
function startFailure(words: string): TrunklineError {
  if (/no space left on device|disk quota exceeded/i.test(words)) {
    return new TrunklineError('DISK_FULL', words);
  }
  if (/address already in use/i.test(words)) return new TrunklineError('PORT_BUSY', words);
  return new TrunklineError('STEP_FAILED', words);
}

async function stopChild(child: ChildProcess, exited: Promise<string>, endWith: EndWith): Promise<void> {
  for (const { signal, waitMs } of endWith) {
    child.kill(signal);
    const limit = new AbortController();
    await Promise.race([exited, sleep(waitMs, undefined, { signal: limit.signal }).catch(() => undefined)]);
    limit.abort();
    if (child.exitCode !== null || child.signalCode !== null) break;
  }
  signalGroup(child.pid!, 'SIGKILL');
  await exited;
}

function filterOutput(child: ChildProcess, descriptor: number, filter: (line: string) => string): void {
  const log = createWriteStream('', { fd: descriptor });
  // A full disk must not end the node for want of a log line.
  log.on('error', () => undefined);
  for (const stream of [child.stdout, child.stderr]) {
    if (stream !== null)
      createInterface({ input: stream }).on('line', line => log.write(`${filter(line)}\n`));
  }
  child.once('close', () => log.end());
}
