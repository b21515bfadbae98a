import { fileURLToPath } from 'node:url';
import {
  loadPackageDefinition,
  Metadata,
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type ServiceClientConstructor,
  status,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { isGoodToken, PROJECT } from './google_account.ts';

/**
 * Google Cloud Speech-to-Text, version 2, streaming, as its proto and its pages have it
 * (https://cloud.google.com/speech-to-text/v2/docs/reference/rpc/google.cloud.speech.v2), with the tokens of
 * https://google.aip.dev/auth/4111 and the errors of https://google.aip.dev/193.
 */
export interface RecognisedAnswer {
  /** One final result each. */
  readonly finals: readonly { readonly text: string; readonly confidence?: number }[];
  /** Interim results that arrive while sound comes in, one every 100 ms: each with the results it consists of. */
  readonly interim?: readonly (readonly string[])[];
  /** Of the finals, those that come before the end. */
  readonly early?: number;
}

export type SpeechFault =
  | { readonly type: 'status'; readonly code: status; readonly retryAfterS?: number }
  | { readonly type: 'silent' | 'garbage' | 'killed' | 'killedInMidUtterance' | 'ended' };

/** What the server was told in one stream. */
export interface HeardStream {
  readonly samples: Int16Array;
  readonly rateHz: number;
  readonly language: string;
  readonly model: string;
  readonly phrases: readonly string[];
  readonly interimResults: boolean;
  /** Of the connection that it came on. */
  readonly peer: string;
}

interface Request {
  readonly recognizer: string;
  readonly streaming_request?: 'streaming_config' | 'audio';
  readonly streaming_config?: {
    readonly config: {
      readonly decoding_config?: string;
      readonly explicit_decoding_config?: {
        readonly encoding: string;
        readonly sample_rate_hertz: number;
        readonly audio_channel_count: number;
      };
      readonly model: string;
      readonly language_codes: readonly string[];
      readonly features: { readonly enable_word_confidence: boolean } | null;
      readonly adaptation: {
        readonly phrase_sets: readonly {
          readonly inline_phrase_set?: { readonly phrases: readonly { readonly value: string }[] };
        }[];
      } | null;
    };
    readonly streaming_features: { readonly interim_results: boolean } | null;
  };
  readonly audio?: Buffer;
}

type Call = ServerDuplexStream<Request, unknown>;

const PROTO = fileURLToPath(new URL('google_speech.proto', import.meta.url));
const LOADED = loadPackageDefinition(
  loadSync(PROTO, { keepCase: true, longs: Number, enums: String, defaults: true, oneofs: true }),
) as unknown as { google: { cloud: { speech: { v2: Record<string, ServiceClientConstructor> } } } };
const SERVICES = LOADED.google.cloud.speech.v2;
const MOST_BYTES = 15 * 1024;

export class GoogleSpeechServer {
  /** Answers to successive streams; after the last one, none is understood. */
  readonly answers: RecognisedAnswer[] = [];
  readonly heard: HeardStream[] = [];
  delayMs: () => number = () => 0;
  fault: SpeechFault | undefined;
  /** Streams that are open now. */
  open = 0;
  /** Streams ever. */
  streams = 0;
  readonly #access: { readonly apiKey: string } | { readonly publicKey: string };
  readonly #server = new Server();
  readonly #timers = new Set<NodeJS.Timeout>();
  #port = 0;

  constructor(access: { readonly apiKey: string } | { readonly publicKey: string }) {
    this.#access = access;
    const { service } = SERVICES.Speech!;
    const raw = { ...service.StreamingRecognize!, responseSerialize: this.#serialize };
    this.#server.addService(
      { StreamingRecognize: raw },
      { StreamingRecognize: (call: Call) => this.#serve(call) },
    );
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  get projectId(): string {
    return PROJECT;
  }

  async start(): Promise<this> {
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    this.#server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) => {
      if (error === null) resolve(port);
      else reject(error);
    });
    this.#port = await promise;
    return this;
  }

  async close(): Promise<void> {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#server.forceShutdown();
  }

  readonly #serialize = (response: unknown): Buffer => {
    if (Buffer.isBuffer(response)) return response;
    return SERVICES.Speech!.service.StreamingRecognize!.responseSerialize(response);
  };

  #serve(call: Call): void {
    this.open++;
    this.streams++;
    call.on('close', () => this.open--);
    call.on('error', () => {});
    const refused = this.#refuse(call.metadata);
    if (refused !== undefined) {
      fail(call, refused, 'secret words', this.fault?.type === 'status' ? this.fault.retryAfterS : undefined);
      return;
    }
    const stream = new Recognition(this, call);
    call.on('data', (request: Request) => {
      try {
        stream.take(request);
      } catch (error) {
        fail(call, status.INVALID_ARGUMENT, String(error));
      }
    });
    call.on('end', () => {
      if (call.cancelled) return;
      const timer = setTimeout(() => {
        this.#timers.delete(timer);
        if (!call.cancelled) stream.finish();
      }, this.delayMs());
      this.#timers.add(timer);
    });
  }

  /** Cuts all connections; new ones are taken. */
  cut(): void {
    this.#server.drain(`127.0.0.1:${this.#port}`, 0);
  }

  #refuse(metadata: Metadata): status | undefined {
    if (this.fault?.type === 'status') return this.fault.code;
    const [params] = metadata.get('x-goog-request-params');
    if (!String(params).startsWith('recognizer=projects%2F')) return status.INVALID_ARGUMENT;
    if ('apiKey' in this.#access)
      return metadata.get('x-goog-api-key')[0] === this.#access.apiKey ? undefined : status.UNAUTHENTICATED;
    const [authorization] = metadata.get('authorization');
    const token = /^Bearer (.+)$/u.exec(String(authorization))?.[1] ?? '';
    return isGoodToken(token, this.#access.publicKey) ? undefined : status.UNAUTHENTICATED;
  }
}

/** One stream. */
class Recognition {
  readonly #server: GoogleSpeechServer;
  readonly #call: Call;
  readonly #audio: Buffer[] = [];
  #answer: RecognisedAnswer | undefined;
  #config: Request['streaming_config'];
  #toldInterim = 0;
  #toldFinals = 0;

  constructor(server: GoogleSpeechServer, call: Call) {
    this.#server = server;
    this.#call = call;
  }

  take({ recognizer, streaming_config: config, audio }: Request): void {
    if (config != null) {
      if (this.#config !== undefined) throw new Error('settings are told once');
      if (recognizer !== `projects/${PROJECT}/locations/global/recognizers/_`) throw new Error('recognizer');
      checkConfig(config);
      this.#config = config;
      return;
    }
    if (this.#config === undefined) throw new Error('settings come first');
    if (audio == null || audio.length === 0 || audio.length > MOST_BYTES || audio.length % 2 !== 0)
      throw new Error('audio');
    this.#audio.push(audio);
    this.#answer ??= this.#server.answers.shift() ?? { finals: [] };
    const { fault } = this.#server;
    if (fault?.type === 'killedInMidUtterance') this.#server.cut();
    else if (fault?.type === 'ended') this.#call.end();
    else this.#tellInterim(this.#answer, this.#config);
  }

  finish(): void {
    const bytes = Buffer.concat(this.#audio);
    const config = this.#config?.config;
    if (config === undefined) {
      fail(this.#call, status.INVALID_ARGUMENT);
      return;
    }
    this.#server.heard.push({
      samples: Int16Array.from({ length: bytes.length / 2 }, (_, i) => bytes.readInt16LE(i * 2)),
      rateHz: config.explicit_decoding_config?.sample_rate_hertz ?? 0,
      language: config.language_codes[0] ?? '',
      model: config.model,
      phrases: (config.adaptation?.phrase_sets ?? []).flatMap(set =>
        (set.inline_phrase_set?.phrases ?? []).map(({ value }) => value),
      ),
      interimResults: this.#config?.streaming_features?.interim_results ?? false,
      peer: this.#call.getPeer(),
    });
    const { fault } = this.#server;
    if (fault?.type === 'silent') return;
    if (fault?.type === 'killed') this.#server.cut();
    else if (fault?.type === 'garbage') this.#call.write(Buffer.from('secret words'));
    else {
      for (; this.#toldFinals < (this.#answer?.finals.length ?? 0); this.#toldFinals++) this.#tellFinal();
      this.#call.end();
    }
  }

  #tellInterim({ interim = [], early = 0 }: RecognisedAnswer, config: Request['streaming_config']): void {
    const rateHz = config?.config.explicit_decoding_config?.sample_rate_hertz ?? 16_000;
    const ms = this.#audio.reduce((sum, { length }) => sum + length, 0) / 2 / (rateHz / 1000);
    for (; this.#toldFinals < early; this.#toldFinals++) this.#tellFinal();
    if (config?.streaming_features?.interim_results !== true) return;
    const due = Math.min(interim.length, Math.floor(ms / 100));
    for (; this.#toldInterim < due; this.#toldInterim++) {
      const results = interim[this.#toldInterim]!.map((transcript, i) => {
        return { alternatives: [{ transcript }], is_final: false, stability: i === 0 ? 0.9 : 0.01 };
      });
      this.#call.write({ results });
    }
  }

  #tellFinal(): void {
    const { text, confidence = 0 } = this.#answer!.finals[this.#toldFinals]!;
    const words = text.split(' ').map(word => ({ word, confidence, start_offset: { seconds: 1, nanos: 5 } }));
    this.#call.write({
      results: [
        {
          alternatives: [{ transcript: text, confidence, words }, { transcript: 'something else' }],
          is_final: true,
          result_end_offset: { seconds: 1, nanos: 500_000_000 },
          language_code: 'en-us',
        },
      ],
      metadata: { total_billed_duration: { seconds: 1 } },
    });
  }
}

function checkConfig({
  config,
  streaming_features: features,
}: NonNullable<Request['streaming_config']>): void {
  const decoding = config.explicit_decoding_config;
  if (decoding?.encoding !== 'LINEAR16' || decoding.audio_channel_count !== 1) throw new Error('decoding');
  if (![8000, 16_000].includes(decoding.sample_rate_hertz)) throw new Error('sample_rate_hertz');
  if (config.model === '' || config.language_codes.length !== 1) throw new Error('model and language');
  if (features === null) throw new Error('streaming_features');
  const sets = config.adaptation?.phrase_sets ?? [];
  const phrases = sets.flatMap(set => set.inline_phrase_set?.phrases ?? []);
  if (phrases.length > 1200 || phrases.some(({ value }) => value === '' || value.length > 100))
    throw new Error('phrases');
}

/** Ends a call by a status; what is to be tried again says when, in its details. */
function fail(call: Call, code: status, details = 'secret words', retryAfterS?: number): void {
  const metadata = new Metadata();
  if (retryAfterS !== undefined) {
    const told = SERVICES.Errors!.service.Told!;
    const info = told.responseSerialize({ retry_delay: { seconds: Math.floor(retryAfterS), nanos: 0 } });
    const any = { type_url: 'type.googleapis.com/google.rpc.RetryInfo', value: info };
    metadata.set(
      'grpc-status-details-bin',
      told.requestSerialize({ code, message: details, details: [any] }),
    );
  }
  call.emit('error', Object.assign(new Error(details), { code, details, metadata }));
}
