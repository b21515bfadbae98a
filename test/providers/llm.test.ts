import { setTimeout as wait } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { createAnthropicLlm } from '../../src/providers/llm/anthropic_messages.ts';
import { createOpenAiLlm } from '../../src/providers/llm/openai_chat.ts';
import type { Llm } from '../../src/providers/types.ts';
import { conforms, failuresOf } from './conformance.ts';
import { createBatchingLlm, createHastyLlm, createNaiveLlm } from './llm_broken.ts';
import { LLM_CHECKS, type LlmCheck } from './llm_conformance.ts';
import { REAL_CHECKS } from './llm_real.ts';
import { type LlmOptions, type LlmRig, startRig } from './llm_rig.ts';
import { serveAnthropicMessages } from './servers/anthropic_messages.ts';
import { serveOpenAiChat } from './servers/openai_chat.ts';

const RIGS: Readonly<Record<string, () => Promise<LlmRig>>> = {
  OpenAI: () =>
    startRig(serveOpenAiChat, ({ url, ...options }) =>
      createOpenAiLlm({ ...options, url: `${url}/v1`, model: 'gpt-4.1-mini' }),
    ),
  Anthropic: () =>
    startRig(serveAnthropicMessages, ({ url, ...options }) =>
      createAnthropicLlm({ ...options, url: `${url}/v1`, model: 'claude-haiku-4-5' }),
    ),
};

async function run(start: () => Promise<LlmRig>, check: LlmCheck, mostMs: number): Promise<void> {
  const rig = await start();
  const late = new AbortController();
  const timeout = wait(mostMs, undefined, { signal: late.signal });
  try {
    await Promise.race([check.run(rig), timeout.then(() => Promise.reject(new Error('took too long')))]);
  } finally {
    late.abort();
    timeout.catch(() => undefined);
    await rig.close();
  }
}

for (const [name, start] of Object.entries(RIGS)) {
  t.test(`the provider of ${name} conforms`, async t => {
    await conforms(t, LLM_CHECKS, check => run(start, check, 30_000));
    for (const { name: what, script, run: check } of REAL_CHECKS) {
      const rig = await start();
      rig.play(script);
      await t.resolves(check(rig.llm, rig.another({ key: 'sk-wrong' })), what);
      await rig.close();
    }
  });
}

t.test('broken providers do not', async t => {
  const failed = async (create: (options: LlmOptions) => Llm) => {
    const start = () => startRig(serveOpenAiChat, create);
    const failures = await failuresOf(LLM_CHECKS, check => run(start, check, 6_000), LLM_CHECKS.length);
    return [...failures.keys()];
  };
  const [naive, batching, hasty] = await Promise.all([
    failed(createNaiveLlm),
    failed(createBatchingLlm),
    failed(createHastyLlm),
  ]);
  const caught = new Set([...naive, ...batching, ...hasty]);
  t.strictSame(
    LLM_CHECKS.map(({ name }) => name).filter(name => !caught.has(name)),
    [],
    'every check finds one of them out',
  );
  t.ok(naive.length > LLM_CHECKS.length / 2, 'the naive one fails most');
  t.ok(batching.some(name => /waits for no other/u.test(name)));
  t.ok(hasty.some(name => /slow model/u.test(name)));
});

const {
  OPENAI_API_KEY: openAiKey,
  ANTHROPIC_API_KEY: anthropicKey,
  OPENAI_MODEL,
  ANTHROPIC_MODEL,
} = process.env;

t.test('the service of OpenAI', { skip: openAiKey === undefined && 'no OPENAI_API_KEY is set' }, async t => {
  const create = (apiKey: string) =>
    createOpenAiLlm({
      name: 'openai',
      apiKey,
      url: 'https://api.openai.com/v1',
      model: OPENAI_MODEL ?? 'gpt-4.1-mini',
    });
  await reallyRun(t, create, openAiKey ?? '');
});

t.test(
  'the service of Anthropic',
  { skip: anthropicKey === undefined && 'no ANTHROPIC_API_KEY is set' },
  async t => {
    const create = (apiKey: string) =>
      createAnthropicLlm({
        name: 'anthropic',
        apiKey,
        url: 'https://api.anthropic.com/v1',
        model: ANTHROPIC_MODEL ?? 'claude-haiku-4-5',
      });
    await reallyRun(t, create, anthropicKey ?? '');
  },
);

async function reallyRun(t: Test, create: (key: string) => Llm, key: string): Promise<void> {
  const [llm, withWrongKey] = [create(key), create('sk-wrong')];
  llm.prepare();
  for (const check of REAL_CHECKS) await t.resolves(check.run(llm, withWrongKey), check.name);
  await Promise.all([llm.close(), withWrongKey.close()]);
}
