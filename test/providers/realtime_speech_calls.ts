import assert from 'node:assert/strict';
import type { SpeechCheck } from './realtime_speech_conformance.ts';
import { ask, OPENING, take, until } from './realtime_speech_rig.ts';

const WORDS = ['One', 'moment.'];
const ORDER = { name: 'find_order', arguments: '{"order":"A 1"}' };
const rolesOf = (memory: readonly { readonly role: string; readonly text: string }[]) =>
  memory.map(({ role, text }) => `${role} ${text}`);

/** What such an engine has to do with calls of tools. */
export const CALL_CHECKS: readonly SpeechCheck[] = [
  {
    name: 'goes on with what its calls came to',
    async run({ engine, server }) {
      server.answers.push(
        { heard: 'where is it', words: WORDS, calls: [ORDER, { ...ORDER, arguments: '{}' }] },
        { words: ['On', 'its', 'way.'] },
      );
      const answer = ask(engine.open(OPENING));
      const { calls } = await take(answer);
      assert.deepEqual(
        calls.map(({ name, argumentsJson }) => [name, argumentsJson]),
        [
          ['find_order', '{"order":"A 1"}'],
          ['find_order', '{}'],
        ],
      );
      const next = answer.goOn(calls.map(({ id }, at) => ({ id, text: `{"at":${at}}` })));
      const { text, soundMs } = await take(next);
      assert.deepEqual([text, soundMs], ['On its way.', 900]);
      assert.equal(await next.heard, undefined);
      answer.wasHeard(600);
      next.wasHeard(900);
      const remembered = [
        'user where is it',
        'assistant One moment.',
        'call find_order',
        'call find_order',
        'output {"at":0}',
        'output {"at":1}',
        'assistant On its way.',
      ];
      assert.deepEqual(rolesOf(server.latest.memory), remembered);
      assert.equal(server.told('response.create').length, 2);
      assert.equal(server.told('conversation.item.delete').length, 0);
    },
  },
  {
    name: 'knows of calls that were made before it was opened',
    async run({ engine, server }) {
      const run = { by: 'tool', id: 'tool_1', tool: 'book', argumentsJson: '{}', text: '{"ok":1}' } as const;
      await take(ask(engine.open({ ...OPENING, said: [{ by: 'caller', text: 'book it' }, run] })));
      assert.deepEqual(rolesOf(server.latest.memory).slice(0, 3), [
        'user book it',
        'call book',
        'output {"ok":1}',
      ]);
    },
  },
  ...(['cancelledBehindCall', 'incomplete'] as const).map(
    (type): SpeechCheck => ({
      name: `an answer that did not come to its end calls nothing: ${type}`,
      async run({ engine, server }) {
        server.fault = { type };
        server.answers.push({ heard: 'pay', words: WORDS, call: ORDER });
        const answer = ask(engine.open(OPENING));
        const { calls, soundMs } = await take(answer);
        assert.deepEqual(calls, []);
        assert.ok(soundMs >= 590);
        answer.wasHeard(soundMs);
        if (type === 'incomplete')
          await until(() => server.latest.memory.every(({ role }) => role !== 'call'), 'a call is left open');
      },
    }),
  ),
  {
    name: 'stopped while a call is being written, it calls nothing, and remembers none',
    async run({ engine, server }) {
      const long = JSON.stringify({ order: 'A'.repeat(3_000) });
      server.answers.push({ heard: 'pay', words: WORDS, call: { ...ORDER, arguments: long, isHeld: true } });
      const conversation = engine.open(OPENING);
      const answer = ask(conversation);
      const taken = take(answer);
      await until(
        () => server.sessions.at(-1)?.memory.some(({ role }) => role === 'call') === true,
        'no call',
      );
      answer.stop();
      assert.deepEqual((await taken).calls, []);
      answer.wasHeard(300);
      await until(() => server.latest.memory.every(({ role }) => role !== 'call'), 'a call is left open');
      assert.ok(conversation.isFit, 'and the next turn is answered');
      server.answers.push({ heard: 'b', words: ['Yes.'] });
      assert.equal((await take(ask(conversation))).text, 'Yes.');
    },
  },
  {
    name: 'arguments without end are a fault',
    async run({ engine, server }) {
      const huge = JSON.stringify({ order: 'A'.repeat(2 << 20) });
      server.answers.push({ heard: 'pay', words: WORDS, call: { ...ORDER, arguments: huge, isHeld: true } });
      const conversation = engine.open(OPENING);
      const { calls, fault } = await take(ask(conversation));
      assert.deepEqual([fault?.kind, calls], ['protocol', []]);
      assert.ok(!conversation.isFit);
    },
  },
  {
    name: 'remembers what was said in its place',
    async run({ engine, server }) {
      server.answers.push({ heard: 'how much', words: ['Nothing.'], call: ORDER });
      const conversation = engine.open(OPENING);
      const answer = ask(conversation);
      await take(answer);
      answer.replaced('I can not say.');
      server.answers.push({ heard: 'why', words: ['So.'] });
      await take(ask(conversation));
      const remembered = ['user how much', 'assistant I can not say.', 'user why', 'assistant So.'];
      assert.deepEqual(rolesOf(server.latest.memory), remembered);
    },
  },
];
