import { createRequire } from 'node:module';
import { Resampler } from '../../../pipeline/resample.ts';
import type { Recognition } from '../types.ts';
import type { HostReply, HostRequest } from './host_messages.ts';
import { plainWords } from './plain_words.ts';
import { type SherpaOptions, sherpaModel } from './sherpa_model.ts';
import { tokenConfidence, UNMEASURED_CONFIDENCE } from './token_confidence.ts';

/** Of the package, which has no types that a module could import. */
interface Stream {
  acceptWaveform(sound: { readonly samples: Float32Array; readonly sampleRate: number }): void;
}

interface OnlineRecognizer {
  createStream(): Stream;
  isReady(stream: Stream): boolean;
  decodeStreams(streams: readonly Stream[]): void;
  getResult(stream: Stream): { readonly text: string; readonly ys_probs?: readonly number[] };
}

interface SherpaOnnx {
  readonly OnlineRecognizer: new (config: object) => OnlineRecognizer;
}

/** What models are made for; the library would tell its own resampling on the log, once a call. */
const MODEL_RATE_HZ = 16_000;
/** Silence behind the last sound, so that a model that looks ahead tells its last words. */
const TAIL_SECONDS = 0.66;
const FULL_SCALE = 32_768;

/** The process of a sherpa-onnx model: requests come from its parent over the channel, and with it the process ends. */
const { OnlineRecognizer } = createRequire(import.meta.url)('sherpa-onnx-node') as SherpaOnnx;
const recognizer = new OnlineRecognizer({
  featConfig: { sampleRate: MODEL_RATE_HZ, featureDim: 80 },
  modelConfig: sherpaModel(JSON.parse(process.argv[2] ?? '{}') as SherpaOptions),
  decodingMethod: 'greedy_search',
  enableEndpoint: false,
});

class HeardUtterance {
  readonly stream = recognizer.createStream();
  readonly #rateHz: number;
  readonly #resampler: Resampler | undefined;
  readonly #onPartial: ((text: string) => void) | undefined;
  #text = '';
  /** Nothing but silence has come since the last answer. */
  #isTold = false;

  constructor(rateHz: number, onPartial: ((text: string) => void) | undefined) {
    this.#rateHz = rateHz;
    this.#resampler = rateHz === MODEL_RATE_HZ ? undefined : new Resampler(rateHz, MODEL_RATE_HZ);
    this.#onPartial = onPartial;
  }

  write(pcm: Int16Array): void {
    this.#isTold = false;
    this.#accept(Float32Array.from(pcm, sample => sample / FULL_SCALE));
  }

  /** All words so far. */
  answer(): Recognition {
    if (!this.#isTold) this.#accept(new Float32Array(Math.round(TAIL_SECONDS * this.#rateHz)));
    this.#isTold = true;
    while (recognizer.isReady(this.stream)) recognizer.decodeStreams([this.stream]);
    const { text, ys_probs: logprobs = [] } = recognizer.getResult(this.stream);
    const words = plainWords(text);
    const confidence = words === '' ? 0 : (tokenConfidence(logprobs) ?? UNMEASURED_CONFIDENCE);
    return { text: words, confidence, alternatives: [] };
  }

  tellPartial(): void {
    if (this.#onPartial === undefined) return;
    const text = plainWords(recognizer.getResult(this.stream).text);
    if (text !== '' && text !== this.#text) this.#onPartial(text);
    this.#text = text;
  }

  #accept(sound: Float32Array): void {
    const samples = this.#resampler?.push(sound) ?? sound;
    this.stream.acceptWaveform({ samples, sampleRate: MODEL_RATE_HZ });
  }
}

const utterances = new Map<number, HeardUtterance>();
let isDecoding = false;

/** One pass over all calls at once, after all messages that are here. */
function decodeSoon(): void {
  if (isDecoding) return;
  isDecoding = true;
  setImmediate(() => {
    isDecoding = false;
    const ready = [...utterances.values()].filter(({ stream }) => recognizer.isReady(stream));
    if (ready.length === 0) return;
    recognizer.decodeStreams(ready.map(({ stream }) => stream));
    for (const utterance of ready) utterance.tellPartial();
    decodeSoon();
  });
}

function handle(request: HostRequest): void {
  switch (request.type) {
    case 'grammar':
      break;
    case 'open': {
      const { id, rateHz, partials } = request;
      const onPartial = (text: string) => reply({ type: 'partial', id, text });
      utterances.set(id, new HeardUtterance(rateHz, partials ? onPartial : undefined));
      break;
    }
    case 'audio':
      utterances.get(request.id)?.write(request.pcm);
      decodeSoon();
      break;
    case 'settle': {
      const { id, ask } = request;
      reply({ type: 'settled', id, ask, recognition: utterances.get(id)?.answer() });
      break;
    }
    case 'finish': {
      const recognition = utterances.get(request.id)?.answer();
      if (recognition !== undefined) reply({ type: 'final', id: request.id, recognition });
      utterances.delete(request.id);
      break;
    }
    case 'cancel':
      utterances.delete(request.id);
  }
}

function reply(message: HostReply): void {
  // The parent may just be leaving.
  if (process.connected) process.send?.(message, () => undefined);
}

process.on('message', (request: HostRequest) => handle(request));
process.once('disconnect', () => process.exit(0));
process.send?.({ type: 'ready' } satisfies HostReply);
