import { z } from 'zod';
import { LIMITS } from '../../config/limits.ts';
import { ProviderFault } from '../provider_fault.ts';
import { ProviderHttp } from '../provider_http.ts';
import type { Expectation, Recognition, Stt, SttSession } from '../types.ts';
import { hintWords } from './hint_words.ts';
import { plainWords } from './plain_words.ts';
import { type FinalLimits, RemoteUtterance } from './remote_utterance.ts';
import { tokenConfidence, UNMEASURED_CONFIDENCE } from './token_confidence.ts';
import { multipartForm, wavFile } from './wav_form.ts';

/** The API refuses less than 100 ms. */
const LEAST_SECONDS = 0.11;
/** Whisper's own rule for a segment without speech: such is made up (no_speech_threshold, logprob_threshold). */
const NO_SPEECH = 0.6;
const UNSURE_LOGPROB = -1;

const SEGMENT = z.object({
  text: z.string().optional(),
  start: z.number().optional(),
  end: z.number().optional(),
  avg_logprob: z.number().nullish(),
  no_speech_prob: z.number().nullish(),
});
type Segment = z.infer<typeof SEGMENT>;

const ANSWER = z.object({
  text: z.string(),
  logprobs: z.array(z.object({ logprob: z.number() })).nullish(),
  segments: z.array(SEGMENT).nullish(),
});

/** Where the answer says how sure it is: a number a token (gpt-4o-transcribe), a number a segment (whisper), or nowhere. */
type Scores = 'tokens' | 'segments' | 'none';

export interface OpenAiFileSttOptions {
  readonly name: string;
  /** Left out for a server of one's own that asks for none. */
  readonly apiKey?: string;
  /** Up to and without /audio/transcriptions. */
  readonly url?: string;
  readonly model?: string;
  /** ISO 639-1. */
  readonly language?: string;
  /** What the call is about. */
  readonly prompt?: string;
  /** By the model's name, unless given. */
  readonly scores?: Scores;
  readonly limits?: Partial<FinalLimits>;
}

/**
 * Any server with OpenAI's transcription of files: OpenAI, vLLM, speaches, whisper.cpp (with --inference-path)
 * (https://developers.openai.com/api/reference/resources/audio/subresources/transcriptions/methods/create). The whole utterance
 * goes over when it has ended, so there are no partials; the connection is there by then.
 */
export function createOpenAiFileStt(options: OpenAiFileSttOptions): Stt {
  return new OpenAiFileStt(options);
}

class OpenAiFileStt implements Stt {
  readonly name: string;
  readonly #options: OpenAiFileSttOptions;
  readonly #model: string;
  readonly #scores: Scores;
  readonly #http: ProviderHttp;
  readonly #sessions = new Set<RemoteUtterance>();
  #closed = false;

  constructor(options: OpenAiFileSttOptions) {
    this.name = options.name;
    this.#options = options;
    this.#model = options.model ?? 'gpt-transcribe';
    this.#scores = options.scores ?? scoresOf(this.#model);
    const { apiKey } = options;
    this.#http = new ProviderHttp({
      name: this.name,
      code: 'STT_FAILED',
      url: options.url ?? 'https://api.openai.com/v1',
      headers: apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` },
      connections: { most: LIMITS.sttConnections, idle: LIMITS.sttIdleConnections },
    });
  }

  /** The handshakes are over before the caller has ended. */
  prepare(): void {
    this.#http.prepare('/models');
  }

  open({ rateHz, expect, onPartial }: Parameters<Stt['open']>[0]): SttSession {
    const pieces: Int16Array[] = [];
    const asked = new AbortController();
    const session: RemoteUtterance = new RemoteUtterance({
      name: this.name,
      rateHz,
      // The whole answer comes at once: it is not silent, it thinks.
      limits: { silentMs: this.#finalMs, ...this.#options.limits },
      onPartial,
      pieceMs: 1000,
      audio: pcm => pieces.push(pcm),
      end: () => {
        const missing = Math.ceil(LEAST_SECONDS * rateHz - (session.durationMs * rateHz) / 1000);
        if (missing > 0) pieces.push(new Int16Array(missing));
        this.#transcribe(wavFile(pieces, rateHz), expect, asked.signal).then(
          recognition => session.done(recognition),
          error => {
            if (error instanceof ProviderFault) session.failWith(error);
            else session.fail('protocol', 'answered with what makes no sense');
          },
        );
      },
      over: () => {
        this.#sessions.delete(session);
        pieces.length = 0;
        asked.abort();
      },
    });
    if (this.#closed) session.fail('unavailable', 'was closed');
    else if (this.#sessions.size >= LIMITS.sttConnections)
      session.fail('rateLimited', 'has no connection left');
    else {
      this.#sessions.add(session);
      this.prepare();
    }
    return session;
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const session of this.#sessions) session.fail('unavailable', 'was closed');
    await this.#http.close();
  }

  async #transcribe(wav: Buffer, expect: Expectation, signal: AbortSignal): Promise<Recognition> {
    const file = { name: 'file', fileName: 'utterance.wav', type: 'audio/wav', bytes: wav };
    const answer = await this.#http.postWhole({
      path: '/audio/transcriptions',
      body: multipartForm(this.#fields(hintWords(expect)), file),
      limits: {
        firstByteMs: this.#finalMs,
        silentMs: this.#finalMs,
        answerMs: this.#finalMs,
        answerBytes: LIMITS.sttAnswerBytes,
      },
      signal,
    });
    return readAnswer(answer);
  }

  get #finalMs(): number {
    return this.#options.limits?.finalMs ?? LIMITS.sttFinalMs;
  }

  /** Its models differ in how they take hints and languages. */
  #fields(hints: readonly string[]): [string, string][] {
    const { language, prompt } = this.#options;
    const fields: [string, string][] = [
      ['model', this.#model],
      ['response_format', this.#scores === 'segments' ? 'verbose_json' : 'json'],
    ];
    if (this.#scores === 'tokens') fields.push(['include[]', 'logprobs']);
    if (this.#model === 'gpt-transcribe') {
      if (language !== undefined) fields.push(['languages[]', language]);
      if (prompt !== undefined) fields.push(['prompt', prompt]);
      for (const hint of hints) fields.push(['keywords[]', hint]);
      return fields;
    }
    if (language !== undefined) fields.push(['language', language]);
    const expected = [...(prompt === undefined ? [] : [prompt]), ...hints].join(', ');
    if (expected !== '') fields.push(['prompt', expected]);
    return fields;
  }
}

function scoresOf(model: string): Scores {
  if (/^gpt-4o(-mini)?-transcribe/u.test(model) && !model.includes('diarize')) return 'tokens';
  return model.includes('whisper') ? 'segments' : 'none';
}

/** Throws when it is no answer. */
function readAnswer(bytes: Buffer): Recognition {
  const { text, logprobs, segments } = ANSWER.parse(JSON.parse(bytes.toString('utf8')));
  const tokens = tokenConfidence((logprobs ?? []).map(({ logprob }) => logprob));
  const scored = (segments ?? []).filter(hasScore);
  if (scored.length === 0) {
    return { text: plainWords(text), confidence: tokens ?? UNMEASURED_CONFIDENCE, alternatives: [] };
  }
  const spoken = scored.filter(segment => {
    return !((segment.no_speech_prob ?? 0) > NO_SPEECH && segment.avg_logprob < UNSURE_LOGPROB);
  });
  const isWhole = spoken.length === scored.length;
  return {
    text: plainWords(isWhole ? text : spoken.map(segment => segment.text ?? '').join(' ')),
    confidence: segmentConfidence(spoken),
    alternatives: [],
  };
}

type ScoredSegment = Segment & { readonly avg_logprob: number };

function hasScore(segment: Segment): segment is ScoredSegment {
  return typeof segment.avg_logprob === 'number';
}

/** Of the mean logarithm, longer segments weighing more. */
function segmentConfidence(segments: readonly ScoredSegment[]): number {
  const lengths = segments.map(({ start = 0, end = 0 }) => Math.max(end - start, 0.01));
  const whole = lengths.reduce((sum, length) => sum + length, 0);
  const mean = segments.reduce((sum, { avg_logprob }, i) => sum + avg_logprob * lengths[i]!, 0) / whole;
  return segments.length === 0 ? 0 : Math.min(1, Math.exp(mean));
}
