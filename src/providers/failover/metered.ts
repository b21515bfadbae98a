import type {
  Expectation,
  Llm,
  LlmDelta,
  LlmRequest,
  LlmUsage,
  SpokenPiece,
  Stt,
  SttSession,
  Tts,
} from '../types.ts';
import { type Amounts, type Asker, sumOfAmounts, type Use } from '../use.ts';
import type { ProviderKind } from './candidates.ts';

/** As providers publish them, in US dollars; what is left out costs nothing. */
export interface Prices {
  readonly usdPerAudioMinute?: number | undefined;
  readonly usdPerMillionCharacters?: number | undefined;
  readonly usdPerMillionInputTokens?: number | undefined;
  /** As other input unless given. */
  readonly usdPerMillionCachedTokens?: number | undefined;
  readonly usdPerMillionOutputTokens?: number | undefined;
}

const NOTHING: Amounts = {
  requests: 0,
  audioMs: 0,
  characters: 0,
  inputTokens: 0,
  cachedTokens: 0,
  outputTokens: 0,
};
/** A rough mean of English text in the tokenisers of today. */
const CHARACTERS_PER_TOKEN = 4;
/**
 * Prices are whole nano-dollars for a million of something, or for the 60,000 ms of a minute. Costs are summed in a part of a
 * nano-dollar of which both are multiples, so that nothing is ever rounded but the sum.
 */
const PARTS_PER_NANO = 3_000_000n;
const PARTS_PER_MICRO = 1_000n * PARTS_PER_NANO;
const MILLION = 1_000_000n;
const MINUTE_MS = 60_000n;

function partsEach(usd: number | undefined, each: bigint): bigint {
  return BigInt(Math.round((usd ?? 0) * 1e9)) * (PARTS_PER_NANO / each);
}

/** Counts what one provider was used for, and what that costs. */
export class Meter {
  readonly #kind: ProviderKind;
  readonly #provider: string;
  readonly #told: ((use: Use) => void) | undefined;
  readonly #prices: Readonly<Record<'audioMs' | 'characters' | 'input' | 'cached' | 'output', bigint>>;
  #totals: Amounts = NOTHING;
  #costParts = 0n;

  /** `told` is called once a request, at its end, and must not throw. */
  constructor(kind: ProviderKind, provider: string, prices: Prices, told?: (use: Use) => void) {
    this.#kind = kind;
    this.#provider = provider;
    this.#told = told;
    const input = prices.usdPerMillionInputTokens;
    this.#prices = {
      audioMs: partsEach(prices.usdPerAudioMinute, MINUTE_MS),
      characters: partsEach(prices.usdPerMillionCharacters, MILLION),
      input: partsEach(input, MILLION),
      cached: partsEach(prices.usdPerMillionCachedTokens ?? input, MILLION),
      output: partsEach(prices.usdPerMillionOutputTokens, MILLION),
    };
  }

  get totals(): Amounts & { readonly costMicroUsd: number } {
    return { ...this.#totals, costMicroUsd: this.#costMicroUsd };
  }

  /** `onUse` is whoever it was for, told the same. */
  add(amounts: Partial<Amounts>, isEstimated = false, onUse?: Asker['onUse']): void {
    const beforeMicroUsd = this.#costMicroUsd;
    const used = wholeAmounts({ ...NOTHING, ...amounts });
    this.#totals = sumOfAmounts(this.#totals, used);
    const { audioMs, characters, input, cached, output } = this.#prices;
    this.#costParts +=
      BigInt(used.audioMs) * audioMs +
      BigInt(used.characters) * characters +
      BigInt(used.inputTokens - used.cachedTokens) * input +
      BigInt(used.cachedTokens) * cached +
      BigInt(used.outputTokens) * output;
    const costMicroUsd = this.#costMicroUsd - beforeMicroUsd;
    const use = { ...used, kind: this.#kind, provider: this.#provider, costMicroUsd, isEstimated };
    this.#told?.(use);
    onUse?.(use);
  }

  get #costMicroUsd(): number {
    return Number(this.#costParts / PARTS_PER_MICRO);
  }
}

/** What a provider tells may be no number. */
function whole(value: number): number {
  return value > 0 && value < 1e12 ? Math.round(value) : 0;
}

function wholeAmounts(amounts: Amounts): Amounts {
  const inputTokens = whole(amounts.inputTokens);
  return {
    requests: whole(amounts.requests),
    audioMs: whole(amounts.audioMs),
    characters: whole(amounts.characters),
    inputTokens,
    cachedTokens: Math.min(inputTokens, whole(amounts.cachedTokens)),
    outputTokens: whole(amounts.outputTokens),
  };
}

/** A recogniser whose heard sound is counted, to its final or to where it was given up. */
export class MeteredStt implements Stt {
  readonly name: string;
  readonly #stt: Stt;
  readonly #meter: Meter;

  constructor(stt: Stt, meter: Meter) {
    this.name = stt.name;
    this.#stt = stt;
    this.#meter = meter;
  }

  prepare(expect: Expectation): void {
    this.#stt.prepare(expect);
  }

  open(options: Parameters<Stt['open']>[0]): SttSession {
    const session = this.#stt.open(options);
    let samples = 0;
    let isOver = false;
    const over = () => {
      const audioMs = (samples * 1000) / options.rateHz;
      if (!isOver) this.#meter.add({ requests: 1, audioMs }, false, options.onUse);
      isOver = true;
    };
    return {
      write: pcm => {
        session.write(pcm);
        if (!isOver) samples += pcm.length;
      },
      ...(session.settle === undefined ? {} : { settle: () => session.settle!() }),
      finish: () => session.finish().finally(over),
      cancel: () => {
        over();
        session.cancel();
      },
    };
  }

  close(): Promise<void> {
    return this.#stt.close();
  }
}

/** A synthesiser whose text is counted, unless it failed before it gave anything. */
export class MeteredTts implements Tts {
  readonly name: string;
  readonly #tts: Tts;
  readonly #meter: Meter;

  constructor(tts: Tts, meter: Meter) {
    this.name = tts.name;
    this.#tts = tts;
    this.#meter = meter;
  }

  prepare(rateHz: 8000 | 16000): void {
    this.#tts.prepare?.(rateHz);
  }

  async *speak(sentence: string, options: Parameters<Tts['speak']>[1]): AsyncGenerator<SpokenPiece> {
    let hasSpoken = false;
    let hasFailed = false;
    try {
      for await (const piece of this.#tts.speak(sentence, options)) {
        hasSpoken = true;
        yield piece;
      }
    } catch (error) {
      hasFailed = !options.signal.aborted;
      throw error;
    } finally {
      const isBilled = hasSpoken || !hasFailed;
      const characters = isBilled ? [...sentence].length : 0;
      this.#meter.add({ requests: 1, characters }, false, options.onUse);
    }
  }

  close(): Promise<void> {
    return this.#tts.close();
  }
}

/** A model whose tokens are counted as it tells them; guessed where it can't any more. */
export class MeteredLlm implements Llm {
  readonly name: string;
  readonly #llm: Llm;
  readonly #meter: Meter;

  constructor(llm: Llm, meter: Meter) {
    this.name = llm.name;
    this.#llm = llm;
    this.#meter = meter;
  }

  prepare(): void {
    this.#llm.prepare();
  }

  async *reply(request: LlmRequest): AsyncGenerator<LlmDelta> {
    let characters = 0;
    let usage: LlmUsage | undefined;
    let hasFailed = false;
    try {
      for await (const delta of this.#llm.reply(request)) {
        if (delta.type === 'end') usage = delta.usage;
        else characters += lengthOf(delta);
        yield delta;
      }
    } catch (error) {
      hasFailed = !request.signal.aborted;
      throw error;
    } finally {
      const { onUse } = request;
      if (usage !== undefined) this.#meter.add({ requests: 1, ...usage }, false, onUse);
      else if (hasFailed && characters === 0) this.#meter.add({ requests: 1 }, false, onUse);
      else this.#meter.add({ requests: 1, ...guessed(request, characters) }, true, onUse);
    }
  }

  close(): Promise<void> {
    return this.#llm.close();
  }
}

function guessed({ messages, tools }: LlmRequest, characters: number): LlmUsage {
  const asked =
    messages.reduce((length, { text }) => length + text.length, 0) + JSON.stringify(tools ?? []).length;
  return {
    inputTokens: Math.ceil(asked / CHARACTERS_PER_TOKEN),
    outputTokens: Math.ceil(characters / CHARACTERS_PER_TOKEN),
  };
}

function lengthOf(delta: Exclude<LlmDelta, { type: 'end' }>): number {
  if (delta.type === 'text') return delta.text.length;
  return delta.call.name.length + delta.call.argumentsJson.length;
}
