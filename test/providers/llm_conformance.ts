import assert from 'node:assert/strict';
import { once } from 'node:events';
import { setTimeout as rest } from 'node:timers/promises';
import type { LlmDelta } from '../../src/providers/types.ts';
import type { StandaloneCheck } from './conformance.ts';
import {
  allOf,
  ask,
  endOf,
  faultOf,
  type LlmRig,
  SAID,
  says,
  sendAndHoldUp,
  textsOf,
  WEATHER,
} from './llm_rig.ts';

/** What every model must do; each check has a rig of its own and throws when it is not met. */
export type LlmCheck = StandaloneCheck & { run(rig: LlmRig): Promise<void> };

const TOOLS = ask({ tools: [WEATHER] });
const LONDON = {
  id: 'call_1',
  name: 'get_weather',
  fragments: ['{ "to', 'wn":', '"Lond', 'on \\u00fc ü" }'],
};
const PARIS = { id: 'call_2', name: 'get_weather', fragments: ['{"town"', ':"Paris"}'] };

function callsOf(deltas: readonly LlmDelta[]): unknown[] {
  return deltas.flatMap(delta => (delta.type === 'toolCall' ? [delta.call] : []));
}

async function gone({ lastRequest }: LlmRig): Promise<void> {
  if (!lastRequest.gone.aborted) await once(lastRequest.gone, 'abort');
}

export const LLM_CHECKS: readonly LlmCheck[] = [
  {
    name: 'gives text as it was said, piece by piece and in order',
    async run({ llm, play }) {
      const pieces = ['Hello', ' there', ',\n', ' «ça»', ' 🎹', ' ', '\u2028\\"</s>data: [DONE]\n\n', 'end.'];
      play(says(...pieces));
      const deltas = await allOf(llm);
      assert.deepEqual(textsOf(deltas), pieces);
      assert.equal(endOf(deltas).reason, 'stop');
    },
  },
  {
    name: 'gives each piece when it is sent, and waits for no other',
    async run({ llm, play }) {
      const gates = [0, 1, 2].map(() => Promise.withResolvers<void>());
      play(says('one', { until: gates[0]!.promise }, 'two', { until: gates[1]!.promise }, 'three'));
      const heard: string[] = [];
      for await (const delta of llm.reply(ask())) {
        if (delta.type !== 'text') continue;
        heard.push(delta.text);
        gates[heard.length - 1]!.resolve();
      }
      assert.deepEqual(heard, ['one', 'two', 'three']);
    },
  },
  {
    name: 'gives a tool call whole, with its arguments as they were written',
    async run({ llm, play }) {
      play(says('One moment.', { call: [LONDON] }));
      const deltas = await allOf(llm, TOOLS);
      assert.deepEqual(textsOf(deltas), ['One moment.']);
      assert.deepEqual(callsOf(deltas), [
        { id: 'call_1', name: 'get_weather', argumentsJson: LONDON.fragments.join('') },
      ]);
      assert.equal(endOf(deltas).reason, 'toolCalls');
    },
  },
  {
    name: 'gives several tool calls in order, none mixed with another',
    async run({ llm, play }) {
      play(says({ call: [LONDON, PARIS, { id: 'call_3', name: 'hang_up', fragments: [] }] }));
      assert.deepEqual(callsOf(await allOf(llm, TOOLS)), [
        { id: 'call_1', name: 'get_weather', argumentsJson: LONDON.fragments.join('') },
        { id: 'call_2', name: 'get_weather', argumentsJson: '{"town":"Paris"}' },
        { id: 'call_3', name: 'hang_up', argumentsJson: '{}' },
      ]);
    },
  },
  {
    name: 'does not care where the stream is cut',
    async run({ llm, play }) {
      for (const writeBytes of [1, 2, 3, 7]) {
        play({ ...says('Bösendorfer', ' 🎹 für', ' dich', { call: [LONDON] }), writeBytes });
        const deltas = await allOf(llm, TOOLS);
        assert.deepEqual(textsOf(deltas), ['Bösendorfer', ' 🎹 für', ' dich'], `cut after ${writeBytes}`);
        assert.equal(callsOf(deltas).length, 1);
      }
    },
  },
  {
    name: 'tells what was used, where it is told',
    async run({ llm, play }) {
      play({ ...says('Yes.'), usage: { input: 1_200, output: 3, cached: 1_024 } });
      assert.deepEqual(endOf(await allOf(llm)).usage, {
        inputTokens: 1_200,
        outputTokens: 3,
        cachedTokens: 1_024,
      });
      play({ ...says('Yes.'), usage: false });
      const { reason, usage } = endOf(await allOf(llm));
      assert.deepEqual([reason, usage], ['stop', undefined]);
    },
  },
  {
    name: 'keeps what the model thinks to itself',
    async run({ llm, play }) {
      play(says({ think: 'The caller is rude.' }, 'Good ', { think: 'Very rude.' }, 'day.'));
      assert.deepEqual(textsOf(await allOf(llm)), ['Good ', 'day.']);
    },
  },
  {
    name: 'says why it ended: an empty answer, a limit, a refusal',
    async run({ llm, play }) {
      play(says());
      const empty = await allOf(llm);
      assert.deepEqual([empty.length, endOf(empty).reason], [1, 'stop']);
      play({ ...says('The answer is'), reason: 'length' });
      assert.equal(endOf(await allOf(llm)).reason, 'length');
      play({ ...says('I'), reason: 'refused' });
      assert.equal(endOf(await allOf(llm)).reason, 'refused');
    },
  },
  {
    name: 'does not begin when it is told to stop before',
    async run({ llm, server }) {
      const reason = new Error('never mind');
      const asked = allOf(llm, ask({ signal: AbortSignal.abort(reason) }));
      await assert.rejects(asked, error => error === reason);
      assert.equal(server.requests.length, 0);
    },
  },
  {
    name: 'stops while it waits, with the reason it was given, and the provider sees it',
    async run(rig) {
      const { llm, play, server } = rig;
      const control = new AbortController();
      const reason = new Error('the caller interrupted');
      play('nothing');
      const asked = allOf(llm, ask({ signal: control.signal }));
      while (server.requests.length === 0) await rest(5);
      control.abort(reason);
      await assert.rejects(asked, error => error === reason);
      await gone(rig);
    },
  },
  {
    name: 'stops in the midst of an answer, and says nothing more',
    async run(rig) {
      const reason = new Error('the caller interrupted');
      for (const more of [[], ['and ', 'so ', 'on']]) {
        rig.play(says('Well,', ...more, { until: new Promise(() => undefined) }));
        const control = new AbortController();
        const heard: LlmDelta[] = [];
        const listen = async () => {
          for await (const delta of rig.llm.reply(ask({ signal: control.signal }))) {
            heard.push(delta);
            control.abort(reason);
          }
        };
        await assert.rejects(listen(), error => error === reason);
        assert.deepEqual(textsOf(heard), ['Well,']);
        await gone(rig);
      }
    },
  },
  {
    name: 'ends the request when nobody listens any more',
    async run(rig) {
      rig.play(says('Well,', { until: new Promise(() => undefined) }));
      for await (const delta of rig.llm.reply(ask())) if (delta.type === 'text') break;
      await gone(rig);
    },
  },
  {
    name: 'is patient with a slow model that goes on',
    async run({ another, play }) {
      const pause = { waitMs: 400 };
      play(says(pause, 'I ', pause, 'am ', pause, 'thin', pause, 'king.'));
      assert.equal(textsOf(await allOf(another({ patienceMs: 1_200 }))).join(''), 'I am thinking.');
    },
  },
  {
    name: 'is not patient with a listener, who may take as long as they like',
    async run({ another, play }) {
      const gate = Promise.withResolvers<void>();
      play(says('one', { until: gate.promise }, 'two'));
      const heard: string[] = [];
      for await (const delta of another({ patienceMs: 1_200 }).reply(ask())) {
        if (delta.type !== 'text') continue;
        heard.push(delta.text);
        if (heard.length === 1) await rest(1_600);
        gate.resolve();
      }
      assert.deepEqual(heard, ['one', 'two']);
    },
  },
  {
    name: 'does not take a process that was held up for a silent provider',
    alone: true,
    async run({ another, play }) {
      const gate = Promise.withResolvers<void>();
      play(says('one', { until: gate.promise }, 'two'));
      const heard: string[] = [];
      for await (const delta of another({ patienceMs: 700 }).reply(ask())) {
        if (delta.type !== 'text') continue;
        heard.push(delta.text);
        if (heard.length === 1) setTimeout(() => setImmediate(() => void sendAndHoldUp(gate.resolve)), 50);
      }
      assert.deepEqual(heard, ['one', 'two']);
    },
  },
  {
    name: 'gives a provider up that says nothing, or falls silent, and closes the connection',
    async run(rig) {
      const llm = rig.another({ patienceMs: 700 });
      rig.play('nothing');
      assert.equal((await faultOf(rig, llm)).fault.kind, 'timeout');
      await gone(rig);
      rig.play(says(SAID, { until: new Promise(() => undefined) }));
      const { fault, texts } = await faultOf(rig, llm);
      assert.equal(fault.kind, 'timeout');
      assert.deepEqual(texts, [SAID]);
      await gone(rig);
    },
  },
  {
    name: 'passes lines over that are no fields, and comments',
    async run({ llm, play }) {
      play(says('one', { raw: 'what is this\n\n: still here\n\nretry: soon\nid: 7\n\n' }, 'two'));
      assert.deepEqual(textsOf(await allOf(llm)), ['one', 'two']);
    },
  },
  {
    name: 'fails where what comes makes no sense, after what did',
    async run(rig) {
      const garbage = ['data: walnut\n\n', 'data: {"choices":[{"delta":{"content":"wal\n\n', 'data: [1]\n\n'];
      const bad = 'data: {"type":"content_block_delta","delta":7,"choices":7}\n\n';
      for (const raw of [...garbage, bad, Buffer.from('data: \xff\xfe\x00\n\n', 'latin1')]) {
        rig.play(says(SAID, { raw }, 'never'));
        const { fault, texts } = await faultOf(rig, rig.llm);
        assert.equal(fault.kind, 'protocol', String(raw));
        assert.deepEqual(texts, [SAID]);
      }
    },
  },
  {
    name: 'fails where an answer breaks off or ends early, after what was said',
    async run(rig) {
      for (const drop of ['connection', 'rest'] as const) {
        rig.play(says(SAID, { waitMs: 50 }, { drop }));
        const { fault, texts } = await faultOf(rig, rig.llm);
        assert.equal(fault.kind, 'unavailable');
        assert.deepEqual(texts, [SAID]);
        if (drop === 'rest') assert.match(fault.detail, /ended early/);
      }
      rig.play(says({ call: [LONDON] }, { drop: 'rest' }));
      assert.equal((await faultOf(rig, rig.llm, TOOLS)).fault.kind, 'unavailable');
    },
  },
  {
    name: 'fails rather than call a tool that has no name, or whose arguments were cut off',
    async run(rig) {
      rig.play(says({ call: [{ ...PARIS, name: '' }] }));
      assert.equal((await faultOf(rig, rig.llm, TOOLS)).fault.kind, 'protocol');
      rig.play({ ...says({ call: [{ ...PARIS, fragments: ['{"town":"Pa'] }] }), reason: 'length' });
      assert.equal((await faultOf(rig, rig.llm, TOOLS)).fault.kind, 'protocol');
    },
  },
  {
    name: 'says what kind of error the provider answered with',
    async run(rig) {
      const kinds = { 400: 'refused', 403: 'auth', 404: 'refused', 408: 'timeout', 500: 'unavailable' };
      const more = { 302: 'refused', 413: 'refused', 503: 'unavailable', 529: 'unavailable' };
      for (const [status, kind] of Object.entries({ ...kinds, ...more })) {
        rig.play({ status: Number(status), headers: { location: `/v1?${rig.key}` } });
        const { fault } = await faultOf(rig, rig.llm);
        assert.equal(fault.kind, kind, status);
        assert.match(fault.detail, new RegExp(status));
      }
      assert.equal((await faultOf(rig, rig.another({ key: 'sk-wrong' }))).fault.kind, 'auth');
    },
  },
  {
    name: 'says when it may try again',
    async run(rig) {
      const after = async (header?: string) => {
        rig.play({ status: 429, ...(header !== undefined && { headers: { 'retry-after': header } }) });
        const { fault } = await faultOf(rig, rig.llm);
        assert.equal(fault.kind, 'rateLimited');
        return fault.retryAfterMs;
      };
      assert.equal(await after('7'), 7_000);
      const inMs = (await after(new Date(Date.now() + 90_000).toUTCString())) ?? 0;
      assert.ok(inMs > 30_000 && inMs <= 90_000, `${inMs}`);
      assert.deepEqual([await after(), await after('soon')], [undefined, undefined]);
    },
  },
  {
    name: 'fails when the provider tells so in the midst of its answer',
    async run(rig) {
      const kinds = {
        overloaded: 'unavailable',
        internal: 'unavailable',
        rateLimited: 'rateLimited',
      } as const;
      for (const fail of ['overloaded', 'internal', 'rateLimited'] as const) {
        rig.play(says(SAID, { fail }));
        const { fault, texts } = await faultOf(rig, rig.llm);
        assert.equal(fault.kind, kinds[fail]);
        assert.deepEqual(texts, [SAID]);
      }
    },
  },
  {
    name: 'fails where there is no provider, or something else',
    async run(rig) {
      const nobody = rig.another({ url: 'http://127.0.0.1:1' });
      assert.equal((await faultOf(rig, nobody)).fault.kind, 'unavailable');
      rig.play({ status: 200, headers: { 'content-type': 'text/html' }, body: '<p>Log in</p>' });
      assert.equal((await faultOf(rig, rig.llm)).fault.kind, 'protocol');
    },
  },
  {
    name: 'takes no endless answer',
    async run(rig) {
      const blah = Array.from({ length: 8_000 }, () => 'blah '.repeat(10));
      rig.play(says(...blah, { until: new Promise(() => undefined) }));
      const { fault, texts } = await faultOf(rig, rig.llm);
      assert.equal(fault.kind, 'protocol');
      assert.ok(texts.length > 100 && texts.length < 8_000, `${texts.length}`);
      await gone(rig);
    },
  },
  {
    name: 'serves many at once, each with their own',
    async run({ llm, play }) {
      const numberOf = (text: string) => /number (\d+)/u.exec(text)?.[1] ?? '';
      play(({ body }) => {
        const number = numberOf(JSON.stringify(body));
        return { ...says('You are', { waitMs: 5 }, ` number ${number}`), writeBytes: 50 };
      });
      const callers = Array.from({ length: 20 }, (_, at) => `${at}`);
      const answers = await Promise.all(
        callers.map(at => allOf(llm, ask({ messages: [{ role: 'user', text: `number ${at}` }] }))),
      );
      assert.deepEqual(
        answers.map(deltas => numberOf(textsOf(deltas).join(''))),
        callers,
      );
    },
  },
  {
    name: 'gets ready without harm, uses its connection again, and shows its key in no address',
    async run({ llm, server, key }) {
      llm.prepare();
      llm.prepare();
      while (server.requests.length === 0) await rest(5);
      // The answer to it must have come, too.
      await rest(200);
      for (let turn = 0; turn < 3; turn += 1) {
        assert.deepEqual(textsOf(await allOf(llm)), [SAID]);
        await rest(50);
      }
      assert.deepEqual(
        server.requests.map(({ method }) => method),
        ['GET', 'POST', 'POST', 'POST'],
      );
      assert.equal(server.connectionsMade, 1);
      for (const { url } of server.requests) assert.ok(!url.includes(key), url);
    },
  },
  {
    name: 'leaves nothing open when it is closed',
    async run(rig) {
      const { llm } = rig;
      rig.play(says(SAID, { until: new Promise(() => undefined) }));
      const answer = llm.reply(ask())[Symbol.asyncIterator]();
      await answer.next();
      rig.play(says('Another connection, which is kept.'));
      await allOf(llm);
      await rest(100);
      assert.equal(rig.server.connectionsOpen, 2);
      const failed = assert.rejects(answer.next(), { name: 'ProviderFault' });
      await llm.close();
      await failed;
      await rig.server.left();
      llm.prepare();
      assert.equal((await faultOf(rig, llm)).fault.kind, 'unavailable');
      assert.equal(rig.server.requests.length, 2);
    },
  },
];
