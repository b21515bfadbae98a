import { AudioFrame } from '@livekit/rtc-node';
import { LIMITS } from '../../config/limits.ts';
import { UNMEASURED_CONFIDENCE } from '../stt/token_confidence.ts';
import { StreamResampler } from '../tts/stream_resampler.ts';
import { connectOptions, type HostedRequest, type RequestPlace } from './hosted_request.ts';
import { SPEECH_EVENT, type SpeechEvent, type SpeechStream, type SttPlugin } from './plugin_api.ts';
import { failureOf } from './plugin_failure.ts';
import type { PluginRequest } from './plugin_messages.ts';

type Listen = Extract<PluginRequest, { type: 'listen' }>;

/** Has a plugin hear an utterance: on a stream of its own, or whole at its end where the plugin has no streams. */
export function listen(plugin: SttPlugin, request: Listen, place: RequestPlace): HostedRequest {
  return plugin.capabilities?.streaming === false
    ? new WholeListening(plugin, request, place)
    : new Listening(plugin, request, place);
}

/**
 * An utterance on a stream. Plugins tell no end of what was asked for by `flush`, and most drop what comes after `endInput`: so
 * the first final after `flush` is waited for, and only then the stream's end.
 */
class Listening implements HostedRequest {
  readonly #stream: SpeechStream;
  readonly #place: RequestPlace;
  readonly #resampler: StreamResampler;
  readonly #rateHz: number;
  readonly #answerMs: number;
  /** Something was heard that no final has come of yet. */
  #isUnsettled = false;
  #state: 'listening' | 'flushed' | 'ending' | 'over' = 'listening';
  #timer: NodeJS.Timeout | undefined;

  constructor(plugin: SttPlugin, { rateHz, answerMs }: Listen, place: RequestPlace) {
    this.#place = place;
    this.#answerMs = answerMs;
    this.#stream = place.failures.attribute(place.id, () =>
      plugin.stream({ connOptions: connectOptions(LIMITS.providerConnectMs) }),
    );
    // By the plugin's own resampler the last milliseconds would be lost.
    this.#rateHz = this.#stream.neededSampleRate ?? rateHz;
    this.#resampler = new StreamResampler(rateHz, this.#rateHz);
    void place.failures.attribute(place.id, () => this.#read());
  }

  audio(pcm: Int16Array): void {
    if (this.#state === 'listening') this.#push(this.#resampler.push(pcm));
  }

  finish(): void {
    if (this.#state !== 'listening') return;
    this.#push(this.#resampler.end());
    this.#state = 'flushed';
    this.#stream.flush();
    this.#timer = setTimeout(() => this.#endInput(), this.#answerMs);
  }

  stop(): void {
    this.#state = 'over';
    clearTimeout(this.#timer);
    this.#stream.close();
  }

  #push(pcm: Int16Array): void {
    // Some plugins send all of the buffer behind the samples.
    const data = pcm.slice();
    if (data.length > 0) this.#stream.pushFrame(new AudioFrame(data, this.#rateHz, 1, data.length));
  }

  async #read(): Promise<void> {
    try {
      for await (const event of this.#stream) {
        if (this.#isOver()) return;
        this.#take(event);
      }
      this.#ended();
    } catch (error) {
      if (!this.#isOver()) this.#fail(failureOf(error));
    }
  }

  #take(event: SpeechEvent): void {
    const isFinal = event.type === SPEECH_EVENT.final;
    if (isFinal || event.type === SPEECH_EVENT.interim) {
      this.#isUnsettled = !isFinal;
      tellHeard(event, isFinal, this.#place);
    }
    if (!isFinal && event.type !== SPEECH_EVENT.endOfSpeech) return;
    if (this.#isUnsettled) return;
    this.#endInput();
    if (this.#state === 'ending') this.#endSoon();
  }

  #endInput(): void {
    if (this.#state !== 'flushed') return;
    this.#state = 'ending';
    clearTimeout(this.#timer);
    try {
      this.#stream.endInput();
    } catch (error) {
      this.#fail(failureOf(error));
    }
  }

  /** There was a final: a stream that does not end after it is not waited for. One without must end by itself. */
  #endSoon(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#ended(), LIMITS.pluginEndMs);
  }

  #ended(): void {
    if (this.#isOver()) return;
    const failure = this.#place.failures.of(this.#place.id);
    // A stream that ends before it is asked to, or owes a final, has lost what was said.
    if (failure !== undefined || this.#state !== 'ending' || this.#isUnsettled) {
      this.#fail(failure ?? { kind: 'unavailable' });
      return;
    }
    this.stop();
    this.#place.tell({ type: 'done', id: this.#place.id });
  }

  #fail(failure: ReturnType<typeof failureOf>): void {
    this.stop();
    this.#place.tell({ type: 'failed', id: this.#place.id, ...failure });
  }

  #isOver(): boolean {
    return this.#state === 'over';
  }
}

/** An utterance that is sent when it has ended. */
class WholeListening implements HostedRequest {
  readonly #plugin: SttPlugin;
  readonly #rateHz: number;
  readonly #place: RequestPlace;
  readonly #control = new AbortController();
  readonly #frames: AudioFrame[] = [];

  constructor(plugin: SttPlugin, { rateHz }: Listen, place: RequestPlace) {
    this.#plugin = plugin;
    this.#rateHz = rateHz;
    this.#place = place;
  }

  audio(pcm: Int16Array): void {
    this.#frames.push(new AudioFrame(pcm.slice(), this.#rateHz, 1, pcm.length));
  }

  finish(): void {
    void this.#place.failures.attribute(this.#place.id, () => this.#ask());
  }

  stop(): void {
    this.#control.abort();
  }

  async #ask(): Promise<void> {
    const { id, tell } = this.#place;
    try {
      const event = await this.#plugin.recognize(this.#frames, this.#control.signal);
      if (this.#control.signal.aborted) return;
      tellHeard(event, true, this.#place);
      tell({ type: 'done', id });
    } catch (error) {
      if (!this.#control.signal.aborted) tell({ type: 'failed', id, ...failureOf(error) });
    }
  }
}

function tellHeard({ alternatives = [] }: SpeechEvent, isFinal: boolean, { id, tell }: RequestPlace): void {
  const [best, ...others] = alternatives;
  if (best === undefined) return;
  tell({
    type: 'heard',
    id,
    text: best.text,
    isFinal,
    confidence: shareOf(best.confidence),
    alternatives: others.slice(0, 16).map(other => ({
      text: other.text,
      confidence: shareOf(other.confidence),
    })),
  });
}

/** Plugins whose service tells no confidence give 0, or 1. */
function shareOf(confidence: number | undefined): number {
  return confidence !== undefined && confidence > 0 && confidence < 1 ? confidence : UNMEASURED_CONFIDENCE;
}
