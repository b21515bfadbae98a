import t from 'tap';
import { createCachingLlm } from '../../src/providers/llm/answer_cache.ts';
import { ProviderFault } from '../../src/providers/provider_fault.ts';
import type { Llm, LlmDelta, LlmRequest } from '../../src/providers/types.ts';
import { allOf, ask, endOf, failureOf, textsOf, WEATHER } from './llm_rig.ts';

const USED = { inputTokens: 20, outputTokens: 2 };
const END: LlmDelta = { type: 'end', reason: 'stop', usage: USED };
const FREE = { inputTokens: 0, outputTokens: 0 };
const text = (value: string): LlmDelta => ({ type: 'text', text: value });

interface Model extends Llm {
  readonly asked: LlmRequest[];
  /** What comes next, each when it is due; an error is thrown. */
  deltas: readonly (LlmDelta | Promise<unknown> | Error)[];
}

function model(...deltas: Model['deltas']): Model {
  const made: Model = {
    name: 'model',
    asked: [],
    deltas,
    prepare: () => undefined,
    async *reply(request) {
      made.asked.push(request);
      for (const delta of made.deltas) {
        if (delta instanceof Error) throw delta;
        if (!(delta instanceof Promise)) {
          yield delta;
          continue;
        }
        const stopped = new Promise<never>((_, reject) =>
          request.signal.addEventListener('abort', () => reject(request.signal.reason)),
        );
        await Promise.race([delta, stopped]);
      }
    },
    close: async () => undefined,
  };
  return made;
}

const question = (words: string) => ask({ messages: [{ role: 'user', text: words }] });

t.test('the same request is answered as it was, for nothing', async t => {
  const asked = model(text('Good '), text('day.'), END);
  const llm = createCachingLlm(asked);
  const first = await allOf(llm);
  t.strictSame(first, [text('Good '), text('day.'), END]);
  const again = await allOf(llm, ask());
  t.strictSame(textsOf(again), ['Good ', 'day.']);
  t.strictSame(endOf(again), { type: 'end', reason: 'stop', usage: FREE });
  t.equal(asked.asked.length, 1);
  const reordered = {
    ...WEATHER,
    parameters: Object.fromEntries(Object.entries(WEATHER.parameters).toReversed()),
  };
  for (const other of [
    question('Something else'),
    ask({ temperature: 0 }),
    ask({ maxTokens: 5 }),
    ask({ stop: ['.'] }),
    ask({ answerSchema: { name: 'a', schema: {} } }),
    ask({ tools: [WEATHER] }),
  ])
    await allOf(llm, other);
  t.equal(asked.asked.length, 7, 'whatever it depends on makes another one');
  await allOf(llm, ask({ tools: [reordered] }));
  t.equal(asked.asked.length, 7, 'the order of what it says does not');
  t.equal(await failureOf(allOf(llm, ask({ signal: AbortSignal.abort('never mind') }))), 'never mind');
  await llm.close();
  await allOf(llm);
  t.equal(asked.asked.length, 8, 'nothing is kept after close');
});

t.test('what is not kept', async t => {
  const call = { id: 'c', name: 'get_weather', argumentsJson: '{}' };
  const fault = new ProviderFault('LLM_FAILED', 'unavailable', 'model broke');
  for (const deltas of [
    [
      { type: 'toolCall', call },
      { ...END, reason: 'toolCalls' },
    ],
    [text('One'), { type: 'toolCall', call }, END],
    [text('I'), { ...END, reason: 'length' }],
    [{ ...END, reason: 'refused' }],
    [text('I'), fault],
    [text('I')],
  ] as const) {
    const asked = model(...deltas);
    const llm = createCachingLlm(asked);
    for (let turn = 0; turn < 2; turn += 1) await allOf(llm).catch((error: unknown) => t.equal(error, fault));
    t.equal(asked.asked.length, 2, JSON.stringify(deltas));
  }
});

t.test('it is bounded in answers, bytes and time', async t => {
  const asks = async (limits: Parameters<typeof createCachingLlm>[1], ...questions: string[]) => {
    const asked = model(text('1234567890'), END);
    const llm = createCachingLlm(asked, limits);
    for (const words of questions) await allOf(llm, question(words));
    return asked.asked.length;
  };
  t.equal(await asks({}, 'a', 'b', 'c', 'a', 'b', 'c'), 3);
  t.equal(await asks({ answers: 2 }, 'a', 'b', 'a', 'c', 'a', 'b'), 4, 'the one used longest ago goes');
  t.equal(await asks({ bytes: 40 }, 'a', 'b', 'a', 'c', 'a', 'b'), 4, 'the same in bytes');
  t.equal(await asks({ bytes: 19 }, 'a', 'a'), 2, 'one that is larger than all');
  t.equal(await asks({ ms: 0 }, 'a', 'a'), 2, 'and in time');
});

t.test('who asks the same at the same time shares the answer as it comes', async t => {
  const gates = [0, 1].map(() => Promise.withResolvers<void>());
  const asked = model(text('Good '), gates[0]!.promise, text('day'), gates[1]!.promise, text('.'), END);
  const llm = createCachingLlm(asked);
  const first = llm.reply(ask())[Symbol.asyncIterator]();
  t.strictSame((await first.next()).value, text('Good '));
  const control = new AbortController();
  const impatient = allOf(llm, ask({ signal: control.signal }));
  const second = llm.reply(ask())[Symbol.asyncIterator]();
  t.strictSame((await second.next()).value, text('Good '), 'what was said before');
  gates[0]!.resolve();
  t.strictSame((await second.next()).value, text('day'));
  t.strictSame((await first.next()).value, text('day'));
  control.abort('enough');
  t.equal(await failureOf(impatient), 'enough');
  await first.return?.();
  t.equal(asked.asked[0]!.signal.aborted, false, 'goes on for the other');
  gates[1]!.resolve();
  t.strictSame((await second.next()).value, text('.'));
  t.strictSame((await second.next()).value, { ...END, usage: FREE }, 'paid by the first');
  t.ok((await second.next()).done);
  t.equal(asked.asked.length, 1);
});

t.test('an answer that nobody waits for is given up, and asked for anew', async t => {
  const asked = model(text('Good '), new Promise(() => undefined));
  const llm = createCachingLlm(asked);
  for await (const _ of llm.reply(ask())) break;
  t.ok(asked.asked[0]!.signal.aborted);
  const control = new AbortController();
  const waiting = allOf(llm, ask({ signal: control.signal }));
  control.abort('enough');
  t.equal(await failureOf(waiting), 'enough');
  asked.deltas = [text('Now.'), END];
  t.strictSame(textsOf(await allOf(llm)), ['Now.']);
});

t.test('nobody joins an answer that was given up and takes its time to end', async t => {
  let asked = 0;
  const slow: Llm = {
    ...model(),
    async *reply() {
      asked += 1;
      yield text('Now.');
      if (asked === 1) await new Promise(() => undefined);
      yield END;
    },
  };
  const llm = createCachingLlm(slow);
  for await (const _ of llm.reply(ask())) break;
  t.strictSame(await allOf(llm), [text('Now.'), END]);
  t.equal(asked, 2);
});

t.test('a failure reaches all who wait', async t => {
  const gate = Promise.withResolvers<void>();
  const fault = new ProviderFault('LLM_FAILED', 'unavailable', 'model broke');
  const asked = model(text('Good '), gate.promise, fault);
  const llm = createCachingLlm(asked);
  const both = [allOf(llm), allOf(llm)];
  gate.resolve();
  for (const waiting of both) t.equal(await failureOf(waiting), fault);
  t.equal(asked.asked.length, 1);
});
