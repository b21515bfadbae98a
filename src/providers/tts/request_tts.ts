import { LIMITS } from '../../config/limits.ts';
import { ProviderFault } from '../provider_fault.ts';
import { jsonBody, ProviderHttp } from '../provider_http.ts';
import { plainText, refuseLong, saysNothing } from './plain_text.ts';
import { shapedSpeech } from './shaped_speech.ts';
import { type FeedEvent, SpeechFeed } from './speech_feed.ts';
import type { NetworkTts } from './speech_protocol.ts';
import { VoiceLevel } from './voice_level.ts';
import { readSoundStart, type SoundStart } from './wav_sound.ts';
import { withWordTimes } from './word_times.ts';

/** How a provider speaks a sentence by one HTTP request. */
interface RequestProtocol {
  readonly name: string;
  readonly url: string;
  readonly stallMs: number;
  request(
    sentence: string,
    rateHz: 8000 | 16000,
  ): {
    readonly path: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: unknown;
    /** Of samples without a header that says otherwise. */
    readonly soundHz: number;
  };
  /** Rate that the answer's headers announce. */
  announcedHz?(contentType: string): number | undefined;
  /** What of an answer is sound; by default all of it. Called with what came, and at the end. */
  unpack?(): { push(bytes: Buffer): Buffer; end(): Buffer };
}

/** A sentence that takes long is not late while its sound comes; in JSON, four characters carry three bytes. */
const ANSWER_LIMITS = { answerMs: Number.POSITIVE_INFINITY, answerBytes: 1.4 * LIMITS.ttsSentenceBytes };

/** A synthesiser behind HTTP requests; sound of another rate than the one wanted is brought to it, as it comes. */
export function createRequestTts(protocol: RequestProtocol): NetworkTts {
  const { name } = protocol;
  const http = new ProviderHttp({
    name,
    code: 'TTS_FAILED',
    url: protocol.url,
    connections: { most: LIMITS.ttsConnections, idle: LIMITS.ttsIdleConnections },
  });
  const level = new VoiceLevel();
  const tts: NetworkTts = {
    name,
    prepare: () => http.prepare('', 'HEAD'),
    async *speak(sentence, { rateHz, signal }) {
      signal.throwIfAborted();
      refuseLong(sentence, name);
      if (saysNothing(sentence)) return;
      const asked = protocol.request(plainText(sentence), rateHz);
      const asking = new AbortController();
      const feed = new SpeechFeed(name, protocol.stallMs, () => asking.abort());
      const sound = new AnsweredSound(protocol, feed, asked.soundHz);
      // At once, whether anybody asks for the next piece or not.
      const leave = () => {
        feed.done();
        asking.abort();
      };
      signal.addEventListener('abort', leave);
      const read = async (): Promise<void> => {
        const answer = http.post({
          path: asked.path,
          headers: asked.headers,
          body: jsonBody(asked.body),
          limits: { ...ANSWER_LIMITS, firstByteMs: protocol.stallMs, silentMs: protocol.stallMs },
          signal: asking.signal,
          onType: type => sound.head(type),
        });
        for await (const bytes of answer) sound.push(bytes);
        sound.end();
      };
      try {
        read().catch((error: unknown) => feed.fail(faultOf(error, name)));
        const { events, fromHz } = await sound.begun(feed.events(signal));
        yield* shapedSpeech(events, { name, sentence, fromHz, rateHz, level });
      } finally {
        signal.removeEventListener('abort', leave);
        leave();
      }
    },
    close: () => http.close(),
  };
  return withWordTimes(tts, false);
}

function faultOf(error: unknown, name: string): ProviderFault {
  if (error instanceof ProviderFault) return error;
  // The reason would tell what was said.
  return new ProviderFault('TTS_FAILED', 'protocol', `${name} sent what makes no sense`);
}

/** The sound of one answer, whose rate is known once its headers and its first bytes are there. */
class AnsweredSound {
  readonly #protocol: RequestProtocol;
  readonly #feed: SpeechFeed;
  readonly #unpacked: ReturnType<NonNullable<RequestProtocol['unpack']>> | undefined;
  #start: Buffer | undefined = Buffer.alloc(0);
  #rateHz: number;

  constructor(protocol: RequestProtocol, feed: SpeechFeed, soundHz: number) {
    this.#protocol = protocol;
    this.#feed = feed;
    this.#unpacked = protocol.unpack?.();
    this.#rateHz = soundHz;
  }

  /** @throws ProviderFault for an answer that is no sound */
  head(contentType: string): void {
    if (this.#unpacked === undefined && !isSound(contentType)) throw this.#fault('answered with no PCM');
    this.#setRate(this.#protocol.announcedHz?.(contentType) ?? this.#rateHz);
  }

  push(bytes: Buffer): void {
    this.#take(this.#unpacked === undefined ? bytes : this.#unpacked.push(bytes));
  }

  end(): void {
    if (this.#unpacked !== undefined) this.#take(this.#unpacked.end());
    const left = this.#start;
    this.#start = undefined;
    if (left !== undefined && left.length > 0) throw this.#fault('sent no sound');
    this.#feed.done();
  }

  /** The rate, and all that comes: once there is something. */
  async begun(
    events: AsyncGenerator<FeedEvent>,
  ): Promise<{ readonly events: AsyncGenerator<FeedEvent>; readonly fromHz: number }> {
    const first = await events.next();
    return { events: first.done === true ? events : following(first.value, events), fromHz: this.#rateHz };
  }

  #take(bytes: Buffer): void {
    if (this.#start === undefined) {
      if (bytes.length > 0) this.#feed.sound(bytes);
      return;
    }
    const bytesSoFar = Buffer.concat([this.#start, bytes]);
    const start = readSoundStart(bytesSoFar);
    if (start.type === 'unknown') this.#start = bytesSoFar;
    else this.#begin(start, bytesSoFar);
  }

  #begin(start: Exclude<SoundStart, { type: 'unknown' }>, bytes: Buffer): void {
    if (start.type === 'wrong') throw this.#fault('sent sound that is not 16-bit mono');
    if (start.type === 'wav') this.#setRate(start.rateHz);
    this.#start = undefined;
    const sound = start.type === 'wav' ? bytes.subarray(start.headerBytes) : bytes;
    if (sound.length > 0) this.#feed.sound(sound);
  }

  #setRate(rateHz: number): void {
    if (![8_000, 11_025, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000].includes(rateHz)) {
      throw this.#fault('announced sound of a rate that no voice has');
    }
    this.#rateHz = rateHz;
  }

  #fault(what: string): ProviderFault {
    return new ProviderFault('TTS_FAILED', 'protocol', `${this.#protocol.name} ${what}`);
  }
}

/** Whether bytes of this type may be samples: many servers name none, none names text or compressed sound by mistake. */
function isSound(contentType: string): boolean {
  return /^(?:$|application\/octet-stream|binary\/|audio\/(?:pcm|l16|wave?|x-wav|vnd\.wave|basic|raw|x-raw)\b)/iu.test(
    contentType,
  );
}

async function* following(first: FeedEvent, rest: AsyncGenerator<FeedEvent>): AsyncGenerator<FeedEvent> {
  try {
    yield first;
    yield* rest;
  } finally {
    await rest.return(undefined);
  }
}
