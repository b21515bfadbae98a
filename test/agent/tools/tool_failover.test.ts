import t from 'tap';
import { configSchema } from '../../../src/config/schema.ts';
import { openModels } from '../../../src/providers/registry.ts';
import { serveAnthropicMessages } from '../../providers/servers/anthropic_messages.ts';
import type { ModelScript } from '../../providers/servers/model_script.ts';
import { serveOpenAiChat } from '../../providers/servers/openai_chat.ts';
import { startToolRig } from './tool_rig.ts';
import { until } from './tool_server.ts';

const KEY = 'sk-0123456789';
const PAY: ModelScript = { call: [{ id: 'call_1', name: 'pay', fragments: ['{"order":', '"A"}'] }] };
const PAY_AGAIN: ModelScript = { call: [{ id: 'toolu_9', name: 'pay', fragments: ['{"order": "A"}'] }] };

/** Two real protocols in a row, OpenAI's and Anthropic's, each with what it answers one after the other. */
async function twoModels(t: { teardown(done: () => unknown): void }, first: Scripts, second: Scripts) {
  const a = await serveOpenAiChat({ key: KEY, answer: () => answerOf(first) });
  const b = await serveAnthropicMessages({ key: KEY, answer: () => answerOf(second) });
  const config = configSchema.parse({
    providers: {
      llm: [
        { kind: 'openai', model: 'a-model', url: `${a.url}/v1`, keyEnv: 'MODEL_KEY' },
        { kind: 'anthropic', model: 'b-model', url: `${b.url}/v1`, keyEnv: 'MODEL_KEY' },
      ],
    },
  });
  const after = (delayMs: number, action: () => void) => {
    const timer = setTimeout(action, delayMs);
    return () => clearTimeout(timer);
  };
  const models = await openModels(config, {
    folder: '/',
    env: { MODEL_KEY: KEY },
    clock: { nowMs: () => performance.now(), after },
    observer: { attempt: () => undefined, switched: () => undefined },
    onUse: () => undefined,
  });
  t.teardown(async () => {
    await models.close();
    await Promise.all([a.close(), b.close()]);
  });
  return { llm: models.llm!, a, b };
}

type Scripts = (readonly ModelScript[])[];

function answerOf(scripts: Scripts) {
  const steps = scripts.shift();
  return steps === undefined ? { status: 500 } : { steps };
}

for (const [what, broken] of [
  ['behind its words', [{ say: 'I will pay it ' }, { drop: 'connection' }]],
  ['behind the call', [{ say: 'I will pay it now. ' }, PAY, { drop: 'connection' }]],
  [
    'in the midst of an event',
    [{ say: 'I will pay it now. ' }, PAY, { raw: 'data: {"cho' }, { drop: 'rest' }],
  ],
] as const) {
  t.test(`a model that breaks ${what} pays nothing twice`, async t => {
    const { llm, a, b } = await twoModels(t, [[...broken]], [[PAY_AGAIN], [{ say: 'It is paid.' }]]);
    const { rig, say, asked, server, journal } = await startToolRig(t, { llm });
    await say('pay it');
    await asked(1);
    await until(() => b.requests.length + a.requests.length >= 4, 'it was told what came of it');
    await until(() => rig.tts.rendered.at(-1) === 'It is paid.', 'the answer');
    await rig.listen();
    t.equal(server.asked.length, 1);
    t.same(journal, ['begun pay {"order": "A"}', 'ended pay done']);
    t.match(rig.said().at(-1), /It is paid\.$/);
    t.same(rig.faults, []);
  });
}

t.test(
  'a model that breaks behind a tool’s answer is told it by the next one, which pays nothing',
  async t => {
    const { llm, b } = await twoModels(
      t,
      [[PAY], [{ say: 'Well now. ' }, { drop: 'connection' }]],
      [[{ say: 'It is paid.' }]],
    );
    const { rig, say, asked, server } = await startToolRig(t, { llm });
    await say('pay it');
    await asked(1);
    await until(() => b.requests.some(({ method }) => method === 'POST'), 'the second was asked');
    await until(() => rig.tts.rendered.at(-1) === 'It is paid.', 'the answer');
    await rig.listen();
    t.equal(server.asked.length, 1);
    t.match(JSON.stringify(b.requests.at(-1)?.body), /tool_result/);
    t.equal(rig.said().at(-1), 'It is paid.');
  },
);
