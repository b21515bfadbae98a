import assert from 'node:assert/strict';
import type { FaultKind } from '../../src/providers/provider_fault.ts';
import type { SpeechLimits } from '../../src/providers/speech/realtime_exchange.ts';
import {
  ask,
  callerSound,
  faultOf,
  KEY,
  OPENING,
  SHORT,
  type SpeechRig,
  take,
  until,
} from './realtime_speech_rig.ts';
import type { SpeechFault } from './servers/realtime_speech_parts.ts';

/** What every engine that hears and speaks has to do. */
export interface SpeechCheck {
  readonly name: string;
  /** In place of limits that nothing reaches. */
  readonly limits?: Partial<SpeechLimits>;
  run(rig: SpeechRig): Promise<void>;
}

const WORDS = ['Of', 'course,', 'which', 'floor?'];
const TOOLS = [{ name: 'go_on', description: 'Goes on.', parameters: { type: 'object' } }];
const types = ({ server }: SpeechRig) => server.events.map(({ type }) => String(type));

const SPEAKING: readonly SpeechCheck[] = [
  {
    name: 'hears a turn whole, and answers with sound, its words and its calls',
    async run({ engine, server }) {
      server.answers.push({
        heard: 'Can you move my piano?',
        words: WORDS,
        call: { name: 'go_on', arguments: '{"way":"done"}' },
      });
      const setup = { ...OPENING.setup, tools: TOOLS };
      const answer = ask(engine.open({ ...OPENING, setup }), setup, 700);
      const { text, soundMs, calls, fault } = await take(answer);
      assert.equal(await answer.heard, 'Can you move my piano?');
      assert.equal(fault, undefined);
      assert.equal(text, WORDS.join(' '));
      assert.equal(soundMs, 1200);
      assert.deepEqual(
        calls.map(call => [call.name, call.argumentsJson]),
        [['go_on', '{"way":"done"}']],
      );
      const [heard] = server.latest.heard;
      assert.equal(heard?.length, 0.7 * 24_000);
      assert.ok(Math.abs(heard[8_000]! - 1000) < 20, 'at the level at which it was said');
      const { settings } = server.latest;
      assert.equal(settings?.instructions, 'You are Robin.');
      assert.equal(settings?.audio?.input.turn_detection, null);
      assert.deepEqual(settings?.tools, [{ type: 'function', ...TOOLS[0] }]);
      answer.wasHeard(1200);
      await until(() => server.told('conversation.item.delete').length === 1, 'calls are not left open');
      assert.deepEqual(
        server.latest.memory.map(({ role }) => role),
        ['user', 'assistant'],
      );
    },
  },
  {
    name: 'knows what was said before, and says a second thing on the same connection',
    async run({ engine, server }) {
      const said = [
        { by: 'agent', text: 'How can I help?' },
        { by: 'caller', text: 'move a piano' },
      ] as const;
      const conversation = engine.open({ ...OPENING, said });
      assert.equal((await take(ask(conversation))).text, 'Yes.');
      assert.equal((await take(ask(conversation))).text, 'Yes.');
      assert.deepEqual(
        server.latest.memory.map(({ role, text }) => `${role}: ${text}`),
        [
          'assistant: How can I help?',
          'user: move a piano',
          'user: yes',
          'assistant: Yes.',
          'user: yes',
          'assistant: Yes.',
        ],
      );
      assert.equal(server.handshakes, 1);
      assert.ok(conversation.isFit);
    },
  },
  {
    name: 'is told anew who it is, where that changes, and of no voice again',
    async run({ engine, server }) {
      const conversation = engine.open(OPENING);
      await take(ask(conversation));
      const answer = ask(conversation, { ...OPENING.setup, instructions: 'You are Kim.' });
      assert.equal((await take(answer)).fault, undefined);
      assert.equal(server.latest.settings?.instructions, 'You are Kim.');
      assert.equal(server.told('session.update').length, 2);
    },
  },
  {
    name: 'forgets what was no turn',
    async run({ engine, server }) {
      const conversation = engine.open(OPENING);
      const cough = conversation.hear();
      cough.write(callerSound(300));
      cough.cancel();
      await take(ask(conversation, OPENING.setup, 600));
      assert.deepEqual(
        server.latest.heard.map(({ length }) => length),
        [0.6 * 24_000],
      );
    },
  },
  {
    name: 'is heard where samples are cut in two, and where the order is another',
    async run({ engine, server }) {
      const conversation = engine.open(OPENING);
      server.answers.push(
        { heard: 'a', words: WORDS },
        { heard: 'a', words: WORDS },
        { heard: 'a', words: WORDS },
      );
      const plain = await take(ask(conversation));
      server.fault = { type: 'oddBytes' };
      assert.deepEqual((await take(ask(conversation))).pcm, plain.pcm);
      server.fault = { type: 'wrongOrder' };
      const answer = ask(conversation);
      assert.equal(await answer.heard, 'a');
      assert.deepEqual((await take(answer)).pcm, plain.pcm);
    },
  },
  {
    name: 'does not wait for long for what the caller said',
    limits: { transcriptMs: 50 },
    async run({ engine, server }) {
      const conversation = engine.open(OPENING);
      server.answers.push({ words: WORDS }, { heard: 'a', words: WORDS });
      const unheard = ask(conversation);
      assert.equal(await unheard.heard, undefined);
      assert.equal((await take(unheard)).text, WORDS.join(' '));
      server.fault = { type: 'notTranscribed' };
      const failed = ask(conversation);
      assert.equal(await failed.heard, undefined);
      assert.equal((await take(failed)).text, WORDS.join(' '));
    },
  },
];

const REMEMBERING: readonly SpeechCheck[] = [
  {
    name: 'interrupted in mid-answer: gives up, and remembers as much as was heard',
    async run(rig) {
      const { engine, server } = rig;
      const conversation = engine.open(OPENING);
      server.answers.push({ heard: 'a', words: WORDS, holdAfter: 3 });
      const answer = ask(conversation);
      const taken = take(answer);
      await until(() => server.sessions[0]?.memory.at(-1)?.text === 'Of course, which');
      await answer.heard;
      await until(() => types(rig).includes('response.create'));
      answer.stop();
      answer.wasHeard(450.7);
      assert.equal((await taken).fault, undefined);
      assert.equal((await take(ask(conversation))).text, 'Yes.');
      assert.deepEqual(server.told('conversation.item.truncate')[0]?.audio_end_ms, 450);
      assert.deepEqual(server.latest.memory.map(({ role, soundMs }) => [role, soundMs]).slice(0, 2), [
        ['user', 500],
        ['assistant', 450],
      ]);
      const order = types(rig);
      assert.ok(order.indexOf('response.cancel') < order.indexOf('conversation.item.truncate'));
      assert.ok(conversation.isFit);
    },
  },
  {
    name: 'interrupted when all of it was there',
    async run({ engine, server }) {
      const conversation = engine.open(OPENING);
      server.answers.push({ heard: 'a', words: WORDS });
      const answer = ask(conversation);
      await take(answer);
      answer.stop();
      answer.wasHeard(900);
      await take(ask(conversation));
      assert.equal(server.told('response.cancel').length, 0);
      assert.equal(server.latest.memory[1]?.soundMs, 900);
    },
  },
  {
    name: 'heard to its end: all stays',
    async run({ engine, server }) {
      const conversation = engine.open(OPENING);
      server.answers.push({ heard: 'a', words: WORDS });
      const answer = ask(conversation);
      await take(answer);
      answer.stop();
      answer.wasHeard(1200);
      await take(ask(conversation));
      assert.equal(server.told('conversation.item.truncate').length, 0);
      assert.deepEqual(server.latest.memory[1], { role: 'assistant', text: WORDS.join(' '), soundMs: 1200 });
    },
  },
  {
    name: 'nothing of it heard: remembers the caller, and no answer',
    async run({ engine, server }) {
      const conversation = engine.open(OPENING);
      server.answers.push({ heard: 'a', words: WORDS, holdAfter: 1 });
      const answer = ask(conversation);
      const taken = take(answer);
      await until(() => server.sessions.at(-1)?.memory.at(-1)?.text === 'Of');
      await answer.heard;
      await until(() => server.latest.isSpeaking);
      answer.stop();
      answer.wasHeard(0);
      await taken;
      await take(ask(conversation));
      assert.deepEqual(
        server.latest.memory.map(({ role }) => role),
        ['user', 'user', 'assistant'],
      );
    },
  },
  {
    name: 'never said: remembers neither, whenever that is known',
    async run({ engine, server }) {
      const conversation = engine.open(OPENING);
      server.answers.push({ heard: 'nothing' }, { heard: 'a', words: WORDS });
      server.answers.push({ heard: 'b', words: WORDS, holdAfter: 2 });
      const early = ask(conversation);
      early.forget();
      await take(ask(conversation));
      const later = ask(conversation);
      const taken = take(later);
      await until(() => server.latest.isSpeaking);
      later.forget();
      await taken;
      server.answers.push({ heard: 'c', words: WORDS });
      const last = ask(conversation);
      assert.equal((await take(last)).fault, undefined);
      const turns = server.latest.memory.filter(({ role }) => role === 'user').length;
      assert.equal(turns, 2, JSON.stringify(server.latest.memory));
      assert.equal(server.latest.memory.length, 4);
      assert.ok(conversation.isFit);
    },
  },
  {
    name: 'who has lost count of what the far end remembers begins anew, and no turn fails of it',
    async run({ engine, server }) {
      const conversation = engine.open(OPENING);
      server.answers.push({ heard: 'a', words: WORDS });
      const answer = ask(conversation);
      await take(answer);
      const { item_id: id } = { item_id: 'item_that_never_was' };
      server.latest.receive(
        JSON.stringify({ type: 'conversation.item.delete', item_id: id, event_id: 'tidy_x' }),
      );
      await until(() => !conversation.isFit);
      assert.equal((await take(ask(conversation))).fault, undefined);
    },
  },
];

/** What goes wrong before anything is heard, and as what it is told. */
const EARLY: readonly (readonly [SpeechFault, FaultKind])[] = [
  [{ type: 'status', status: 401 }, 'auth'],
  [{ type: 'status', status: 403 }, 'auth'],
  [{ type: 'status', status: 429, retryAfterS: 9 }, 'rateLimited'],
  [{ type: 'status', status: 503 }, 'unavailable'],
  [{ type: 'deaf' }, 'timeout'],
  [{ type: 'mute' }, 'timeout'],
  [{ type: 'silent' }, 'timeout'],
  [{ type: 'killedWhileHearing' }, 'unavailable'],
  [{ type: 'killed' }, 'unavailable'],
  [{ type: 'garbage' }, 'protocol'],
  [{ type: 'notAnEvent' }, 'protocol'],
  [{ type: 'error', error: { type: 'invalid_request_error', code: 'invalid_api_key' } }, 'auth'],
  [{ type: 'error', error: { type: 'tokens', code: 'rate_limit_exceeded' } }, 'rateLimited'],
  [{ type: 'error', error: { type: 'server_error', code: null } }, 'unavailable'],
  [{ type: 'error', error: { type: 'invalid_request_error', code: 'session_expired' } }, 'unavailable'],
  [{ type: 'error', error: { type: 'invalid_request_error', code: null } }, 'refused'],
];

/** The same of an answer, when the caller's words are known. */
const LATE: readonly (readonly [SpeechFault, FaultKind, words: string])[] = [
  [{ type: 'noAnswer' }, 'timeout', ''],
  [{ type: 'failed', code: 'rate_limit_exceeded', resetS: 7 }, 'rateLimited', ''],
  [{ type: 'failed', code: 'server_error' }, 'unavailable', ''],
  [{ type: 'cancelled' }, 'unavailable', ''],
  [{ type: 'empty' }, 'refused', ''],
  [{ type: 'killedInAnswer' }, 'unavailable', 'Of course,'],
  [{ type: 'stalled' }, 'timeout', 'Of course,'],
  [{ type: 'badSound' }, 'protocol', 'Of course,'],
  [{ type: 'endless' }, 'protocol', 'Of course,'],
];

const FAILING: readonly SpeechCheck[] = [
  ...EARLY.map(
    ([fault, kind]): SpeechCheck => ({
      name: `tells what is wrong: ${JSON.stringify(fault)}`,
      limits: kind === 'timeout' ? SHORT : {},
      async run({ engine, server }) {
        server.fault = fault;
        const answer = ask(engine.open(OPENING));
        const told = await faultOf(answer);
        assert.equal(told.code, 'SPEECH_FAILED');
        assert.equal(told.kind, kind, told.detail);
        assert.ok(!/secret words/u.test(told.detail) && !told.detail.includes(KEY), told.detail);
        if (fault.type === 'status')
          assert.equal(told.retryAfterMs, fault.retryAfterS && fault.retryAfterS * 1000);
        assert.equal((await take(answer)).fault?.kind, kind);
      },
    }),
  ),
  ...LATE.map(
    ([fault, kind, words]): SpeechCheck => ({
      name: `tells what is wrong of an answer: ${JSON.stringify(fault)}`,
      limits: kind === 'timeout' ? { ...SHORT, transcriptMs: 20_000 } : {},
      async run({ engine, server }) {
        server.fault = fault;
        server.answers.push({ heard: 'a', words: WORDS });
        const conversation = engine.open(OPENING);
        const answer = ask(conversation);
        const taken = await take(answer);
        assert.equal(taken.fault?.kind, kind, taken.fault?.detail);
        assert.equal(await answer.heard, 'a');
        assert.equal(taken.text, words);
        if (words !== '') assert.ok(taken.soundMs >= 590, 'what came before is not lost');
        if (fault.type === 'failed')
          assert.equal(taken.fault?.retryAfterMs, fault.resetS && fault.resetS * 1000);
        assert.ok(!conversation.isFit);
      },
    }),
  ),
  {
    name: 'a kept connection that is gone is not fit',
    async run({ engine, server }) {
      const conversation = engine.open(OPENING);
      await take(ask(conversation));
      server.cut();
      await until(() => !conversation.isFit);
      assert.equal((await faultOf(ask(conversation))).kind, 'unavailable');
    },
  },
  {
    name: 'leaves nothing open, in the middle of an answer either',
    async run({ engine, server }) {
      server.answers.push({ heard: 'a', words: WORDS, holdAfter: 1 });
      const conversation = engine.open(OPENING);
      const answer = ask(conversation);
      const taken = take(answer);
      await answer.heard;
      await until(() => server.latest.isSpeaking);
      conversation.close();
      assert.equal((await taken).fault?.kind, 'refused', 'at once');
      await until(() => server.open === 0);
      engine.open(OPENING);
      await until(() => server.sessions.length === 2);
      await engine.close();
      await until(() => server.open === 0);
      assert.throws(() => engine.open(OPENING), { code: 'SPEECH_FAILED' });
    },
  },
  {
    name: 'counts what it costs: text and sound apart, what was written down, and by guess what was lost',
    async run({ engine, server, uses }) {
      const conversation = engine.open(OPENING);
      await take(ask(conversation));
      const sum = (
        key: 'inputTokens' | 'cachedTokens' | 'outputTokens' | 'audioMs' | 'requests' | 'costMicroUsd',
      ) => uses.reduce((total, use) => total + use[key], 0);
      assert.deepEqual(
        [sum('requests'), sum('inputTokens'), sum('cachedTokens'), sum('outputTokens'), sum('audioMs')],
        [1, 100, 25, 60, 2000],
      );
      // 50 × 4 + 20 × 0.4 + 20 × 16 of text, 25 × 32 + 5 × 0.4 + 40 × 64 of sound, 2 s at 0.003 a minute.
      assert.ok(Math.abs(sum('costMicroUsd') - (528 + 3362 + 100)) <= 2, String(sum('costMicroUsd')));
      server.fault = { type: 'killedInAnswer' };
      server.answers.push({ words: WORDS });
      await take(ask(conversation, OPENING.setup, 1000));
      const guessed = uses.filter(use => use.isEstimated);
      assert.deepEqual(
        guessed.map(({ requests, inputTokens, outputTokens }) => [requests, inputTokens, outputTokens]),
        [
          [1, 0, 0],
          [0, 10, 12],
        ],
      );
    },
  },
];

export const SPEECH_CHECKS: readonly SpeechCheck[] = [...SPEAKING, ...REMEMBERING, ...FAILING];
