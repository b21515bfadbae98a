import { LIMITS } from '../../config/limits.ts';
import type { FaultKind, ProviderFault } from '../provider_fault.ts';
import { SampleReader } from '../tts/sample_reader.ts';
import { StreamResampler } from '../tts/stream_resampler.ts';
import type { LlmToolCall } from '../types.ts';
import { PartQueue } from './part_queue.ts';
import { speechFault } from './realtime_events.ts';
import type { CallOutput, SpokenAnswer } from './types.ts';

/** The rate of the API's PCM. */
export const WIRE_RATE_HZ = 24_000;

/** How long the far end may take; LIMITS unless given. */
export interface SpeechLimits {
  readonly silentMs: number;
  readonly firstSoundMs: number;
  readonly stalledMs: number;
  readonly transcriptMs: number;
  /** Sound of one answer. */
  readonly answerSeconds: number;
}

/** What the far end keeps of an answer, and how much sound of it came. */
interface AnswerItem {
  readonly id: string;
  readonly reader: SampleReader;
  samples: number;
}

export interface ExchangeOptions {
  readonly name: string;
  readonly rateHz: 8000 | 16000;
  readonly limits: Partial<SpeechLimits> | undefined;
  /** Sound of the caller that it answers, milliseconds. */
  readonly askedMs: number;
  /** Told once each, of what was asked for from outside. */
  readonly onStop: (exchange: RealtimeExchange) => void;
  readonly onHeard: (exchange: RealtimeExchange, soundMs: number) => void;
  readonly onForget: (exchange: RealtimeExchange) => void;
  readonly onReplaced: (exchange: RealtimeExchange, text: string) => void;
  /** Tells the far end what came of calls. */
  readonly onOutputs: (outputs: readonly CallOutput[]) => void;
  /** Asks for what the model says to that. */
  readonly onGoOn: () => RealtimeExchange;
  /** What the far end remembers from here on is not what was said. */
  readonly onFail: (fault: ProviderFault) => void;
}

/** A turn of the caller and its answer: keeps time, gathers what comes, and ends once. */
export class RealtimeExchange implements SpokenAnswer {
  readonly parts = new PartQueue();
  readonly #options: ExchangeOptions;
  readonly #heard = Promise.withResolvers<string | undefined>();
  readonly #resampler: StreamResampler;
  readonly #items: AnswerItem[] = [];
  /** Calls that the far end keeps, by their items; those that were answered stay. */
  readonly #callIds: string[] = [];
  /** Told once it is certain that the answer is whole. */
  readonly #calls: LlmToolCall[] = [];
  #argumentsCharacters = 0;
  /** Of the caller's turn, once the far end has named it. */
  callerItem: string | undefined;
  responseId: string | undefined;
  #samples = 0;
  #characters = 0;
  #silent: NodeJS.Timeout | undefined;
  #first: NodeJS.Timeout | undefined;
  #transcript: NodeJS.Timeout | undefined;
  #isTranscriptLate = false;
  #hasBegun = false;
  #isOver = false;
  #fate: 'open' | 'heard' | 'forgotten' = 'open';

  constructor(options: ExchangeOptions) {
    this.#options = options;
    this.#resampler = new StreamResampler(WIRE_RATE_HZ, options.rateHz);
    // It may fail before anybody waits for it, or after nobody does any more.
    this.#heard.promise.catch(() => undefined);
  }

  get heard(): Promise<string | undefined> {
    return this.#heard.promise;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  get fate(): 'open' | 'heard' | 'forgotten' {
    return this.#fate;
  }

  get askedMs(): number {
    return this.#options.askedMs;
  }

  /** Of the answer so far. */
  get soundMs(): number {
    return (this.#samples * 1000) / WIRE_RATE_HZ;
  }

  /** What the far end keeps of it, in order. */
  get items(): readonly { readonly id: string; readonly soundMs: number }[] {
    return this.#items.map(({ id, samples }) => ({ id, soundMs: (samples * 1000) / WIRE_RATE_HZ }));
  }

  /** The far end was told what to make of them. */
  letGo(): void {
    this.#items.length = 0;
  }

  /** Calls of tools that the far end keeps, and that nobody has answered: they are to be deleted. */
  takeCallItems(): readonly string[] {
    return this.#callIds.splice(0);
  }

  /** The answer is wanted from now on; `isTurn` where it is to what the caller said. */
  begin(isTurn: boolean): void {
    const { limits } = this.#options;
    const firstMs = limits?.firstSoundMs ?? LIMITS.speechFirstSoundMs;
    const transcriptMs = limits?.transcriptMs ?? LIMITS.speechTranscriptMs;
    this.#wait(limits?.silentMs ?? LIMITS.speechSilentMs);
    this.#first = setTimeout(() => this.failFor('timeout', `said nothing within ${firstMs} ms`), firstMs);
    if (isTurn) this.#transcript = setTimeout(() => this.transcriptMissing(), transcriptMs);
    else this.#heard.resolve(undefined);
  }

  /** The far end lives. */
  sign(): void {
    clearTimeout(this.#silent);
    if (!this.#isOver && this.#hasBegun)
      this.#wait(this.#options.limits?.stalledMs ?? LIMITS.speechStalledMs);
  }

  transcribed(text: string): void {
    clearTimeout(this.#transcript);
    this.#heard.resolve(text);
  }

  /** Nobody writes down what the caller said, or not in time. */
  transcriptMissing(): void {
    clearTimeout(this.#transcript);
    this.#isTranscriptLate = true;
    if (this.#hasBegun) this.#heard.resolve(undefined);
  }

  /** The far end keeps something new of it. */
  keeps(id: string, isCall: boolean): void {
    if (isCall) this.#callIds.push(id);
    else this.#items.push({ id, reader: new SampleReader(), samples: 0 });
  }

  sound(itemId: string, bytes: Buffer): void {
    if (this.#isOver) return;
    if (!this.#items.some(({ id }) => id === itemId)) this.keeps(itemId, false);
    const item = this.#items.find(({ id }) => id === itemId)!;
    const pcm = item.reader.read(bytes);
    item.samples += pcm.length;
    this.#samples += pcm.length;
    const most = this.#options.limits?.answerSeconds ?? LIMITS.speechAnswerSeconds;
    if (this.#samples > most * WIRE_RATE_HZ) this.failFor('protocol', 'speaks without end');
    else if (pcm.length > 0) this.#passOn(this.#resampler.push(pcm));
  }

  words(text: string): void {
    this.#characters += text.length;
    if (this.#characters > LIMITS.speechTranscriptCharacters)
      this.failFor('protocol', 'writes down without end');
    else if (text !== '') this.parts.push({ type: 'words', text });
  }

  /** More arguments are written. */
  writes(characters: number): void {
    this.#argumentsCharacters += characters;
    if (this.#argumentsCharacters > LIMITS.speechArgumentsCharacters)
      this.failFor('protocol', 'writes arguments without end');
    else this.#begun();
  }

  call(call: LlmToolCall): void {
    this.#calls.push(call);
    if (Math.max(this.#calls.length, this.#callIds.length) > LIMITS.llmToolCalls)
      this.failFor('protocol', 'calls tools without end');
    else if (call.argumentsJson.length > LIMITS.speechArgumentsCharacters)
      this.failFor('protocol', 'writes arguments without end');
    else this.#begun();
  }

  /** No more comes; where it is not whole nothing that it called counts. */
  done(isWhole: boolean): void {
    if (!this.#hasBegun) this.failFor('refused', 'had nothing to say');
    else if (this.#end()) {
      this.#passOn(this.#resampler.end());
      if (isWhole) for (const call of this.#calls) this.parts.push({ type: 'toolCall', call });
      this.parts.end();
    }
  }

  goOn(outputs: readonly CallOutput[]): SpokenAnswer {
    this.leave(outputs);
    return this.#options.onGoOn();
  }

  leave(outputs: readonly CallOutput[]): void {
    this.#callIds.length = 0;
    this.#options.onOutputs(outputs);
  }

  fail(fault: ProviderFault): void {
    if (!this.#end()) return;
    clearTimeout(this.#transcript);
    this.#passOn(this.#resampler.end());
    this.#heard.reject(fault);
    this.parts.fail(fault);
    this.#options.onFail(fault);
  }

  failFor(kind: FaultKind, what: string): void {
    this.fail(speechFault(kind, `${this.#options.name} ${what}`));
  }

  stop(): void {
    clearTimeout(this.#transcript);
    this.#heard.reject(speechFault('refused', `${this.#options.name} was told to give up`));
    if (!this.#end()) return;
    this.parts.end();
    this.#options.onStop(this);
  }

  replaced(text: string): void {
    if (this.#fate !== 'open') return;
    this.#fate = 'heard';
    this.#options.onReplaced(this, text);
  }

  wasHeard(soundMs: number): void {
    if (this.#fate !== 'open') return;
    this.#fate = 'heard';
    this.#options.onHeard(this, soundMs);
  }

  forget(): void {
    this.stop();
    if (this.#fate !== 'open') return;
    this.#fate = 'forgotten';
    this.#options.onForget(this);
  }

  #passOn(pcm: Int16Array): void {
    if (pcm.length === 0) return;
    this.#begun();
    this.parts.push({ type: 'sound', pcm });
  }

  #begun(): void {
    if (this.#hasBegun) return;
    this.#hasBegun = true;
    clearTimeout(this.#first);
    if (this.#isTranscriptLate) this.#heard.resolve(undefined);
    this.sign();
  }

  #wait(limitMs: number): void {
    clearTimeout(this.#silent);
    this.#silent = setTimeout(() => this.failFor('timeout', `was silent for ${limitMs} ms`), limitMs);
  }

  /** False when it was over already. */
  #end(): boolean {
    clearTimeout(this.#silent);
    clearTimeout(this.#first);
    if (this.#isOver) return false;
    this.#isOver = true;
    return true;
  }
}
