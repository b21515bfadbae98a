import type { IncomingHttpHeaders } from 'node:http';
import {
  type RecogniserPeer,
  RecogniserServer,
  type RecogniserWire,
  type Refusal,
} from './recogniser_server.ts';
import type { ScriptedWord } from './scripted_words.ts';
import { UtteranceScript } from './utterance_script.ts';

const PARAMETERS = new Set(
  (
    'model language encoding sample_rate channels interim_results keyterm punctuate numerals smart_format endpointing ' +
    'dictation diarize filler_words mip_opt_out no_delay profanity_filter vad_events'
  ).split(' '),
);

/** Deepgram's /v1/listen (https://developers.deepgram.com/reference/speech-to-text/listen-streaming), of nova-3. */
export class DeepgramListenServer extends RecogniserServer {
  protected readonly path = '/v1/listen';
  /** https://developers.deepgram.com/docs/stt-troubleshooting-websocket-data-and-net-errors */
  protected readonly idleClose = {
    code: 1011,
    reason:
      'Deepgram did not receive audio data or a text message within the timeout window. See https://dpgr.am/net0001',
  };
  readonly #key: string;

  constructor(key: string) {
    super();
    this.#key = key;
  }

  protected check(query: URLSearchParams, headers: IncomingHttpHeaders): Refusal | undefined {
    const refusal = (status: number, code: string): Refusal => ({
      status,
      body: JSON.stringify({ err_code: code, err_msg: 'refused', request_id: 'made-up' }),
    });
    if (headers.authorization?.toLowerCase() !== `token ${this.#key}`.toLowerCase())
      return refusal(401, 'INVALID_AUTH');
    const isKnown = [...query.keys()].every(name => PARAMETERS.has(name));
    const isRaw = query.get('encoding') === 'linear16';
    const isServed = this.rates.includes(Number(query.get('sample_rate')));
    const isNova = query.get('model')?.startsWith('nova-3') === true;
    return isKnown && isRaw && isServed && isNova && query.getAll('keyterm').length <= 100
      ? undefined
      : refusal(400, 'Bad Request');
  }

  protected accept(wire: RecogniserWire): RecogniserPeer {
    return new ListenPeer(wire);
  }
}

class ListenPeer implements RecogniserPeer {
  readonly #wire: RecogniserWire;
  readonly #script: UtteranceScript;
  /** Silence after which an utterance is final unasked (https://developers.deepgram.com/docs/endpointing). */
  readonly #endpointingMs: number | undefined;
  #told = '';
  #toldAtMs = 0;

  constructor(wire: RecogniserWire) {
    this.#wire = wire;
    this.#script = new UtteranceScript(wire, Number(wire.query.get('sample_rate')));
    const endpointing = Number(wire.query.get('endpointing') ?? Number.NaN);
    const isAsked = wire.endsBySilence && !Number.isNaN(endpointing);
    this.#endpointingMs = isAsked ? endpointing : undefined;
  }

  opened(): void {}

  audio(bytes: Buffer): void {
    if (this.#wire.strikes('audio')) return;
    if (bytes.length % 2 !== 0) {
      this.#wire.close(1008, 'DATA-0000: the payload cannot be decoded as audio');
      return;
    }
    const hadBegun = this.#script.hasBegun;
    this.#script.hear(bytes);
    if (this.#script.hasBegun && !hadBegun) this.#begin();
    if (this.#endpointingMs !== undefined && this.#script.isOver(this.#endpointingMs, bytes)) {
      this.#endpoint();
      return;
    }
    const words = this.#script.partial;
    const text = textOf(words);
    // With words at once, and about once a second without.
    const isDue = text !== this.#told || this.#script.heardMs - this.#toldAtMs >= 1_000;
    if (!isDue || this.#wire.query.get('interim_results') !== 'true') return;
    this.#told = text;
    this.#toldAtMs = this.#script.heardMs;
    this.#wire.send(this.#results(words, { is_final: false }), this.#wire.partialDelayMs());
  }

  text(text: string): void {
    const { type } = JSON.parse(text) as { type?: string };
    if (type === 'KeepAlive') return;
    if (type === 'Finalize') this.#finalize();
    else if (type === 'CloseStream') this.#closeStream();
    else
      this.#wire.send({
        type: 'Error',
        variant: 'SchemaError',
        description: 'could not deserialize',
        message: text,
      });
  }

  /** https://developers.deepgram.com/docs/speech-started */
  #begin(): void {
    if (this.#wire.query.get('vad_events') !== 'true') return;
    const started = { type: 'SpeechStarted', channel: [0], timestamp: this.#script.beginS };
    this.#wire.send(started, this.#wire.partialDelayMs());
  }

  /** Sound without words, such as a cough, ends without a result. */
  #endpoint(): void {
    const words = this.#script.final;
    if (words.length > 0) {
      const results = this.#results(words, { is_final: true, speech_final: true });
      this.#wire.send(results, this.#wire.finalDelayMs());
    }
    this.#next();
  }

  #finalize(): void {
    // "You may receive a response with from_finalize", if there was a noticeable amount of sound.
    if (this.#wire.strikes('final') || this.#script.heardMs === 0) return;
    this.#wire.send(
      this.#results(this.#script.final, { is_final: true, speech_final: true, from_finalize: true }),
      this.#wire.finalDelayMs(),
    );
    this.#next();
  }

  #closeStream(): void {
    if (this.#wire.strikes('final')) return;
    if (this.#script.heardMs > 0)
      this.#wire.send(
        this.#results(this.#script.final, { is_final: true, speech_final: true }),
        this.#wire.finalDelayMs(),
      );
    this.#wire.send({
      type: 'Metadata',
      transaction_key: 'deprecated',
      request_id: 'made-up',
      sha256: '0'.repeat(64),
      created: '2026-01-01T00:00:00.000Z',
      duration: this.#script.endS,
      channels: 1,
    });
    this.#wire.close(1000);
    this.#next();
  }

  #next(): void {
    this.#script.next();
    this.#told = '';
    this.#toldAtMs = 0;
  }

  #results(
    words: readonly ScriptedWord[],
    marks: { readonly is_final: boolean; readonly speech_final?: boolean; readonly from_finalize?: boolean },
  ): unknown {
    const { beginS, endS } = this.#script;
    const sum = words.reduce((total, { confidence }) => total + confidence, 0);
    return {
      type: 'Results',
      channel_index: [0, 1],
      duration: endS - beginS,
      start: beginS,
      speech_final: false,
      from_finalize: false,
      ...marks,
      channel: {
        alternatives: [
          {
            transcript: textOf(words),
            confidence: words.length === 0 ? 0 : sum / words.length,
            words: words.map(({ word, startMs, endMs, confidence }) => ({
              word,
              start: beginS + startMs / 1000,
              end: beginS + endMs / 1000,
              confidence,
            })),
          },
        ],
      },
      metadata: {
        request_id: 'made-up',
        model_info: { name: 'general-nova-3', version: '2025-04-17.21547', arch: 'nova-3' },
        model_uuid: 'made-up',
      },
    };
  }
}

function textOf(words: readonly ScriptedWord[]): string {
  return words.map(({ word }) => word).join(' ');
}
