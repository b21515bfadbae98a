import { type ChildProcess, spawn } from 'node:child_process';
import { findSounds } from '../wire/onset.ts';
import type { Address } from '../wire/sip_uri.ts';
import { readWav } from '../wire/wav.ts';

/** All that it offers, beside keys: what is heard was carried in it. */
export type JudgedCodec = 'PCMU' | 'G722';

/** A call that a foreign phone is to make. */
export interface JudgeTask {
  readonly user: string;
  readonly remote: Address;
  readonly localHost: string;
  readonly codec: JudgedCodec;
  /** What it plays, at 8 kHz: silence while the agent greets, then an answer. */
  readonly audio: Int16Array;
  /** What it proves who it is by, where it can. */
  readonly credentials?: {
    readonly user: string;
    readonly password: string;
    readonly realm: string;
    readonly algorithm: 'MD5' | 'SHA-256';
  };
  /** Counted from the answer, after which it hangs up. */
  readonly holdMs: number;
  /** An empty folder of its own. */
  readonly folder: string;
}

/** Of the audio that judges play, whatever the codec. */
export const AUDIO_RATE_HZ = 8000;

export interface Verdict {
  readonly judge: string;
  readonly codec: JudgedCodec;
  readonly completed: boolean;
  /** What it went by, or what went wrong. */
  readonly detail: string;
  /** Sounds of the agent as it recorded them, where it can: ms since the call began. */
  readonly heard?: Heard;
}

export type Heard = readonly { readonly startMs: number; readonly endMs: number | undefined }[];

/** A silence of this length parts what the agent says. */
const PAUSE_MS = 900;
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
      // What they keep of themselves goes with the folder.
      env: { ...process.env, HOME: folder },
      stdio: ['pipe', 'pipe', 'pipe'],
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

/** The sounds in what a judge recorded. */
export function soundsIn(file: string): Heard {
  const { rateHz, channels } = readWav(file);
  return findSounds(channels[0] ?? new Int16Array(), { rateHz, hangMs: PAUSE_MS });
}

/** What it should have heard and did not: a greeting before the answer that it plays, and a reply after that. */
export function unheard({ audio }: Pick<JudgeTask, 'audio'>, heard: Heard): readonly string[] {
  const answerMs = (audio.findIndex(sample => Math.abs(sample) > 1000) * 1000) / AUDIO_RATE_HZ;
  const greeted = heard.some(({ startMs }) => startMs < answerMs);
  const replied = heard.some(({ startMs }) => startMs > answerMs);
  return [greeted ? [] : 'a greeting', replied ? [] : 'a reply to the answer'].flat();
}

/** The last line of a program's words that matches. */
export function lastLine(output: string, pattern: RegExp): string | undefined {
  return output
    .split(/[\r\n]+/)
    .findLast(line => pattern.test(line))
    ?.trim();
}
