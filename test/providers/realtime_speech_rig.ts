import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { ProviderFault } from '../../src/providers/provider_fault.ts';
import { createOpenAiSpeech } from '../../src/providers/speech/openai_realtime.ts';
import type { SpeechLimits } from '../../src/providers/speech/realtime_exchange.ts';
import { SpeechMeter } from '../../src/providers/speech/speech_meter.ts';
import type {
  SpeechConversation,
  SpeechEngine,
  SpeechOpening,
  SpeechPart,
  SpokenAnswer,
} from '../../src/providers/speech/types.ts';
import type { LlmToolCall } from '../../src/providers/types.ts';
import type { Use } from '../../src/providers/use.ts';
import { RealtimeSpeechServer } from './servers/realtime_speech.ts';

export const KEY = 'key-that-nobody-may-see';
const RATE_HZ = 8000;
const WAIT_MS = 20_000;
let waitMs = WAIT_MS;
/** Where nothing is to be late, however slow the machine. */
const PATIENT: SpeechLimits = {
  silentMs: WAIT_MS,
  firstSoundMs: WAIT_MS,
  stalledMs: WAIT_MS,
  transcriptMs: WAIT_MS,
  answerSeconds: 10,
};
/** Where something is. */
export const SHORT: SpeechLimits = {
  silentMs: 300,
  firstSoundMs: 600,
  stalledMs: 300,
  transcriptMs: 200,
  answerSeconds: 10,
};
export const PRICES = {
  usdPerMillionInputTokens: 4,
  usdPerMillionCachedTokens: 0.4,
  usdPerMillionOutputTokens: 16,
  usdPerMillionInputAudioTokens: 32,
  usdPerMillionCachedAudioTokens: 0.4,
  usdPerMillionOutputAudioTokens: 64,
  usdPerAudioMinute: 0.003,
};
export const OPENING: SpeechOpening = {
  rateHz: RATE_HZ,
  setup: { instructions: 'You are Robin.', tools: [] },
  said: [],
};

/** An engine and the server that it talks to. */
export interface SpeechRig {
  readonly engine: SpeechEngine;
  readonly server: RealtimeSpeechServer;
  readonly uses: readonly Use[];
}

export type Create = (options: Parameters<typeof createOpenAiSpeech>[0]) => SpeechEngine;

export async function speechRig(
  create: Create = createOpenAiSpeech,
  { limits = {}, key = KEY }: { limits?: Partial<SpeechLimits>; key?: string } = {},
): Promise<SpeechRig & { bePatient(): void; close(): Promise<void> }> {
  const server = await new RealtimeSpeechServer(KEY).start();
  const uses: Use[] = [];
  const used = { ...PATIENT, ...limits };
  const meter = SpeechMeter.of('realtime', PRICES, use => uses.push(use));
  const engine = create({
    name: 'realtime',
    apiKey: key,
    url: server.url,
    limits: used,
    meter,
  });
  return {
    engine,
    server,
    uses,
    bePatient: () => Object.assign(used, PATIENT),
    close: async () => {
      await engine.close();
      await server.close();
    },
  };
}

/** So much of a caller's sound; `value` tells turns apart. */
export function callerSound(ms: number, value = 1000): Int16Array {
  return new Int16Array((ms * RATE_HZ) / 1000).fill(value);
}

/** A turn of the caller, to its end. */
export function ask(conversation: SpeechConversation, setup = OPENING.setup, ms = 500): SpokenAnswer {
  const speech = conversation.hear();
  speech.write(callerSound(ms));
  return speech.answer(setup);
}

export interface Taken {
  readonly text: string;
  readonly soundMs: number;
  readonly pcm: Int16Array;
  readonly calls: readonly LlmToolCall[];
  readonly fault: ProviderFault | undefined;
}

/** All of an answer, and what ended it before its time; `onPart` sees each part as it comes. */
export async function take(
  answer: SpokenAnswer,
  onPart: (part: SpeechPart) => void = () => undefined,
): Promise<Taken> {
  const parts: SpeechPart[] = [];
  let fault: ProviderFault | undefined;
  try {
    for await (const part of answer.parts) {
      parts.push(part);
      onPart(part);
    }
  } catch (error) {
    assert.ok(error instanceof ProviderFault, String(error));
    fault = error;
  }
  const pcm = Int16Array.from(parts.flatMap(part => (part.type === 'sound' ? [...part.pcm] : [])));
  return {
    text: parts.map(part => (part.type === 'words' ? part.text : '')).join(''),
    pcm,
    soundMs: Math.round((pcm.length * 1000) / RATE_HZ),
    calls: parts.flatMap(part => (part.type === 'toolCall' ? [part.call] : [])),
    fault,
  };
}

export function faultOf(answer: SpokenAnswer): Promise<ProviderFault> {
  return answer.heard.then(
    text => assert.fail(`heard ${text}`),
    error => {
      assert.ok(error instanceof ProviderFault, String(error));
      return error;
    },
  );
}

/** How long is waited for what should come; as long as it may take, unless given. */
export function setWait(ms: number | undefined): void {
  waitMs = ms ?? WAIT_MS;
}

/** Until it is so; real time, since there are sockets between. */
export async function until(isSo: () => boolean, what = 'it never was so'): Promise<void> {
  const end = performance.now() + waitMs;
  while (!isSo()) {
    assert.ok(performance.now() < end, what);
    await pause(2);
  }
}
