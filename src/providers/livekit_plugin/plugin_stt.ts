import { LIMITS } from '../../config/limits.ts';
import { HeardSegments } from '../stt/heard_segments.ts';
import { type FinalLimits, RemoteUtterance } from '../stt/remote_utterance.ts';
import type { Recognition, Stt, SttSession } from '../types.ts';
import type { PluginNews } from './plugin_messages.ts';
import type { PluginOptions } from './plugin_options.ts';
import { PluginProcess, type PluginUser } from './plugin_process.ts';

/** Sound goes over in pieces of this length: fewer messages, and no later than a pause is noticed. */
const PIECE_MS = 50;

/** How long a final may take; LIMITS unless given. */
interface PluginSttTimes extends FinalLimits {
  /** From the end of the utterance to the plugin's next final; then its stream is ended, which makes it tell the rest. */
  readonly answerMs: number;
}

export interface PluginSttOptions extends PluginOptions {
  readonly times?: Partial<PluginSttTimes>;
}

/**
 * Hears by an STT of LiveKit Agents, in a process of its own, with a stream of the plugin for each utterance. What is expected
 * can't be told to a plugin for one stream only, and none tells what was said so far when it is asked.
 */
export function createPluginStt(options: PluginSttOptions): Stt {
  const process = new PluginProcess('stt', options);
  return {
    name: options.name,
    prepare: () => process.prepare(),
    open: ({ rateHz, onPartial }) => new PluginUtterance(process, rateHz, onPartial, options.times ?? {}),
    close: () => process.close(),
  };
}

class PluginUtterance implements SttSession, PluginUser {
  readonly #process: PluginProcess;
  readonly #rateHz: 8000 | 16000;
  readonly #answerMs: number;
  readonly #session: RemoteUtterance;
  readonly #segments = new HeardSegments();
  #segment = 0;
  #id: number | undefined;

  constructor(
    process: PluginProcess,
    rateHz: 8000 | 16000,
    onPartial: ((text: string) => void) | undefined,
    times: Partial<PluginSttTimes>,
  ) {
    this.#process = process;
    this.#rateHz = rateHz;
    this.#answerMs = times.answerMs ?? LIMITS.sttAnswerMs;
    const { finalMs = LIMITS.sttFinalMs, silentMs = LIMITS.sttSilentMs } = times;
    this.#session = new RemoteUtterance({
      name: process.name,
      rateHz,
      limits: {
        finalMs,
        // Loading it is no silence of its service.
        get silentMs() {
          return process.isReady ? silentMs : finalMs;
        },
      },
      onPartial,
      pieceMs: PIECE_MS,
      audio: pcm => this.#send(pcm),
      end: () => this.#finish(),
      over: () => this.#over(),
    });
    process.prepare();
  }

  write(pcm: Int16Array): void {
    this.#session.write(pcm);
  }

  finish(): Promise<Recognition> {
    return this.#session.finish();
  }

  cancel(): void {
    this.#session.cancel();
  }

  news(news: PluginNews): void {
    this.#session.sign();
    if (news.type === 'heard') this.#heard(news);
    else if (news.type === 'done') this.#session.done(this.#segments.recognition);
    else if (news.type === 'failed') this.#session.failWith(this.#process.faultOf(news));
  }

  lost(fault: Parameters<PluginUser['lost']>[0]): void {
    this.#session.failWith(fault);
  }

  #heard({ text, isFinal, confidence, alternatives }: Extract<PluginNews, { type: 'heard' }>): void {
    const isKept = this.#segments.add({
      segment: this.#segment,
      text,
      confidences: [confidence],
      alternatives,
      isSettled: isFinal,
      endS: undefined,
    });
    if (!isKept) this.#session.fail('protocol', 'wrote more than anybody says');
    else this.#session.partial(this.#segments.text);
    if (isFinal) this.#segment++;
  }

  /** The first sound opens the plugin's stream: an utterance without any needs none. */
  #send(pcm: Int16Array): void {
    if (this.#id === undefined) {
      try {
        this.#id = this.#process.begin(this);
      } catch (error) {
        this.#session.failWith(this.#process.faultFrom(error));
        return;
      }
      // Its service is waited for from then on.
      this.#process.ready().then(
        () => this.#session.sign(),
        () => {},
      );
      this.#process.send({
        type: 'listen',
        id: this.#id,
        rateHz: this.#rateHz,
        answerMs: this.#answerMs,
      });
    }
    this.#process.send({ type: 'audio', id: this.#id, pcm });
  }

  #finish(): void {
    if (this.#id !== undefined) this.#process.send({ type: 'finish', id: this.#id });
  }

  #over(): void {
    if (this.#id !== undefined) this.#process.end(this.#id);
  }
}
