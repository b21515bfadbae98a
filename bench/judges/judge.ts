import { type ChildProcess, spawn } from 'node:child_process';
import type { Address } from '../wire/sip_uri.ts';

/** A call that a foreign phone is to make. */
export interface JudgeTask {
  readonly user: string;
  readonly remote: Address;
  readonly localHost: string;
  /** What it plays, at 8 kHz: silence while the agent greets, then an answer. */
  readonly audio: Int16Array;
  /** Counted from the answer, after which it hangs up. */
  readonly holdMs: number;
  /** An empty folder of its own. */
  readonly folder: string;
}

export interface Verdict {
  readonly judge: string;
  readonly completed: boolean;
  /** What it went by, or what went wrong. */
  readonly detail: string;
  /** Sounds of the agent as it recorded them, where it can: ms since the call began. */
  readonly heard?: readonly { readonly startMs: number; readonly endMs: number | undefined }[];
}

/** Time for setting up and ending a call beside its own length. */
const SLACK_MS = 45_000;
const MAX_OUTPUT = 200_000;

/**
 * Runs a program in the task's folder to its end, or to the end of its time. Its words are what it wrote on either
 * stream; `heed` is told all of them whenever there are more. Programs are to be given names relative to the folder:
 * some cut off longer paths without a word.
 */
export function runProgram(
  program: string,
  args: readonly string[],
  { folder, holdMs }: Pick<JudgeTask, 'folder' | 'holdMs'>,
  heed: (output: string, child: ChildProcess) => void = () => {},
): Promise<{ readonly code: number | null; readonly output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: holdMs + SLACK_MS,
      killSignal: 'SIGKILL',
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output = (output + text).slice(-MAX_OUTPUT);
        heed(output, child);
      });
    }
    child.on('error', reject);
    child.on('close', code => resolve({ code, output }));
  });
}

/** The last line of a program's words that matches. */
export function lastLine(output: string, pattern: RegExp): string | undefined {
  return output
    .split(/[\r\n]+/)
    .findLast(line => pattern.test(line))
    ?.trim();
}
