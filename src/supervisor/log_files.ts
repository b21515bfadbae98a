import {
  appendFileSync,
  closeSync,
  copyFileSync,
  mkdirSync,
  openSync,
  readSync,
  rmSync,
  statSync,
  truncateSync,
} from 'node:fs';
import { join } from 'node:path';
import { LIMITS } from '../config/limits.ts';

const CHECK_MS = 60_000;
const TAIL_BYTES = 8192;

/**
 * The logs of the node's processes. Each writes to its file by itself, opened for appending, so that a full file can
 * be copied aside and emptied under it.
 */
export class LogFiles {
  readonly #folder: string;
  readonly #files = new Set<string>();
  readonly #timer: NodeJS.Timeout;

  constructor(folder: string) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    this.#folder = folder;
    this.#timer = setInterval(() => this.rotate(), CHECK_MS);
    this.#timer.unref();
  }

  /** Where the log of that name lies; kept within its limit from now on. */
  file(name: string): string {
    const file = join(this.#folder, `${name}.log`);
    this.#files.add(file);
    rotateFile(file);
    return file;
  }

  /** A child's log: a descriptor, which the caller closes, and the last lines since it was opened. */
  open(name: string): { file: string; descriptor: number; linesSince: () => string[] } {
    const file = this.file(name);
    const descriptor = openSync(file, 'a', 0o600);
    const startBytes = statSync(file).size;
    return { file, descriptor, linesSince: () => lastLines(file, startBytes) };
  }

  /** For a process whose lines come by another way than its own output. */
  lineWriter(name: string): (line: string) => void {
    const file = this.file(name);
    return line => {
      try {
        appendFileSync(file, `${line}\n`, { mode: 0o600 });
      } catch {
        // A full disk must not end the node for want of a log line.
      }
    };
  }

  /** Keeps each file within its limit. */
  rotate(): void {
    for (const file of this.#files) rotateFile(file);
  }

  close(): void {
    clearInterval(this.#timer);
  }
}

function rotateFile(file: string): void {
  const bytes = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  if (bytes <= LIMITS.logFileBytes) return;
  try {
    copyFileSync(file, `${file}.1`);
  } catch {
    // On a full disk an old log is the first to go.
    rmSync(`${file}.1`, { force: true });
  }
  truncateSync(file);
}

/** The last lines of a file after an offset, or of all of it when it was emptied meanwhile. */
function lastLines(file: string, fromBytes: number): string[] {
  const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  const start = Math.max(size < fromBytes ? 0 : fromBytes, size - TAIL_BYTES);
  if (size <= start) return [];
  const buffer = Buffer.alloc(size - start);
  const descriptor = openSync(file, 'r');
  try {
    readSync(descriptor, buffer, 0, buffer.length, start);
  } finally {
    closeSync(descriptor);
  }
  return buffer.toString('utf8').trimEnd().split('\n');
}
