import { LIMITS } from '../../config/limits.ts';
import type { FaultKind, ProviderFault } from '../provider_fault.ts';
import { ProviderSocket } from '../provider_socket.ts';
import { RealtimeAnswers } from './realtime_answers.ts';
import { kindOfError, limitedForMs, readEvent, type ServerEvent, speechFault } from './realtime_events.ts';
import { RealtimeExchange, type SpeechLimits } from './realtime_exchange.ts';
import { CallerSound } from './realtime_input.ts';
import { itemsOf, outputItem } from './realtime_items.ts';
import type { SpeechMeter } from './speech_meter.ts';
import type { CallerSpeech, SpeechConversation, SpeechOpening, SpeechSetup } from './types.ts';

const PROBE_MS = 1_000;
const TRANSCRIPTION = 'conversation.item.input_audio_transcription.';
/** Events that come of a turn. */
const OF_TURN =
  /^(?:response\.|input_audio_buffer\.committed|conversation\.item\.input_audio_transcription)/u;
/** Events of ours that put its memory right: what is answered to them fails no turn. */
const TIDY = 'tidy_';

export interface RealtimeConversationOptions extends SpeechOpening {
  readonly name: string;
  readonly url: string;
  readonly apiKey: string | undefined;
  /** Settings of the session beside who the model is. */
  readonly session: Readonly<Record<string, unknown>>;
  readonly limits: Partial<SpeechLimits> | undefined;
  readonly meter: SpeechMeter;
  /** The connection is gone. */
  readonly onEnd: () => void;
}

/** One call's session with the Realtime API over WebSocket (https://developers.openai.com/api/docs/guides/realtime-conversations). */
export class RealtimeConversation implements SpeechConversation {
  readonly #options: RealtimeConversationOptions;
  readonly #socket: ProviderSocket;
  readonly #answers: RealtimeAnswers;
  /** Committed, in order, until the far end names their items. */
  readonly #unnamed: RealtimeExchange[] = [];
  #latest: RealtimeExchange | undefined;
  #setup = '';
  #tidied = 0;
  #isInOrder = true;
  #limitedForMs: number | undefined;
  #probedAt: number | undefined;

  constructor(options: RealtimeConversationOptions) {
    this.#options = options;
    const { name, apiKey } = options;
    this.#socket = new ProviderSocket({
      name,
      code: 'SPEECH_FAILED',
      url: options.url,
      headers: apiKey === undefined ? {} : { Authorization: `Bearer ${apiKey}` },
      onText: text => this.#receive(text),
      onEnd: fault => this.#ended(fault),
    });
    this.#answers = new RealtimeAnswers({
      name,
      meter: options.meter,
      send: event => this.#socket.sendJson(event),
      tidy: event => this.#tidy(event),
    });
    this.#configure(options.setup, options.session);
    for (const item of options.said.flatMap(itemsOf))
      this.#socket.sendJson({ type: 'conversation.item.create', item });
  }

  get isFit(): boolean {
    return this.#isInOrder && !this.#socket.isOver && this.#socket.ageMs < LIMITS.speechConversationMs;
  }

  hear(): CallerSpeech {
    let exchange: RealtimeExchange | undefined;
    const sound = new CallerSound(this.#options.rateHz, audio => {
      this.#socket.sendJson({ type: 'input_audio_buffer.append', audio });
      if (this.#socket.isOpen) this.#probe();
    });
    return {
      write: pcm => sound.write(pcm),
      answer: setup => {
        exchange ??= this.#ask(setup, sound);
        return exchange;
      },
      cancel: () => {
        if (exchange !== undefined) exchange.forget();
        else if (sound.end(false)) this.#socket.sendJson({ type: 'input_audio_buffer.clear' });
      },
    };
  }

  close(): void {
    this.#end(speechFault('refused', `${this.#options.name} was told to give up`));
    this.#socket.close();
  }

  /** Resolves when nothing is left of it. */
  get closed(): Promise<void> {
    return this.#socket.closed;
  }

  #ask(setup: SpeechSetup, sound: CallerSound): RealtimeExchange {
    this.#configure(setup);
    sound.end(true);
    const exchange = this.#exchange(sound.durationMs);
    if (this.#socket.isOver) exchange.failFor('unavailable', 'is gone');
    else {
      this.#socket.sendJson({ type: 'input_audio_buffer.commit' });
      this.#unnamed.push(exchange);
      exchange.begin(true);
      this.#answers.want(exchange);
    }
    return exchange;
  }

  /** What came of calls was told: the model is asked what it says to that. */
  #goOn(): RealtimeExchange {
    const exchange = this.#exchange(0);
    if (this.#socket.isOver) exchange.failFor('unavailable', 'is gone');
    else {
      exchange.begin(false);
      this.#answers.want(exchange);
    }
    return exchange;
  }

  /** `askedMs` of the caller's sound are answered. */
  #exchange(askedMs: number): RealtimeExchange {
    const { name, rateHz, limits } = this.#options;
    const exchange = new RealtimeExchange({
      name,
      rateHz,
      limits,
      askedMs,
      onOutputs: outputs => {
        for (const { id, text } of outputs)
          this.#socket.sendJson({ type: 'conversation.item.create', item: outputItem(id, text) });
      },
      onGoOn: () => this.#goOn(),
      onReplaced: (replaced, text) => this.#answers.replace(replaced, text),
      onStop: stopped => this.#answers.stop(stopped),
      onHeard: (heard, soundMs) => this.#answers.remember(heard, soundMs),
      onForget: forgotten => this.#answers.forget(forgotten),
      onFail: ({ kind }) => {
        this.#isInOrder = false;
        this.#socket.fail(kind, 'was given up with its answer');
      },
    });
    this.#latest = exchange;
    return exchange;
  }

  /** Tells who the model is, where it is another than before; what else there is stays as it was told at first. */
  #configure({ instructions, tools }: SpeechSetup, session?: Readonly<Record<string, unknown>>): void {
    const functions = tools.map(tool => ({ type: 'function', ...tool }));
    const setup = JSON.stringify({ instructions, functions });
    if (setup === this.#setup) return;
    this.#setup = setup;
    const told = { ...session, type: 'realtime', instructions, tools: functions };
    this.#socket.sendJson({ type: 'session.update', session: told });
  }

  #tidy(event: Readonly<Record<string, unknown>>): void {
    this.#tidied += 1;
    this.#socket.sendJson({ ...event, event_id: `${TIDY}${this.#tidied}` });
  }

  #ended(fault: ProviderFault | undefined): void {
    this.#end(fault ?? speechFault('unavailable', `${this.#options.name} was closed`));
    this.#options.onEnd();
  }

  #end(fault: ProviderFault): void {
    this.#answers.end(fault);
    this.#latest?.fail(fault);
    this.#latest?.transcriptMissing();
  }

  /** While sound goes over the far end may have nothing to say, but it must live: it is asked about once a second. */
  #probe(): void {
    const now = performance.now();
    const sinceMs = this.#probedAt === undefined ? Number.POSITIVE_INFINITY : now - this.#probedAt;
    const { silentForMs } = this.#socket;
    if (this.#probedAt !== undefined && silentForMs >= sinceMs) {
      const stalledMs = this.#options.limits?.stalledMs ?? LIMITS.speechStalledMs;
      if (sinceMs > stalledMs) this.#socket.fail('timeout', `was silent for ${stalledMs} ms of sound`);
    } else if (sinceMs > PROBE_MS) {
      this.#probedAt = now;
      this.#socket.probe();
    }
  }

  #receive(text: string): void {
    const event = readEvent(text);
    if (event === undefined) {
      this.#socket.fail('protocol', 'sent no event');
      return;
    }
    // What was told of the settings, or of what was said before, says nothing of this turn.
    if (OF_TURN.test(event.type)) this.#latest?.sign();
    if (event.type === 'error') this.#refused(event);
    else if (event.type === 'rate_limits.updated') this.#limitedForMs = limitedForMs(event);
    else if (event.type === 'input_audio_buffer.committed') this.#named(event.item_id);
    else if (event.type.startsWith(TRANSCRIPTION)) this.#transcribed(event);
    else this.#answers.take(event, this.#limitedForMs);
  }

  #refused({ error }: ServerEvent): void {
    const { code, event_id: eventId } = error ?? {};
    // There was nothing left to cancel.
    if (code === 'response_cancel_not_active') return;
    if (eventId?.startsWith(TIDY) === true) this.#isInOrder = false;
    else if (code === 'conversation_already_has_active_response') this.#answers.wantAgain();
    else this.#fail(kindOfError(error), 'answered with an error');
  }

  #named(id: string | undefined): void {
    const exchange = this.#unnamed.shift();
    if (id === undefined) this.#fail('protocol', 'named no item');
    else if (exchange !== undefined) {
      exchange.callerItem ??= id;
      if (exchange.fate === 'forgotten') this.#answers.forget(exchange);
    }
  }

  #transcribed(event: ServerEvent): void {
    const exchange = this.#latest;
    // It may be told before the item is named.
    const id = exchange?.callerItem ?? (exchange === this.#unnamed[0] ? event.item_id : undefined);
    const isDone = event.type === `${TRANSCRIPTION}completed`;
    if (isDone) this.#options.meter.transcribed(event.usage ?? {}, exchange?.askedMs ?? 0);
    if (exchange === undefined || event.item_id === undefined || event.item_id !== id) return;
    if (isDone && event.transcript !== undefined) exchange.transcribed(event.transcript);
    else if (event.type === `${TRANSCRIPTION}failed`) exchange.transcriptMissing();
  }

  #fail(kind: FaultKind, what: string): void {
    const fault = speechFault(kind, `${this.#options.name} ${what}`, this.#limitedForMs);
    this.#end(fault);
    this.#socket.fail(kind, what);
  }
}
