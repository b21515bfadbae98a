import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LIMITS } from '../../config/limits.ts';
import type { SpokenPiece, SpokenSentence, SpokenWord, Tts } from '../types.ts';
import { joined } from './edge_silence.ts';
import { SampleReader } from './sample_reader.ts';

type SpeakOptions = Parameters<Tts['speak']>[1];

/** First bytes of a file, and its format's version. */
const MAGIC = Buffer.from('TKS1', 'latin1');
const CHECKSUM_BYTES = 32;
const SUFFIX = '.speech';
/** Prompts are read by everybody who may read the folder's owner's files, and may hold names. */
const MODE = 0o600;

export interface KeptSpeechOptions {
  readonly folder: string;
  /** Tells voices of one provider apart. */
  readonly voice: string;
  /** Sentences worth keeping: prompts that every call hears. */
  readonly isFixed: (sentence: string) => boolean;
  readonly limitBytes?: number;
}

/**
 * Keeps what a synthesiser says of fixed prompts on disk, so that they cost neither time nor money again. A folder that
 * can't be read or written only means that nothing is kept; a damaged file is thrown away, never spoken.
 */
export function keepSpeech<T extends Tts>(tts: T, options: KeptSpeechOptions): T {
  const folder = new SpeechFolder(options.folder, options.limitBytes ?? LIMITS.ttsKeptSpeechBytes);
  async function* speakKept(sentence: string, speech: SpeakOptions): AsyncGenerator<SpokenPiece> {
    const { rateHz, signal } = speech;
    signal.throwIfAborted();
    const key = keyOf([tts.name, options.voice, String(rateHz), sentence]);
    const kept = await folder.read(key, rateHz);
    signal.throwIfAborted();
    if (kept !== undefined) {
      yield { pcm: kept.pcm, words: kept.words };
      return;
    }
    const sound: Int16Array[] = [];
    const words: SpokenWord[] = [];
    for await (const piece of tts.speak(sentence, speech)) {
      sound.push(piece.pcm);
      words.push(...piece.words);
      yield piece;
    }
    folder.write(key, { pcm: joined(sound), rateHz, words });
  }
  return {
    ...tts,
    prepare: rateHz => tts.prepare?.(rateHz),
    // What is not kept is left to the synthesiser, with nothing between.
    speak: (sentence, speech) =>
      options.isFixed(sentence) ? speakKept(sentence, speech) : tts.speak(sentence, speech),
    async close() {
      await tts.close();
      await folder.idle();
    },
  };
}

/** A folder of sentences, the one used longest ago goes first. Never throws. */
class SpeechFolder {
  readonly #path: string;
  readonly #limitBytes: number;
  /** Sizes in order of last use; undefined until the folder was looked at. */
  #files: Promise<Map<string, number>> | undefined;
  /** One file after the other: writing is not urgent, and what is kept is counted. */
  #work: Promise<void> = Promise.resolve();
  #waiting = 0;

  constructor(path: string, limitBytes: number) {
    this.#path = path;
    this.#limitBytes = limitBytes;
  }

  async read(key: string, rateHz: SpokenSentence['rateHz']): Promise<SpokenSentence | undefined> {
    const path = this.#fileOf(key);
    const bytes = await readFile(path).catch(() => undefined);
    if (bytes === undefined) return undefined;
    const sentence = decoded(bytes, key, rateHz);
    if (sentence === undefined) await this.#forget(key);
    else await this.#used(key, bytes.length);
    return sentence;
  }

  /** Begins to write. What finds too many others waiting is not kept this time. */
  write(key: string, sentence: SpokenSentence): void {
    if (this.#waiting >= LIMITS.ttsKeptSpeechQueued || sentence.pcm.length === 0) return;
    this.#waiting += 1;
    this.#work = this.#work
      .then(() => this.#write(key, encoded(sentence, key)))
      // A full disk, a folder that is not ours: there is nothing to keep then.
      .catch(() => {})
      .finally(() => {
        this.#waiting -= 1;
      });
  }

  /** Resolves when nothing is being written. */
  async idle(): Promise<void> {
    await this.#work;
  }

  async #write(key: string, bytes: Buffer): Promise<void> {
    if (bytes.length > this.#limitBytes) return;
    await mkdir(this.#path, { recursive: true, mode: 0o700 });
    const temporary = join(this.#path, `${randomUUID()}.part`);
    try {
      await writeFile(temporary, bytes, { mode: MODE, flush: true });
      await rename(temporary, this.#fileOf(key));
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
    await this.#used(key, bytes.length);
    await this.#shrink();
  }

  /** Throws the oldest away until the rest fits. */
  async #shrink(): Promise<void> {
    const files = await this.#known();
    let bytes = [...files.values()].reduce((sum, size) => sum + size, 0);
    for (const [key, size] of files) {
      if (bytes <= this.#limitBytes) return;
      bytes -= size;
      await this.#forget(key);
    }
  }

  async #used(key: string, size: number): Promise<void> {
    const files = await this.#known();
    files.delete(key);
    files.set(key, size);
    // So that the order outlives the process.
    const nowS = (performance.timeOrigin + performance.now()) / 1000;
    await utimes(this.#fileOf(key), nowS, nowS).catch(() => {});
  }

  async #forget(key: string): Promise<void> {
    (await this.#known()).delete(key);
    await rm(this.#fileOf(key), { force: true }).catch(() => {});
  }

  #known(): Promise<Map<string, number>> {
    this.#files ??= this.#look();
    return this.#files;
  }

  async #look(): Promise<Map<string, number>> {
    const names = await readdir(this.#path).catch(() => []);
    const found: { key: string; size: number; usedMs: number }[] = [];
    for (const name of names) {
      const path = join(this.#path, name);
      // Left by a process that was ended while it wrote.
      if (name.endsWith('.part')) await rm(path, { force: true }).catch(() => {});
      if (!name.endsWith(SUFFIX)) continue;
      const file = await stat(path).catch(() => undefined);
      if (file?.isFile())
        found.push({ key: name.slice(0, -SUFFIX.length), size: file.size, usedMs: file.mtimeMs });
    }
    return new Map(found.toSorted((a, b) => a.usedMs - b.usedMs).map(({ key, size }) => [key, size]));
  }

  #fileOf(key: string): string {
    return join(this.#path, `${key}${SUFFIX}`);
  }
}

function keyOf(parts: readonly string[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(`${Buffer.byteLength(part)}:${part}`);
  return hash.digest('hex');
}

/** Magic, SHA-256 of key and all that follows, length of the JSON before the samples (32-bit), JSON, samples. */
function encoded({ pcm, rateHz, words }: SpokenSentence, key: string): Buffer {
  const head = Buffer.from(JSON.stringify({ rateHz, words }), 'utf8');
  const length = Buffer.alloc(4);
  length.writeUInt32LE(head.length);
  const body = Buffer.concat([length, head, Buffer.from(pcm.buffer, pcm.byteOffset, pcm.byteLength)]);
  return Buffer.concat([MAGIC, checksum(key, body), body]);
}

/** Undefined for what is damaged, cut off, or of another sentence. */
function decoded(bytes: Buffer, key: string, rateHz: SpokenSentence['rateHz']): SpokenSentence | undefined {
  const start = MAGIC.length + CHECKSUM_BYTES;
  const body = bytes.subarray(start);
  if (body.length < 4 || !bytes.subarray(0, MAGIC.length).equals(MAGIC)) return undefined;
  if (!bytes.subarray(MAGIC.length, start).equals(checksum(key, body))) return undefined;
  const headEnd = 4 + body.readUInt32LE(0);
  const head = JSON.parse(body.toString('utf8', 4, headEnd)) as Pick<SpokenSentence, 'rateHz' | 'words'>;
  if (head.rateHz !== rateHz) return undefined;
  const pcm = new SampleReader().read(body.subarray(headEnd));
  return { pcm, rateHz, words: head.words };
}

function checksum(key: string, body: Buffer): Buffer {
  return createHash('sha256').update(key).update(body).digest();
}
