import assert from 'node:assert/strict';
import { ProviderFault } from '../../src/providers/provider_fault.ts';
import type { Llm } from '../../src/providers/types.ts';
import { allOf, ask, endOf, says, textsOf, WEATHER } from './llm_rig.ts';
import type { ModelAnswer } from './servers/model_script.ts';

/** What can be asked of a real service, too; `script` is what a fake one answers. */
export interface RealCheck {
  readonly name: string;
  readonly script: ModelAnswer;
  run(llm: Llm, withWrongKey: Llm): Promise<void>;
}

const TOWN = { id: 'call_1', name: 'get_weather', fragments: ['{"town": ', '"London"}'] };

export const REAL_CHECKS: readonly RealCheck[] = [
  {
    name: 'says a word and what that took',
    script: says('Wal', 'nut'),
    async run(llm) {
      const deltas = await allOf(llm, ask({ messages: [{ role: 'user', text: 'Say only: walnut' }] }));
      assert.match(textsOf(deltas).join(''), /walnut/iu);
      const { reason, usage } = endOf(deltas);
      assert.equal(reason, 'stop');
      assert.ok(usage !== undefined && usage.inputTokens > 0 && usage.outputTokens > 0);
    },
  },
  {
    name: 'calls a tool',
    script: says({ call: [TOWN] }),
    async run(llm) {
      const text = 'What is the weather in London? Use the tool, say nothing.';
      const deltas = await allOf(llm, ask({ messages: [{ role: 'user', text }], tools: [WEATHER] }));
      const [call] = deltas.flatMap(delta => (delta.type === 'toolCall' ? [delta.call] : []));
      assert.equal(call?.name, WEATHER.name);
      assert.match(String((JSON.parse(call.argumentsJson) as { town: unknown }).town), /London/u);
      assert.equal(endOf(deltas).reason, 'toolCalls');
    },
  },
  {
    name: 'takes a whole conversation, with an agent that spoke first and results of tools',
    script: says('It is raining in London.'),
    async run(llm) {
      const deltas = await allOf(llm, {
        messages: [
          { role: 'system', text: 'You are an agent on the telephone.' },
          { role: 'assistant', text: 'Good morning!' },
          { role: 'user', text: 'What is the weather' },
          { role: 'user', text: 'in London and in Paris?' },
          {
            role: 'assistant',
            text: '',
            toolCalls: [
              { id: 'functions.get_weather:0', name: 'get_weather', argumentsJson: '{"town":"London"}' },
              { id: 'call_2', name: 'get_weather', argumentsJson: '{"town":"Paris"}' },
            ],
          },
          { role: 'tool', toolCallId: 'functions.get_weather:0', text: 'rain' },
          { role: 'tool', toolCallId: 'call_2', text: '' },
          { role: 'system', text: 'Speak of London only, in one sentence.' },
        ],
        tools: [WEATHER],
        maxTokens: 200,
        signal: new AbortController().signal,
      });
      assert.match(textsOf(deltas).join(''), /London/u);
    },
  },
  {
    name: 'keeps to a schema',
    script: says('{"yes":', 'true}'),
    async run(llm) {
      const schema = {
        type: 'object',
        properties: { yes: { type: 'boolean' } },
        required: ['yes'],
        additionalProperties: false,
      };
      const messages = [{ role: 'user', text: 'Is water wet?' }] as const;
      const deltas = await allOf(llm, ask({ messages, answerSchema: { name: 'answer', schema } }));
      assert.equal(typeof JSON.parse(textsOf(deltas).join('')).yes, 'boolean');
    },
  },
  {
    name: 'stops when told to',
    script: says('One, ', { waitMs: 100 }, 'two'),
    async run(llm) {
      const control = new AbortController();
      const messages = [{ role: 'user', text: 'Count to two hundred in words.' }] as const;
      const listen = async () => {
        for await (const _ of llm.reply(ask({ messages, signal: control.signal }))) control.abort('enough');
      };
      await assert.rejects(listen(), error => error === 'enough');
    },
  },
  {
    name: 'says that a key is wrong',
    script: says(),
    async run(_llm, withWrongKey) {
      await assert.rejects(
        allOf(withWrongKey),
        (error: unknown) => error instanceof ProviderFault && error.kind === 'auth',
      );
    },
  },
];
