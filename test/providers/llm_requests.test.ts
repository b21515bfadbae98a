import { createServer, type Server } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import t, { type Test } from 'tap';
import { LIMITS } from '../../src/config/limits.ts';
import { type AnthropicLlmOptions, createAnthropicLlm } from '../../src/providers/llm/anthropic_messages.ts';
import { type StreamEvent, streamEvents } from '../../src/providers/llm/event_stream.ts';
import { createOpenAiLlm, type OpenAiLlmOptions } from '../../src/providers/llm/openai_chat.ts';
import { ProviderFault } from '../../src/providers/provider_fault.ts';
import type { LlmDelta, LlmMessage, LlmRequest } from '../../src/providers/types.ts';
import { allOf, ask, endOf, failureOf, says, textsOf, WEATHER } from './llm_rig.ts';
import { type MessageRequest, serveAnthropicMessages } from './servers/anthropic_messages.ts';
import { type ChatRequest, serveOpenAiChat } from './servers/openai_chat.ts';

const KEY = 'sk-requests';
const TALK: readonly LlmMessage[] = [
  { role: 'system', text: 'You are Ada.' },
  { role: 'system', text: 'You move pianos.' },
  { role: 'assistant', text: 'Hello, this is Ada.' },
  { role: 'user', text: 'Hi.' },
  { role: 'user', text: 'What about rain?' },
  {
    role: 'assistant',
    text: 'One moment.',
    toolCalls: [
      { id: 'functions.get_weather:0', name: 'get_weather', argumentsJson: '{"town":"Rome"}' },
      { id: 'call_2', name: 'get_weather', argumentsJson: 'no JSON' },
    ],
  },
  { role: 'tool', toolCallId: 'functions.get_weather:0', text: 'rain' },
  { role: 'tool', toolCallId: 'call_2', text: 'what?' },
  { role: 'system', text: 'The caller is in a hurry.' },
];
const SCHEMA = { type: 'object', properties: {}, additionalProperties: false };
const FULL: Partial<LlmRequest> = {
  messages: TALK,
  tools: [WEATHER],
  maxTokens: 50,
  temperature: 0.3,
  stop: ['\n\n', 'Bye'],
  answerSchema: { name: 'answer', schema: SCHEMA },
};

/** The body that a service was sent, which it took. */
async function openAiBody(t: Test, options: Partial<OpenAiLlmOptions>, request: Partial<LlmRequest>) {
  const server = await serveOpenAiChat({ key: KEY, answer: () => says('Yes.') });
  const url = `${server.url}/v1/`;
  const llm = createOpenAiLlm({ name: 'm', apiKey: KEY, url, model: 'gpt-4.1', ...options });
  t.teardown(() => llm.close().then(() => server.close()));
  t.strictSame(textsOf(await allOf(llm, ask(request))), ['Yes.']);
  return server.requests[0]!.body as ChatRequest;
}

async function anthropicBody(t: Test, options: Partial<AnthropicLlmOptions>, request: Partial<LlmRequest>) {
  const server = await serveAnthropicMessages({ key: KEY, answer: () => says('Yes.') });
  const url = `${server.url}/v1`;
  const llm = createAnthropicLlm({ name: 'm', apiKey: KEY, url, model: 'claude-haiku-4-5', ...options });
  t.teardown(() => llm.close().then(() => server.close()));
  t.strictSame(textsOf(await allOf(llm, ask(request))), ['Yes.']);
  return server.requests[0]!.body as MessageRequest;
}

t.test('a request in the words of Chat Completions', async t => {
  const call = (id: string, args: string) => ({
    id,
    type: 'function',
    function: { name: 'get_weather', arguments: args },
  });
  t.strictSame(await openAiBody(t, {}, FULL), {
    model: 'gpt-4.1',
    messages: [
      { role: 'system', content: 'You are Ada.' },
      { role: 'system', content: 'You move pianos.' },
      { role: 'assistant', content: 'Hello, this is Ada.' },
      { role: 'user', content: 'Hi.' },
      { role: 'user', content: 'What about rain?' },
      {
        role: 'assistant',
        content: 'One moment.',
        tool_calls: [call('functions.get_weather:0', '{"town":"Rome"}'), call('call_2', 'no JSON')],
      },
      { role: 'tool', tool_call_id: 'functions.get_weather:0', content: 'rain' },
      { role: 'tool', tool_call_id: 'call_2', content: 'what?' },
      { role: 'system', content: 'The caller is in a hurry.' },
    ],
    stream: true,
    stream_options: { include_usage: true },
    tools: [{ type: 'function', function: WEATHER }],
    max_tokens: 50,
    temperature: 0.3,
    stop: ['\n\n', 'Bye'],
    response_format: {
      type: 'json_schema',
      json_schema: { name: 'answer', schema: SCHEMA, strict: true },
    },
  });
});

t.test('servers that take less, and models that reason', async t => {
  const plain = await openAiBody(t, { asksForUsage: false }, {});
  t.strictSame(
    Object.keys(plain).toSorted(),
    ['messages', 'model', 'stream'],
    'nothing that was not asked for',
  );
  const reasoning: Partial<OpenAiLlmOptions> = {
    model: 'gpt-5-mini',
    maxTokensField: 'max_completion_tokens',
    takesTemperature: false,
    settings: { reasoning_effort: 'minimal', model: 'never' },
  };
  const body = await openAiBody(t, reasoning, { maxTokens: 9, temperature: 1 });
  t.match(body, { model: 'gpt-5-mini', max_completion_tokens: 9, reasoning_effort: 'minimal' });
  t.notOk('temperature' in body);
});

t.test('a request in the words of the Messages API', async t => {
  const body = await anthropicBody(t, { settings: { thinking: { type: 'disabled' } } }, FULL);
  t.strictSame(body, {
    thinking: { type: 'disabled' },
    model: 'claude-haiku-4-5',
    max_tokens: 50,
    stream: true,
    system: [
      { type: 'text', text: 'You are Ada.' },
      { type: 'text', text: 'You move pianos.', cache_control: { type: 'ephemeral' } },
      { type: 'text', text: 'The caller is in a hurry.' },
    ],
    messages: [
      { role: 'user', content: [{ type: 'text', text: '(The call begins.)' }] },
      { role: 'assistant', content: [{ type: 'text', text: 'Hello, this is Ada.' }] },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'Hi.' },
          { type: 'text', text: 'What about rain?' },
        ],
      },
      {
        role: 'assistant',
        content: [
          { type: 'text', text: 'One moment.' },
          { type: 'tool_use', id: 'functions_get_weather_0', name: 'get_weather', input: { town: 'Rome' } },
          { type: 'tool_use', id: 'call_2', name: 'get_weather', input: {} },
        ],
      },
      {
        role: 'user',
        content: [
          { type: 'tool_result', tool_use_id: 'functions_get_weather_0', content: 'rain' },
          { type: 'tool_result', tool_use_id: 'call_2', content: 'what?' },
        ],
      },
    ],
    tools: [{ name: 'get_weather', description: 'The weather in a town.', input_schema: WEATHER.parameters }],
    stop_sequences: ['Bye'],
    output_config: { format: { type: 'json_schema', schema: SCHEMA } },
  });
});

t.test('what the Messages API asks for beside', async t => {
  const older = await anthropicBody(t, { apiVersion: '2023-06-01' }, { temperature: 0.3 });
  t.equal(older.temperature, 0.3, 'an older version takes a temperature');
  const cut = await anthropicBody(
    t,
    {},
    {
      messages: [
        { role: 'user', text: 'Hi.' },
        { role: 'assistant', text: ' ' },
        { role: 'user', text: '' },
        { role: 'assistant', text: 'Good mor' },
      ],
    },
  );
  t.strictSame(
    cut.messages.map(({ role, content }) => [role, content.length]),
    [
      ['user', 1],
      ['assistant', 1],
      ['user', 1],
    ],
    'no empty texts, and a user at the end',
  );
  t.notOk('system' in cut);
  t.equal(cut.max_tokens, LIMITS.llmAnswerTokens);
});

/** A server that answers each request with the next of these bodies; undefined breaks the connection. */
async function listen(t: Test, bodies: (string | undefined)[]): Promise<{ url: string; server: Server }> {
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      const body = bodies.shift();
      if (body === undefined) request.socket.resetAndDestroy();
      else response.writeHead(200, { 'content-type': 'text/event-stream' }).end(body);
    });
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server };
}

async function openAiAnswer(
  t: Test,
  chunks: readonly unknown[],
  end = 'data: [DONE]\n\n',
): Promise<LlmDelta[]> {
  const body = chunks.map(chunk => `data: ${JSON.stringify(chunk)}\n\n`).join('') + end;
  const { url } = await listen(t, [body]);
  const llm = createOpenAiLlm({ name: 'm', apiKey: undefined, url, model: 'm' });
  t.teardown(() => llm.close());
  return allOf(llm);
}

t.test('answers of servers that are nearly compatible', async t => {
  const choice = (delta: unknown, finish: string | null = null) => ({
    choices: [{ index: 0, delta, finish_reason: finish }],
  });
  const call = (fields: object, name?: string, args?: string) => ({
    tool_calls: [{ ...fields, function: { name, arguments: args } }],
  });
  const namesAndArguments = (deltas: readonly LlmDelta[]) =>
    deltas.flatMap(delta => (delta.type === 'toolCall' ? [[delta.call.name, delta.call.argumentsJson]] : []));
  const sameIndex = await openAiAnswer(t, [
    choice(call({ index: 0, id: 'a' }, 'one', '{"x":1}')),
    choice(call({ index: 0, id: 'b' }, 'two', '{"x":2}'), 'tool_calls'),
  ]);
  t.strictSame(namesAndArguments(sameIndex), [
    ['one', '{"x":1}'],
    ['two', '{"x":2}'],
  ]);
  const noIndex = await openAiAnswer(t, [
    choice(call({ id: 'a' }, 'one', '{"x"')),
    choice(call({ id: 'a' }, 'one', ':1}')),
    choice(call({ id: 'b' }, 'two', '')),
    choice({}, 'stop'),
  ]);
  t.strictSame(namesAndArguments(noIndex), [
    ['one', '{"x":1}'],
    ['two', '{}'],
  ]);
  t.equal(endOf(noIndex).reason, 'toolCalls', 'although it said stop');
  const noId = await openAiAnswer(t, [choice(call({ index: 0 }, 'one', '{}'), 'tool_calls')]);
  t.match(noId, [{ call: { id: /^call_./ } }, {}]);
  const usage = { prompt_tokens: 5, completion_tokens: 1 };
  const early = await openAiAnswer(
    t,
    [{ ...choice({ content: 'Hi' }), usage }, { choices: null, usage }, choice({}, 'eos')],
    '',
  );
  t.strictSame(early, [
    { type: 'text', text: 'Hi' },
    { type: 'end', reason: 'stop', usage: { inputTokens: 5, outputTokens: 1 } },
  ]);
  const refused = await openAiAnswer(t, [choice({ refusal: 'I may not.' }), choice({}, 'stop')]);
  t.strictSame(refused, [{ type: 'end', reason: 'refused', usage: undefined }]);
  t.match(await failureOf(openAiAnswer(t, [choice({}, 'abort')])), { kind: 'unavailable' });
  t.match(await failureOf(openAiAnswer(t, [{ error: { code: 400, type: 'BadRequestError' } }])), {
    kind: 'refused',
  });
  t.match(await failureOf(openAiAnswer(t, [{ error: 'out of memory' }])), { kind: 'unavailable' });
  const many = Array.from({ length: LIMITS.llmToolCalls + 1 }, (_, index) =>
    choice(call({ index, id: `${index}` }, 'one', '{}')),
  );
  t.match(await failureOf(openAiAnswer(t, many)), { kind: 'protocol' });
});

t.test('a kept connection that is closed as it is used again', async t => {
  const good =
    'data: {"choices":[{"index":0,"delta":{"content":"Hi"},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n';
  const { url } = await listen(t, [good, undefined, good, good, undefined, undefined]);
  const llm = createOpenAiLlm({ name: 'm', apiKey: undefined, url, model: 'm' });
  t.teardown(() => llm.close());
  for (let turn = 0; turn < 3; turn += 1) {
    t.strictSame(textsOf(await allOf(llm)), ['Hi'], 'goes over another one');
    await new Promise(resolve => setTimeout(resolve, 50));
  }
  t.match(await failureOf(allOf(llm)), { name: 'ProviderFault', kind: 'unavailable' }, 'but once only');
});

t.test('a server that speaks something else', async t => {
  const server = createTcpServer(socket => socket.end('220 walnut ESMTP\r\n'));
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const llm = createOpenAiLlm({ name: 'm', apiKey: undefined, url, model: 'm' });
  t.match(await failureOf(allOf(llm)), {
    kind: 'protocol',
    detail: 'm does not speak HTTP (HPE_INVALID_CONSTANT)',
  });
  await llm.close();
});

t.test('a key that no header can carry, and a request that is too long', async t => {
  const llm = createOpenAiLlm({ name: 'm', apiKey: 'sk-\nwalnut', url: 'http://127.0.0.1:1', model: 'm' });
  const failure = await failureOf(allOf(llm));
  t.type(failure, ProviderFault);
  t.notMatch(String(failure), /walnut/);
  llm.prepare();
  const text = 'x'.repeat(LIMITS.providerQueuedBytes);
  const long = createOpenAiLlm({ name: 'm', apiKey: 'sk', url: 'http://127.0.0.1:1', model: 'm' });
  t.match(await failureOf(allOf(long, ask({ messages: [{ role: 'user', text }] }))), { kind: 'refused' });
  await llm.close();
  await long.close();
});

async function eventsOf(chunks: AsyncIterable<Uint8Array>): Promise<StreamEvent[]> {
  const events: StreamEvent[] = [];
  for await (const event of streamEvents('m', chunks)) events.push(event);
  return events;
}

t.test('events of a stream that is cut anywhere', async t => {
  const bytes = Buffer.from(
    '\uFEFFevent: a\r\ndata: Bösendorfer 🎹\r\ndata: two\r\n\r\n: no\n\ndata:three\n\ndata: lost',
  );
  const expected = [
    { type: 'a', data: 'Bösendorfer 🎹\ntwo' },
    { type: '', data: 'three' },
  ];
  async function* cutAt(...places: number[]) {
    let from = 0;
    for (const to of [...places, bytes.length]) {
      yield bytes.subarray(from, to);
      from = to;
    }
  }
  for (let at = 0; at <= bytes.length; at += 1)
    t.strictSame(await eventsOf(cutAt(at)), expected, `cut at ${at}`);
  const everywhere = cutAt(...bytes.keys());
  t.strictSame(await eventsOf(everywhere), expected, 'cut everywhere');
  async function* endless() {
    yield Buffer.from('data: ');
    for (;;) yield Buffer.alloc(1 << 20, 'x');
  }
  t.match(await failureOf(eventsOf(endless())), { kind: 'protocol' }, 'no endless line');
});
