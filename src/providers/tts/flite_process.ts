import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TrunklineError } from '../../config/errors.ts';
import { LIMITS } from '../../config/limits.ts';

export interface Segment {
  /** Phone of flite's American set, or "pau". */
  readonly phone: string;
  /** Seconds from the start of its utterance. */
  readonly endSeconds: number;
}

export interface Rendering {
  readonly pcm: Int16Array;
  readonly rateHz: number;
  /** Per line of the text, in order. */
  readonly utterances: readonly (readonly Segment[])[];
}

export interface FliteOptions {
  /** Program name or path. */
  readonly program: string;
  readonly voice: string;
  /** 1 is the voice's own pace, 1.2 is slower by a fifth. */
  readonly stretch: number;
}

/**
 * Has flite (http://cmuflite.org) speak lines of text, each as an utterance of its own. Text and sound go through files
 * in a private folder, since arguments are visible to every user of the machine.
 * @throws TrunklineError TTS_FAILED; or the signal's reason
 */
export async function renderLines(
  lines: readonly string[],
  options: FliteOptions,
  signal: AbortSignal,
): Promise<Rendering> {
  signal.throwIfAborted();
  const folder = await mkdtemp(join(tmpdir(), 'trunkline-tts-'));
  try {
    const textFile = join(folder, 'text');
    const soundFile = join(folder, 'sound.wav');
    await writeFile(textFile, `${lines.join('\n\n')}\n`, { mode: 0o600 });
    const printed = await runFlite(
      [
        '-voice',
        options.voice,
        '--setf',
        `duration_stretch=${options.stretch}`,
        '-psdur',
        '-f',
        textFile,
        '-o',
        soundFile,
      ],
      options.program,
      AbortSignal.any([signal, AbortSignal.timeout(LIMITS.ttsSentenceMs)]),
    );
    return { ...parseWav(await readFile(soundFile)), utterances: parseSegments(printed) };
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof TrunklineError) throw error;
    throw new TrunklineError('TTS_FAILED', 'flite left no sound', { cause: error });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Phones of words, one list a word; undefined where flite did not keep the words apart. */
export async function phonesOfWords(
  words: readonly string[],
  program: string,
  signal: AbortSignal,
): Promise<string[][] | undefined> {
  const folder = await mkdtemp(join(tmpdir(), 'trunkline-g2p-'));
  try {
    const textFile = join(folder, 'text');
    await writeFile(textFile, `${words.join('\n\n')}\n`, { mode: 0o600 });
    const printed = await runFlite(['-ps', '-f', textFile, '-o', 'none'], program, signal);
    const lines = printed.split('\n').filter(line => line.trim() !== '');
    if (lines.length !== words.length) return undefined;
    return lines.map(line => line.split(/\s+/u).filter(phone => phone !== '' && phone !== 'pau'));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function runFlite(args: readonly string[], program: string, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      stdio: ['ignore', 'pipe', 'ignore'],
      signal,
      killSignal: 'SIGKILL',
    });
    let printed = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      printed += chunk;
    });
    child.once('error', cause => {
      const what = signal.aborted ? 'was not waited for any longer' : 'did not start';
      reject(new TrunklineError('TTS_FAILED', `flite ${what}`, { cause }));
    });
    child.once('close', (code, killedBy) => {
      if (code === 0) resolve(printed);
      else reject(new TrunklineError('TTS_FAILED', `flite ended with ${killedBy ?? code}`));
    });
  });
}

/** `-psdur` prints a line "phone:endSeconds phone:endSeconds …" per utterance. */
function parseSegments(printed: string): Segment[][] {
  return printed
    .split('\n')
    .filter(line => line.trim() !== '')
    .map(line =>
      line
        .trim()
        .split(/\s+/u)
        .map(item => {
          const [phone = '', end = ''] = item.split(':');
          return { phone, endSeconds: Number(end) };
        })
        .filter(segment => Number.isFinite(segment.endSeconds)),
    );
}

/** RIFF WAVE, 16-bit mono; the size in the header is not relied on. */
function parseWav(bytes: Buffer): { pcm: Int16Array; rateHz: number } {
  const data = bytes.indexOf('data');
  if (bytes.length < 44 || bytes.toString('latin1', 0, 4) !== 'RIFF' || data < 0) {
    throw new TrunklineError('TTS_FAILED', 'flite left no sound');
  }
  const body = bytes.subarray(data + 8);
  const pcm = new Int16Array(body.length >> 1);
  for (let at = 0; at < pcm.length; at++) pcm[at] = body.readInt16LE(2 * at);
  return { pcm, rateHz: bytes.readUInt32LE(24) };
}
