import { type ChildProcess, fork } from 'node:child_process';
import { TrunklineError } from '../../config/errors.ts';
import { LIMITS } from '../../config/limits.ts';
import type { Expectation, Recognition, Stt, SttSession } from '../types.ts';

export interface HostOptions {
  /** Folder with the acoustic model `en-us` and the dictionary `cmudict-en-us.dict`. */
  readonly modelDir: string;
  /** The synthesiser whose letter-to-sound rules speak words that the dictionary lacks. */
  readonly flite: string;
}

/** Parent → recogniser process: a whole utterance at 16 kHz. */
export interface HostRequest {
  readonly id: number;
  readonly pcm: Int16Array;
  readonly expect: Pick<Expectation, 'id' | 'jsgf'>;
}

/** Recogniser process → parent. */
export interface HostReply {
  readonly id: number;
  readonly text: string;
  readonly confidence: number;
  readonly failure?: string;
}

interface Waiting {
  readonly request: HostRequest;
  readonly resolve: (result: Recognition) => void;
  readonly reject: (error: TrunklineError) => void;
  /** A crash may be the utterance's doing: it is tried twice, not for ever. */
  triesLeft: number;
}

const HOST_PROGRAM = new URL('./pocketsphinx_host.ts', import.meta.url);
const DEFAULTS: HostOptions = { modelDir: '/usr/share/pocketsphinx/model/en-us', flite: 'flite' };
const TRIES = 2;
const HOST_RATE_HZ = 16_000;

/**
 * The local recogniser: CMU pocketsphinx with a grammar for each utterance, in a process of its own, since the C
 * library blocks while it searches and may crash. About 50 ms of processor time a second of speech.
 */
export function createPocketsphinxStt(options: Partial<HostOptions> = {}): Stt {
  return new PocketsphinxStt({ ...DEFAULTS, ...options });
}

class PocketsphinxStt implements Stt {
  readonly name = 'pocketsphinx';
  readonly #options: HostOptions;
  readonly #waiting = new Map<number, Waiting>();
  #host: ChildProcess | undefined;
  #nextId = 0;
  #closed = false;

  constructor(options: HostOptions) {
    this.#options = options;
    this.#host = this.#start();
  }

  open({ rateHz, expect }: Parameters<Stt['open']>[0]): SttSession {
    const chunks: Int16Array[] = [];
    let samples = 0;
    let over = false;
    return {
      write: pcm => {
        if (over || samples + pcm.length > LIMITS.utteranceSeconds * rateHz) return;
        chunks.push(pcm.slice());
        samples += pcm.length;
      },
      finish: async () => {
        if (over) throw new TrunklineError('STT_FAILED', 'the utterance is over');
        over = true;
        const heard = joined(chunks, samples);
        return this.#recognise(rateHz === HOST_RATE_HZ ? heard : doubledRate(heard), expect);
      },
      cancel: () => {
        over = true;
        chunks.length = 0;
      },
    };
  }

  async close(): Promise<void> {
    this.#closed = true;
    const host = this.#host;
    if (host !== undefined && host.exitCode === null && host.signalCode === null) {
      const ended = new Promise(resolve => host.once('exit', resolve));
      if (host.connected) host.disconnect();
      const kill = setTimeout(() => host.kill('SIGKILL'), LIMITS.sttFinalMs);
      await ended;
      clearTimeout(kill);
    }
    this.#rejectAll('the recogniser was closed');
  }

  #recognise(pcm: Int16Array, { id, jsgf }: Expectation): Promise<Recognition> {
    if (this.#closed) return Promise.reject(new TrunklineError('STT_FAILED', 'the recogniser was closed'));
    if (this.#waiting.size >= LIMITS.sttQueuedUtterances) {
      return Promise.reject(new TrunklineError('STT_FAILED', 'too many utterances wait'));
    }
    this.#nextId += 1;
    const request: HostRequest = { id: this.#nextId, pcm, expect: { id, jsgf } };
    return new Promise((resolve, reject) => {
      const waiting: Waiting = { request, resolve, reject, triesLeft: TRIES };
      this.#waiting.set(request.id, waiting);
      this.#send(waiting);
    });
  }

  #send(waiting: Waiting): void {
    waiting.triesLeft -= 1;
    this.#host ??= this.#start();
    this.#host.channel?.ref();
    if (this.#host.connected) this.#host.send(waiting.request);
  }

  #start(): ChildProcess {
    const host = fork(HOST_PROGRAM, [JSON.stringify(this.#options)], {
      serialization: 'advanced',
      detached: true,
    });
    host.on('message', (reply: HostReply) => this.#receive(reply));
    host.on('error', () => {});
    host.on('exit', () => this.#hostGone(host));
    host.unref();
    host.channel?.unref();
    return host;
  }

  #receive(reply: HostReply): void {
    const waiting = this.#waiting.get(reply.id);
    if (waiting === undefined) return;
    this.#waiting.delete(reply.id);
    if (this.#waiting.size === 0) this.#host?.channel?.unref();
    if (reply.failure === undefined) {
      waiting.resolve({ text: reply.text, confidence: reply.confidence, alternatives: [] });
    } else waiting.reject(new TrunklineError('STT_FAILED', reply.failure));
  }

  #hostGone(host: ChildProcess): void {
    if (this.#host === host) this.#host = undefined;
    if (this.#closed) return;
    for (const waiting of this.#waiting.values()) {
      if (waiting.triesLeft > 0) this.#send(waiting);
      else {
        this.#waiting.delete(waiting.request.id);
        waiting.reject(new TrunklineError('STT_FAILED', 'the recogniser process ended'));
      }
    }
  }

  #rejectAll(why: string): void {
    for (const { reject } of this.#waiting.values()) reject(new TrunklineError('STT_FAILED', why));
    this.#waiting.clear();
  }
}

function joined(chunks: readonly Int16Array[], samples: number): Int16Array {
  const whole = new Int16Array(samples);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

/** 8 → 16 kHz by linear interpolation: its image above 4 kHz is weak, and the model does better with it than with none. */
function doubledRate(pcm: Int16Array): Int16Array {
  const doubled = new Int16Array(pcm.length * 2);
  for (let at = 0; at < pcm.length; at += 1) {
    const sample = pcm[at]!;
    doubled[at * 2] = sample;
    doubled[at * 2 + 1] = (sample + (pcm[at + 1] ?? sample)) >> 1;
  }
  return doubled;
}
