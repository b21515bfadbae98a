import { LIMITS } from '../../config/limits.ts';
import { plainText, refuseLong, saysNothing } from '../tts/plain_text.ts';
import { shapedSpeech } from '../tts/shaped_speech.ts';
import { type FeedEvent, SpeechFeed } from '../tts/speech_feed.ts';
import type { NetworkTts } from '../tts/speech_protocol.ts';
import { VoiceLevel } from '../tts/voice_level.ts';
import { withWordTimes } from '../tts/word_times.ts';
import type { Tts } from '../types.ts';
import type { PluginNews } from './plugin_messages.ts';
import type { PluginOptions } from './plugin_options.ts';
import { PluginProcess, type PluginUser } from './plugin_process.ts';

export interface PluginTtsOptions extends PluginOptions {
  /** Silence of the plugin within a sentence after which it has failed. */
  readonly stallMs?: number;
}

/** Speaks by a TTS of LiveKit Agents, in a process of its own: a sentence is a stream of the plugin, or a request. */
export function createPluginTts(options: PluginTtsOptions): NetworkTts {
  const { name, stallMs = LIMITS.ttsStallMs } = options;
  const process = new PluginProcess('tts', options);
  const level = new VoiceLevel();
  const tts: Tts = {
    name,
    async *speak(sentence, { rateHz, signal }) {
      const plugin = new PluginSentence(process, stallMs);
      try {
        const { events, fromHz } = await plugin.begin(plainText(sentence), signal);
        yield* shapedSpeech(events, { name, sentence, fromHz, rateHz, level });
      } finally {
        plugin.end();
      }
    },
    close: () => process.close(),
  };
  // Whether it tells when words are said is known when it is loaded; sound waits for them only then.
  const [timed, guessed] = [withWordTimes(tts, true), withWordTimes(tts, false)];
  return {
    ...tts,
    prepare: () => process.prepare(),
    async *speak(sentence, speech) {
      speech.signal.throwIfAborted();
      refuseLong(sentence, name);
      if (saysNothing(sentence)) return;
      const ready = await isTimed(process, speech.signal);
      yield* (ready ? timed : guessed).speak(sentence, speech);
    },
  };
}

/** Waits until the plugin is loaded, and knows whether it times words. */
async function isTimed(process: PluginProcess, signal: AbortSignal): Promise<boolean> {
  const waiting = Promise.withResolvers<never>();
  waiting.promise.catch(() => {});
  const stop = () => waiting.reject(signal.reason);
  const id = process.begin({ news: () => {}, lost: waiting.reject });
  signal.addEventListener('abort', stop);
  try {
    return (await Promise.race([process.ready(), waiting.promise])).timesWords;
  } finally {
    signal.removeEventListener('abort', stop);
    process.end(id);
  }
}

/** One sentence on its way from the plugin. */
class PluginSentence implements PluginUser {
  readonly #process: PluginProcess;
  readonly #stallMs: number;
  #id: number | undefined;
  #feed: SpeechFeed | undefined;
  #fromHz = 0;
  #signal: AbortSignal | undefined;

  constructor(process: PluginProcess, stallMs: number) {
    this.#process = process;
    this.#stallMs = stallMs;
  }

  /** What comes, and its rate, once there is something. */
  async begin(
    text: string,
    signal: AbortSignal,
  ): Promise<{ readonly events: AsyncGenerator<FeedEvent>; readonly fromHz: number }> {
    this.#id = this.#process.begin(this);
    this.#feed = new SpeechFeed(this.#process.name, this.#stallMs, this.#leave);
    // At once, whether anybody asks for the next piece or not.
    this.#signal = signal;
    signal.addEventListener('abort', this.#leave);
    this.#process.send({ type: 'say', id: this.#id, text, timeoutMs: this.#stallMs });
    const events = this.#feed.events(signal);
    const waiting: FeedEvent[] = [];
    // Words may come before the first sound, which tells the rate.
    for (;;) {
      const next = await events.next();
      if (next.done === true) break;
      waiting.push(next.value);
      if (next.value.type === 'sound') break;
    }
    return { events: following(waiting, events), fromHz: this.#fromHz || 16_000 };
  }

  news(news: PluginNews): void {
    const feed = this.#feed;
    if (feed === undefined) return;
    if (news.type === 'sound') this.#sound(feed, news.rateHz, news.pcm);
    else if (news.type === 'words') feed.words(news.tokens);
    else if (news.type === 'done') feed.done();
    else if (news.type === 'failed') feed.fail(this.#process.faultOf(news));
  }

  lost(fault: Parameters<PluginUser['lost']>[0]): void {
    this.#feed?.fail(fault);
  }

  end(): void {
    this.#signal?.removeEventListener('abort', this.#leave);
    this.#leave();
  }

  #sound(feed: SpeechFeed, rateHz: number, pcm: Int16Array): void {
    if (this.#fromHz === 0) this.#fromHz = rateHz;
    if (rateHz === this.#fromHz) feed.sound(new Uint8Array(pcm.buffer, pcm.byteOffset, pcm.byteLength));
    else {
      feed.fail(this.#process.fault('protocol', 'changed the rate of its sound'));
      this.#leave();
    }
  }

  readonly #leave = (): void => {
    this.#feed?.done();
    if (this.#id !== undefined) this.#process.end(this.#id);
  };
}

async function* following(
  first: readonly FeedEvent[],
  rest: AsyncGenerator<FeedEvent>,
): AsyncGenerator<FeedEvent> {
  try {
    yield* first;
    yield* rest;
  } finally {
    await rest.return(undefined);
  }
}
