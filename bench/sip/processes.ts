import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { measureProcesses, memoryMiB } from '../process_cpu.ts';

/** A way for calls that runs on this machine. */
export interface Stack {
  /** sip:NUMBER@HOST:PORT */
  readonly target: string;
  readonly processes: Processes;
  stop(): Promise<void>;
}

export interface StartOptions {
  readonly environment?: NodeJS.ProcessEnv;
  /** It only brings the others together: what it uses is not counted. */
  readonly isCounted?: boolean;
}

/** Of one core, by name of the process. */
export type CpuPercents = Readonly<Record<string, number>>;

const END_MS = 3000;

/** The processes of one way: started one after the other, measured together, ended in the opposite order. */
export class Processes {
  readonly #running: { readonly name: string; readonly child: ChildProcess; readonly isCounted: boolean }[] =
    [];

  /** @throws Error when the program can't be run */
  async start(
    name: string,
    program: string,
    args: readonly string[],
    { environment = {}, isCounted = true }: StartOptions = {},
  ): Promise<ChildProcess> {
    const env = { PATH: process.env.PATH, HOME: process.env.HOME, ...environment };
    const child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
    await once(child, 'spawn');
    child.stdout.resume();
    this.#running.push({ name, child, isCounted });
    return child;
  }

  /** Physical memory that each has now, by name. */
  residentMiB(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#counted().map(({ name, child }) => [name, memoryMiB(child.pid!)]));
  }

  /** Of those that are counted, each with all that it started below it. */
  pids(): readonly number[] {
    return this.#counted().map(({ child }) => child.pid!);
  }

  /** Those that have ended though nobody told them to. */
  ended(): readonly string[] {
    return this.#running
      .filter(({ child }) => child.exitCode !== null || child.signalCode !== null)
      .map(({ name }) => name);
  }

  /** Measures from now until `stop`; each of them with all that it started. */
  measure(): { stop(): CpuPercents } {
    const measured = this.#counted().map(({ name, child }) => ({
      name,
      measuring: measureProcesses(child.pid!),
    }));
    return {
      stop: () =>
        Object.fromEntries(
          measured.map(({ name, measuring }) => [
            name,
            measuring.stop().reduce((sum, { cpuPercent }) => sum + cpuPercent, 0),
          ]),
        ),
    };
  }

  #counted(): { readonly name: string; readonly child: ChildProcess }[] {
    return this.#running.filter(({ isCounted }) => isCounted);
  }

  async stop(): Promise<void> {
    for (const { child } of this.#running.toReversed()) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const exit = once(child, 'exit');
      child.kill('SIGINT');
      const timer = setTimeout(() => child.kill('SIGKILL'), END_MS);
      await exit;
      clearTimeout(timer);
    }
  }
}
