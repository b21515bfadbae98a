import { Client, credentials, Metadata, type StatusObject, status } from '@grpc/grpc-js';
import { LIMITS } from '../../config/limits.ts';
import { type GoogleAccess, GoogleCredentials } from '../google_token.ts';
import { type FaultKind, ProviderFault } from '../provider_fault.ts';
import type { Expectation, Stt, SttOptions, SttSession } from '../types.ts';
import {
  readResponse,
  readRetryDelay,
  type SpeechResult,
  STREAMING_RECOGNIZE,
  writeRequest,
} from './google_messages.ts';
import { type GoogleStream, GoogleUtterance, type StreamUser } from './google_utterance.ts';
import { hintWords } from './hint_words.ts';
import type { FinalLimits } from './remote_utterance.ts';

export interface GoogleSttOptions {
  readonly name: string;
  /** Either the text of a service account's key file, or an API key and the project it is for. */
  readonly access:
    | Extract<GoogleAccess, { type: 'serviceAccount' }>
    | (Extract<GoogleAccess, { type: 'apiKey' }> & { readonly projectId: string });
  /** Where the model runs, such as us-central1 or eu. */
  readonly location?: string;
  /** https://HOST[:PORT], by default the location's; http for a server without TLS. */
  readonly url?: string;
  readonly model?: string;
  /** BCP 47. */
  readonly language?: string;
  readonly limits?: Partial<FinalLimits>;
}

/**
 * Google Cloud Speech-to-Text, version 2, streaming over gRPC (https://cloud.google.com/speech-to-text/v2/docs): one stream an
 * utterance, and another wherever somebody asks what was said so far, all on one HTTP/2 connection that is kept. The end of the
 * sound is the end of our side of a stream.
 */
export function createGoogleStt(options: GoogleSttOptions): Stt {
  return new GoogleStt(options);
}

class GoogleStt implements Stt {
  readonly name: string;
  readonly #options: GoogleSttOptions;
  readonly #recognizer: string;
  readonly #credentials: GoogleCredentials;
  readonly #client: Client;
  readonly #sessions = new Set<GoogleUtterance>();
  #closed = false;

  constructor(options: GoogleSttOptions) {
    const { access, location = 'global' } = options;
    this.name = options.name;
    this.#options = options;
    this.#credentials = new GoogleCredentials(access);
    const projectId = access.type === 'apiKey' ? access.projectId : this.#credentials.projectId;
    this.#recognizer = `projects/${projectId}/locations/${location}/recognizers/_`;
    const host = location === 'global' ? 'speech.googleapis.com' : `${location}-speech.googleapis.com`;
    const url = new URL(options.url ?? `https://${host}`);
    const isPlain = url.protocol === 'http:';
    this.#client = new Client(
      `${url.hostname}:${url.port || (isPlain ? 80 : 443)}`,
      isPlain ? credentials.createInsecure() : credentials.createSsl(),
      {
        'grpc.keepalive_time_ms': LIMITS.providerPingMs,
        'grpc.keepalive_timeout_ms': LIMITS.providerPingMs,
        'grpc.max_receive_message_length': LIMITS.providerMessageBytes,
        'grpc.initial_reconnect_backoff_ms': 100,
        'grpc.max_reconnect_backoff_ms': LIMITS.providerConnectMs,
        // Whoever knows other providers tries again.
        'grpc.enable_retries': 0,
        'grpc.service_config_disable_resolution': 1,
        // Channels of equal settings would share their connections beyond this one's close.
        'grpc.use_local_subchannel_pool': 1,
      },
    );
  }

  prepare(): void {
    // Asking for its state has it connect.
    if (!this.#closed) this.#client.getChannel().getConnectivityState(true);
  }

  open({ rateHz, expect, onPartial }: SttOptions): SttSession {
    const interimResults = onPartial !== undefined;
    const session: GoogleUtterance = new GoogleUtterance({
      name: this.name,
      rateHz,
      limits: this.#options.limits,
      onPartial,
      begin: told => this.#begin(told, expect, rateHz, interimResults),
      over: () => this.#sessions.delete(session),
    });
    if (this.#closed) session.fail('unavailable', 'was closed');
    else if (this.#sessions.size >= LIMITS.sttConnections) session.fail('rateLimited', 'has no stream left');
    else {
      this.#sessions.add(session);
      this.prepare();
    }
    return session;
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const session of this.#sessions) session.fail('unavailable', 'was closed');
    this.#client.close();
  }

  #begin(told: StreamUser, expect: Expectation, rateHz: number, interimResults: boolean): GoogleStream {
    const stream: GoogleStream = this.#client.makeBidiStreamRequest(
      STREAMING_RECOGNIZE,
      writeRequest,
      readResponse,
      this.#metadata(),
    );
    stream.on('data', (results: readonly SpeechResult[] | undefined) => told.heard(results));
    // Told by its status.
    stream.on('error', () => {});
    stream.on('status', (end: StatusObject) =>
      told.ended(end.code === status.OK ? undefined : this.#faultOf(end)),
    );
    stream.write({
      type: 'config',
      config: {
        recognizer: this.#recognizer,
        model: this.#options.model ?? 'telephony',
        language: this.#options.language ?? 'en-US',
        rateHz,
        phrases: hintWords(expect),
        interimResults,
      },
    });
    return stream;
  }

  #metadata(): Metadata {
    const metadata = new Metadata();
    for (const [name, value] of Object.entries(this.#credentials.headers())) metadata.set(name, value);
    // By which the request finds its way (https://google.aip.dev/client-libraries/4222).
    metadata.set('x-goog-request-params', `recognizer=${encodeURIComponent(this.#recognizer)}`);
    return metadata;
  }

  #faultOf({ code, metadata }: StatusObject): ProviderFault {
    const [details] = metadata.get('grpc-status-details-bin');
    return new ProviderFault(
      'STT_FAILED',
      kindOfStatus(code),
      `${this.name} answered ${status[code] ?? code}`,
      {
        retryAfterMs: Buffer.isBuffer(details) ? readRetryDelay(details) : undefined,
      },
    );
  }
}

/** Of a gRPC status (https://grpc.io/docs/guides/status-codes/). */
function kindOfStatus(code: status): FaultKind {
  switch (code) {
    case status.UNAUTHENTICATED:
    case status.PERMISSION_DENIED:
      return 'auth';
    case status.RESOURCE_EXHAUSTED:
      return 'rateLimited';
    case status.DEADLINE_EXCEEDED:
      return 'timeout';
    case status.INVALID_ARGUMENT:
    case status.NOT_FOUND:
    case status.FAILED_PRECONDITION:
    case status.OUT_OF_RANGE:
    case status.UNIMPLEMENTED:
      return 'refused';
    case status.DATA_LOSS:
      return 'protocol';
    default:
      return 'unavailable';
  }
}
