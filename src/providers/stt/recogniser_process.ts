import { type ChildProcess, fork } from 'node:child_process';
import { LIMITS } from '../../config/limits.ts';
import type { HostReply, HostRequest } from './host_messages.ts';

/** What runs in the process, and its settings: data, told as JSON. */
export interface RecogniserProgram {
  readonly file: URL;
  readonly options: object;
}

const MINUTE_MS = 60_000;

interface Events {
  reply(reply: HostReply): void;
  /** The process has ended by itself; what it knew is lost. */
  gone(): void;
}

/**
 * The process that holds a native library. Started when needed, started anew after it died, but not more often than
 * LIMITS.sttRestartsPerMinute. It does not keep its parent alive unless `hold` says so, and ends with its parent.
 */
export class RecogniserProcess {
  readonly #program: RecogniserProgram;
  readonly #events: Events;
  #child: ChildProcess | undefined;
  #starts: number[] = [];

  constructor(program: RecogniserProgram, events: Events) {
    this.#program = program;
    this.#events = events;
  }

  /** False when it died too often lately. */
  start(): boolean {
    if (this.#child !== undefined) return true;
    const now = performance.now();
    this.#starts = this.#starts.filter(at => now - at < MINUTE_MS);
    if (this.#starts.length > LIMITS.sttRestartsPerMinute) return false;
    this.#starts.push(now);
    const child = fork(this.#program.file, [JSON.stringify(this.#program.options)], {
      serialization: 'advanced',
      // A terminal's interrupt reaches the whole group; calls that drain still need their recogniser.
      detached: true,
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    child.on('message', (reply: HostReply) => this.#events.reply(reply));
    child.once('error', () => this.#forget(child));
    child.once('exit', () => this.#forget(child));
    child.unref();
    child.channel?.unref();
    this.#child = child;
    return true;
  }

  send(request: HostRequest): void {
    if (this.#child?.connected === true) this.#child.send(request, () => {});
  }

  /** While somebody waits for an answer the parent must not run out of things to do. */
  hold(isAwaited: boolean): void {
    if (isAwaited) {
      // The channel of a process that is killed goes before its end is told.
      this.#child?.ref();
      this.#child?.channel?.ref();
    } else {
      this.#child?.unref();
      this.#child?.channel?.unref();
    }
  }

  /** Ends a process that hangs; `gone` follows. */
  kill(): void {
    this.#child?.kill('SIGKILL');
  }

  /** Lets it go and waits until it has ended. */
  async close(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise(resolve => child.once('exit', resolve));
    child.ref();
    if (child.connected) child.disconnect();
    const kill = setTimeout(() => child.kill('SIGKILL'), LIMITS.sttFinalMs);
    await ended;
    clearTimeout(kill);
  }

  #forget(child: ChildProcess): void {
    if (this.#child !== child) return;
    this.#child = undefined;
    this.#events.gone();
  }
}
