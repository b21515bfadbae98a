import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { ProviderFault } from '../../src/providers/provider_fault.ts';
import type { AnswerLimits } from '../../src/providers/provider_http.ts';
import type { Llm, LlmDelta, LlmRequest, LlmTool } from '../../src/providers/types.ts';
import type { ModelAnswer, ModelScript } from './servers/model_script.ts';
import type { ModelRequest, ModelServer, ModelServerOptions, PlainAnswer } from './servers/model_server.ts';

type Played = ModelAnswer | PlainAnswer | 'nothing';

/** A provider, and the scripted service that it talks to. */
export interface LlmRig {
  readonly llm: Llm;
  readonly server: ModelServer;
  readonly key: string;
  /** What the model answers from here on. */
  play(answer: Played | ((request: ModelRequest) => Played)): void;
  /** Aborted when the client of the request that was answered last is gone. */
  readonly lastRequest: ModelRequest;
  /** Another one of the same kind, closed with the rig. */
  another(options: { readonly key?: string; readonly url?: string; readonly patienceMs?: number }): Llm;
  close(): Promise<void>;
}

export interface LlmOptions {
  readonly name: string;
  readonly apiKey: string;
  readonly url: string;
  readonly limits: AnswerLimits;
}

/** Longer than any check: what is to be fast is not to be saved by a limit. */
const PATIENCE_MS = 600_000;
const KEY = 'sk-rig-0123456789-abcdefghij';
/** Neither may show up in an error. */
const ASKED = 'My card number is 4711.';
export const SAID = 'Your secret word is walnut.';

export async function startRig(
  serve: (options: ModelServerOptions) => Promise<ModelServer>,
  create: (options: LlmOptions) => Llm,
): Promise<LlmRig> {
  let answer: Parameters<LlmRig['play']>[0] = says(SAID);
  let lastRequest: ModelRequest | undefined;
  const server = await serve({
    key: KEY,
    answer: request => {
      lastRequest = request;
      return typeof answer === 'function' ? answer(request) : answer;
    },
  });
  const llms: Llm[] = [];
  const another: LlmRig['another'] = ({ key = KEY, url = server.url, patienceMs = PATIENCE_MS }) => {
    const limits = {
      firstByteMs: patienceMs,
      silentMs: patienceMs,
      answerMs: 600_000,
      answerBytes: 256 << 10,
    };
    const llm = create({ name: 'the model', apiKey: key, url, limits });
    llms.push(llm);
    return llm;
  };
  return {
    llm: another({}),
    server,
    key: KEY,
    play: next => {
      answer = next;
    },
    get lastRequest() {
      assert.ok(lastRequest !== undefined, 'nothing was asked');
      return lastRequest;
    },
    another,
    async close() {
      await Promise.all(llms.map(llm => llm.close()));
      await server.close();
    },
  };
}

/** Says texts, one delta each, and whatever else the script wants. */
export function says(...steps: (string | ModelScript)[]): ModelAnswer {
  return { steps: steps.map(step => (typeof step === 'string' ? { say: step } : step)) };
}

export function ask(request: Partial<LlmRequest> = {}): LlmRequest {
  return {
    messages: [
      { role: 'system', text: 'You are an agent on the telephone.' },
      { role: 'user', text: ASKED },
    ],
    signal: new AbortController().signal,
    ...request,
  };
}

export const WEATHER: LlmTool = {
  name: 'get_weather',
  description: 'The weather in a town.',
  parameters: { type: 'object', properties: { town: { type: 'string' } }, required: ['town'] },
};

export async function allOf(llm: Llm, request = ask()): Promise<LlmDelta[]> {
  const deltas: LlmDelta[] = [];
  for await (const delta of llm.reply(request)) deltas.push(delta);
  return deltas;
}

export function textsOf(deltas: readonly LlmDelta[]): string[] {
  return deltas.flatMap(delta => (delta.type === 'text' ? [delta.text] : []));
}

/** The one end of an answer, after which nothing comes. */
export function endOf(deltas: readonly LlmDelta[]): Extract<LlmDelta, { type: 'end' }> {
  const ends = deltas.filter(delta => delta.type === 'end');
  assert.equal(ends.length, 1, 'ends once');
  assert.equal(deltas.at(-1), ends[0], 'with the end');
  return ends[0]!;
}

/** What a promise is rejected with. */
export function failureOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => assert.fail('did not fail'),
    (error: unknown) => error,
  );
}

/** What an answer failed with, and what was said before: a fault that gives nothing away. */
export async function faultOf(
  { key }: LlmRig,
  llm: Llm,
  request = ask(),
): Promise<{ fault: ProviderFault; texts: string[] }> {
  const deltas: LlmDelta[] = [];
  try {
    for await (const delta of llm.reply(request)) deltas.push(delta);
  } catch (fault) {
    assert.ok(fault instanceof ProviderFault, `not a fault: ${inspect(fault)}`);
    assert.equal(fault.code, 'LLM_FAILED');
    assert.ok(fault.detail.startsWith('the model '), fault.detail);
    const shown = inspect(fault, { depth: 20, showHidden: true });
    for (const secret of [key, ASKED, '4711', SAID, 'walnut', '127.0.0.1'])
      assert.ok(!shown.includes(secret), `the fault shows ${secret}: ${shown}`);
    return { fault, texts: textsOf(deltas) };
  }
  throw new assert.AssertionError({ message: 'did not fail' });
}

/** What a server sends by this is there before anybody could look for a second. */
export async function sendAndHoldUp(send: () => void): Promise<void> {
  send();
  for (let step = 0; step < 200; step += 1) await undefined;
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_000);
}
