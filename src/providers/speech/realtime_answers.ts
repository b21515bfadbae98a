import type { ProviderFault } from '../provider_fault.ts';
import { kindOfError, readSound, type ServerEvent, speechFault } from './realtime_events.ts';
import type { RealtimeExchange } from './realtime_exchange.ts';
import type { SpeechMeter } from './speech_meter.ts';

const ARGUMENTS = 'response.function_call_arguments.';

export interface RealtimeAnswersOptions {
  readonly name: string;
  readonly meter: SpeechMeter;
  readonly send: (event: Readonly<Record<string, unknown>>) => void;
  /** Sends what puts the far end's memory right. */
  readonly tidy: (event: Readonly<Record<string, unknown>>) => void;
}

/** The answers of one session, one at a time, and what the far end is to remember of them. */
export class RealtimeAnswers {
  readonly #options: RealtimeAnswersOptions;
  /** To be asked for as soon as the far end has done with the one before. */
  #wanted: RealtimeExchange | undefined;
  /** Asked for, and not over at the far end. */
  #active: RealtimeExchange | undefined;
  /** What is told of it any more is not the next one's. */
  #lastResponseId: string | undefined;

  constructor(options: RealtimeAnswersOptions) {
    this.#options = options;
  }

  want(exchange: RealtimeExchange): void {
    this.#wanted = exchange;
    if (this.#active === undefined) this.#create();
  }

  /** The far end still speaks: the answer is asked for when that is over. */
  wantAgain(): void {
    this.#wanted ??= this.#active;
    this.#active = undefined;
  }

  stop(exchange: RealtimeExchange): void {
    if (this.#wanted === exchange) this.#wanted = undefined;
    if (this.#active !== exchange) return;
    const id = exchange.responseId;
    this.#options.tidy({ type: 'response.cancel', ...(id !== undefined && { response_id: id }) });
  }

  /** Cuts what is remembered of it to so much sound. */
  remember(exchange: RealtimeExchange, soundMs: number): void {
    let leftMs = Math.floor(soundMs);
    for (const { id, soundMs: itemMs } of exchange.items) {
      if (leftMs <= 0) this.#delete(id);
      else if (leftMs < Math.floor(itemMs) || this.#active === exchange) {
        const endMs = Math.min(leftMs, Math.floor(itemMs));
        this.#options.tidy({
          type: 'conversation.item.truncate',
          item_id: id,
          content_index: 0,
          audio_end_ms: endMs,
        });
      }
      leftMs -= Math.floor(itemMs);
    }
    this.#letGo(exchange);
  }

  /** What another voice said is remembered in its place. */
  replace(exchange: RealtimeExchange, text: string): void {
    for (const { id } of exchange.items) this.#delete(id);
    this.#letGo(exchange);
    if (text === '') return;
    const content = [{ type: 'output_text', text }];
    this.#options.tidy({
      type: 'conversation.item.create',
      item: { type: 'message', role: 'assistant', content },
    });
  }

  /** Nothing of it is remembered, nor what it answers; what is named later is forgotten then. */
  forget(exchange: RealtimeExchange): void {
    const { callerItem } = exchange;
    if (callerItem !== undefined) this.#delete(callerItem);
    exchange.callerItem = undefined;
    for (const { id } of exchange.items) this.#delete(id);
    this.#letGo(exchange);
  }

  take(event: ServerEvent, limitedForMs: number | undefined): void {
    const { type } = event;
    if (!type.startsWith('response.')) return;
    const exchange = this.#of(event.response_id ?? event.response?.id);
    if (type === 'response.done') this.#done(event, exchange, limitedForMs);
    else if (exchange === undefined) return;
    else if (type === 'response.output_item.added') this.#added(event, exchange);
    else if (type === 'response.output_audio.delta') this.#sound(event, exchange);
    else if (type === 'response.output_audio_transcript.delta') exchange.words(event.delta ?? '');
    else if (type === `${ARGUMENTS}delta`) exchange.writes(event.delta?.length ?? 0);
    else if (type === 'response.output_item.done' && event.item?.type === 'function_call') {
      const { call_id: id = '', name = '', arguments: argumentsJson = '', status } = event.item;
      if (status !== 'incomplete') exchange.call({ id, name, argumentsJson });
    }
  }

  /** The connection is gone. */
  end(fault: ProviderFault): void {
    const active = this.#active;
    this.#active = undefined;
    this.#wanted?.fail(fault);
    this.#wanted = undefined;
    if (active === undefined) return;
    this.#options.meter.guess(active.askedMs, active.soundMs);
    active.fail(fault);
  }

  #create(): void {
    this.#active = this.#wanted;
    this.#wanted = undefined;
    if (this.#active !== undefined) this.#options.send({ type: 'response.create' });
  }

  /** The first that is told of a response names it. */
  #of(responseId: string | undefined): RealtimeExchange | undefined {
    const exchange = this.#active;
    if (exchange === undefined || responseId === undefined || responseId === this.#lastResponseId)
      return undefined;
    exchange.responseId ??= responseId;
    return exchange.responseId === responseId ? exchange : undefined;
  }

  #added({ item }: ServerEvent, exchange: RealtimeExchange): void {
    if (item?.id === undefined) return;
    const isCall = item.type === 'function_call';
    if (exchange.fate !== 'open' && !isCall) this.#delete(item.id);
    else exchange.keeps(item.id, isCall);
  }

  #sound({ item_id: id, delta }: ServerEvent, exchange: RealtimeExchange): void {
    const bytes = delta === undefined ? undefined : readSound(delta);
    if (id === undefined || bytes === undefined)
      throw speechFault('protocol', `${this.#options.name} sent no sound`);
    exchange.sound(id, bytes);
  }

  #done(event: ServerEvent, exchange: RealtimeExchange | undefined, limitedForMs: number | undefined): void {
    const { status, status_details: details, usage } = event.response ?? {};
    if (usage !== undefined && usage !== null) this.#options.meter.answered(usage);
    if (exchange !== undefined) {
      this.#lastResponseId = exchange.responseId;
      this.#active = undefined;
      if (status === 'failed') {
        const kind = kindOfError(details?.error);
        exchange.fail(speechFault(kind, `${this.#options.name} failed to answer`, limitedForMs));
      } else if (status === 'cancelled') exchange.failFor('unavailable', 'gave up its answer');
      else exchange.done(status === 'completed');
      if (exchange.fate !== 'open') this.#deleteCalls(exchange);
    }
    if (this.#active === undefined) this.#create();
  }

  #letGo(exchange: RealtimeExchange): void {
    exchange.letGo();
    // What is still being written is deleted when that is over.
    if (this.#active !== exchange) this.#deleteCalls(exchange);
  }

  /** What it called, and nobody answers: the model is not to wait for it. */
  #deleteCalls(exchange: RealtimeExchange): void {
    for (const id of exchange.takeCallItems()) this.#delete(id);
  }

  #delete(id: string): void {
    this.#options.tidy({ type: 'conversation.item.delete', item_id: id });
  }
}
