import { setTimeout as wait } from 'node:timers/promises';
import t from 'tap';
import { createPluginLlm } from '../../src/providers/livekit_plugin/plugin_llm.ts';
import type { Llm } from '../../src/providers/types.ts';
import { LLM_CHECKS, type LlmCheck } from './llm_conformance.ts';
import { allOf, ask, endOf, faultOf, type LlmRig, says, startRig, textsOf, WEATHER } from './llm_rig.ts';
import type { ChatRequest } from './servers/openai_chat.ts';
import { serveOpenAiChat } from './servers/openai_chat.ts';

const start = (): Promise<LlmRig> =>
  startRig(serveOpenAiChat, ({ url, ...options }) =>
    createPluginLlm({
      ...options,
      package: '@livekit/agents-plugin-openai',
      options: { baseURL: `${url}/v1`, model: 'gpt-4.1-mini' },
      processLimits: { loadMs: 60_000, pingMs: 30_000 },
    }),
  );

/** Checks that ask for what the plugin does not tell, and why. */
const LEFT_OUT: ReadonlyMap<string, string> = new Map([
  [
    'gives several tool calls in order, none mixed with another',
    'the plugin mixes calls whose parts alternate',
  ],
  ['says why it ended: an empty answer, a limit, a refusal', 'plugins tell no reason'],
  ['fails where what comes makes no sense, after what did', 'the plugin calls that a lost connection'],
  ['fails where an answer breaks off or ends early, after what was said', 'the plugin takes it for whole'],
  ['fails rather than call a tool that has no name, or whose arguments were cut off', 'the plugin drops it'],
  ['says what kind of error the provider answered with', 'the plugin follows redirects'],
  ['says when it may try again', 'the plugin does not tell'],
  ['fails when the provider tells so in the midst of its answer', 'the plugin does not tell the kind'],
  ['fails where there is no provider, or something else', 'the plugin takes a page for an empty answer'],
]);
/** They count what its server saw from the beginning: those that ask for nothing, and for the first answer, */
const FIRST = /^(does not begin|stops while it waits)/u;
/** and those that need a server of their own. */
const FRESH = /^(gets ready|leaves nothing)/u;

async function within<T>(mostMs: number, work: Promise<T>): Promise<T> {
  const late = new AbortController();
  const timeout = wait(mostMs, undefined, { signal: late.signal }).then(() => {
    throw new Error('took too long');
  });
  timeout.catch(() => undefined);
  return await Promise.race([work, timeout]).finally(() => late.abort());
}

async function alone(check: LlmCheck): Promise<void> {
  const rig = await start();
  await within(60_000, check.run(rig)).finally(() => rig.close());
}

/** Those of the same patience are one: each loads the plugin anew. */
function keepingOthers(rig: LlmRig): LlmRig {
  const byPatience = new Map<number, Llm>();
  const { llm, server, key, play } = rig;
  return {
    llm,
    server,
    key,
    play,
    get lastRequest() {
      return rig.lastRequest;
    },
    another: options => {
      const { patienceMs } = options;
      if (patienceMs === undefined) return rig.another(options);
      const other = byPatience.get(patienceMs) ?? rig.another(options);
      byPatience.set(patienceMs, other);
      return other;
    },
    close: () => rig.close(),
  };
}

t.test('a model of the plugin for openai conforms', async t => {
  for (const name of LEFT_OUT.keys())
    t.ok(
      LLM_CHECKS.some(check => check.name === name),
      name,
    );
  // Loading the plugin takes a second or more: most checks share a process.
  const shared = keepingOthers(await start());
  t.teardown(() => shared.close());
  const checks = LLM_CHECKS.filter(({ name }) => !LEFT_OUT.has(name));
  const first = checks.filter(({ name }) => FIRST.test(name));
  for (const check of [...first, ...checks.filter(({ name }) => !FIRST.test(name))])
    await t.resolves(FRESH.test(check.name) ? alone(check) : within(60_000, check.run(shared)), check.name);
});

const rig = await start();
t.teardown(() => rig.close());

t.test('what stands in for the checks that are left out', async t => {
  rig.play(says());
  t.strictSame((await allOf(rig.llm)).length, 1, 'an empty answer is one');
  for (const [status, kind] of [
    [403, 'auth'],
    [429, 'rateLimited'],
    [500, 'unavailable'],
    [400, 'refused'],
  ] as const) {
    rig.play({ status });
    const { fault } = await faultOf(rig, rig.llm);
    t.strictSame([fault.kind, fault.detail], [kind, `the model answered ${status}`]);
  }
  rig.play(says('Your secret word is walnut.', { waitMs: 50 }, { drop: 'connection' }));
  t.equal((await faultOf(rig, rig.llm)).fault.kind, 'unavailable', 'a lost connection');
  t.strictSame(rig.server.requests.length, 6, 'nothing is tried twice');
});

t.test('a request goes over as it was asked for', async t => {
  rig.play(says('Yes.'));
  const schema = { type: 'object', properties: {}, additionalProperties: false };
  const deltas = await allOf(
    rig.llm,
    ask({
      messages: [
        { role: 'system', text: 'Be short.' },
        { role: 'user', text: 'Weather?' },
        {
          role: 'assistant',
          text: 'One moment.',
          toolCalls: [
            { id: 'a', name: 'get_weather', argumentsJson: '{"town":"Bonn"}' },
            { id: 'b', name: 'get_weather', argumentsJson: '{"town":"Köln"}' },
          ],
        },
        { role: 'tool', toolCallId: 'a', text: 'sunny' },
        { role: 'tool', toolCallId: 'b', text: 'rain' },
        { role: 'assistant', text: 'Sun and rain.' },
        { role: 'user', text: 'Thanks.' },
      ],
      tools: [WEATHER],
      maxTokens: 50,
      temperature: 0.5,
      stop: ['\n'],
      answerSchema: { name: 'answer', schema },
    }),
  );
  t.strictSame([textsOf(deltas), endOf(deltas).reason], [['Yes.'], 'stop']);
  const body = rig.lastRequest.body as ChatRequest;
  t.strictSame(
    body.messages.map(({ role, content }) => [role, content]),
    [
      ['system', 'Be short.'],
      ['user', 'Weather?'],
      ['assistant', 'One moment.'],
      ['tool', 'sunny'],
      ['tool', 'rain'],
      ['assistant', 'Sun and rain.'],
      ['user', 'Thanks.'],
    ],
  );
  t.match(body, { max_completion_tokens: 50, temperature: 0.5, stop: ['\n'] });
  t.match(body.tools, [{ function: { name: 'get_weather', parameters: WEATHER.parameters } }]);
  t.match(body.response_format, { json_schema: { name: 'answer', schema } });
  t.match(body.messages[2], { tool_calls: [{ id: 'a' }, { id: 'b' }] });
});
