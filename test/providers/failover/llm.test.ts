import t from 'tap';
import { LIMITS } from '../../../src/config/limits.ts';
import { FailoverLlm } from '../../../src/providers/failover/failover_llm.ts';
import type { Llm, LlmDelta, LlmRequest } from '../../../src/providers/types.ts';
import { call, gather, NO_LEFTOVERS, quiet, Rig, ScriptedLlm, type Step, stop, text } from './rig.ts';

type Script = readonly Step<LlmDelta>[];

/** Models a, b, c… each with what it does in its first, second… request; the last one for all further. */
function failover(...scripts: readonly (readonly Script[])[]) {
  const rig = new Rig();
  const llms = scripts.map(
    (answers, at) =>
      new ScriptedLlm(rig, 'abc'[at]!, (_, request) => answers[Math.min(request, answers.length - 1)]!),
  );
  const candidates = rig.candidates('llm', ...llms);
  const llm = new FailoverLlm(candidates, rig.told);
  const reply = (signal = new AbortController().signal) =>
    gather(llm.reply({ messages: [{ role: 'user', text: 'hello' }], signal }));
  const said = async () => saidOf(await rig.clock.until(reply()));
  return { ...rig, rig, clock: rig.clock, told: rig.told, llms, llm, candidates, reply, said };
}

function saidOf(deltas: readonly LlmDelta[]): string {
  return deltas
    .map(delta => {
      if (delta.type === 'text') return delta.text;
      return delta.type === 'end' ? `[${delta.reason}]` : `[${delta.call.name} ${delta.call.argumentsJson}]`;
    })
    .join('');
}

const HELLO: Script = [{ wait: 200 }, ...text('Hel', 'lo', ' there', ', how', ' are you?'), stop];

t.test('the first one answers where it works', async t => {
  const { said, llms, told, rig } = failover([HELLO], [HELLO]);
  t.equal(await said(), 'Hello there, how are you?[stop]');
  t.equal(llms[1]!.requests.length, 0);
  t.same(told.attempts, ['llm a ok 200']);
  t.same(await rig.leftovers(), NO_LEFTOVERS);
});

t.test('before the first token: a failure, an empty end or silence, and the next is asked', async t => {
  for (const [script, why, afterMs] of [
    [[{ wait: 10 }, { fault: 'unavailable' }], 'unavailable', 10],
    [[{ wait: 10 }], 'protocol', 10],
    [[{ give: { type: 'text', text: '' } }, { fault: 'auth' }], 'auth', 0],
  ] as const) {
    const { said, told, clock, rig } = failover([script], [HELLO]);
    const beganMs = clock.nowMs();
    t.equal(await said(), 'Hello there, how are you?[stop]');
    t.equal(clock.nowMs() - beganMs, afterMs + 200, 'at once');
    t.same(told.switches, [`llm a→b ${why}`]);
    t.same(told.attempts, [`llm a ${why} ${afterMs}`, 'llm b ok 200']);
    t.same(await rig.leftovers(), NO_LEFTOVERS);
  }
});

t.test(
  'two that hang: the second is asked beside the first, the third when the first is out of time',
  async t => {
    const { said, told, rig } = failover([['hang']], [['hang']], [HELLO]);
    t.equal(await said(), 'Hello there, how are you?[stop]');
    t.equal(told.attempts[0], `llm a timeout ${LIMITS.llmFailoverMs}`);
    t.equal(told.attempts.at(-1), 'llm c ok 200');
    t.same(told.switches, ['llm a→c timeout', 'llm b→c late']);
    t.same(await rig.leftovers(), NO_LEFTOVERS);
  },
);

t.test('one that hangs and is all there is gets its time', async t => {
  const { reply, clock, rig } = failover([['hang']]);
  const beganMs = clock.nowMs();
  await t.rejects(clock.until(reply()), { code: 'LLM_FAILED', kind: 'timeout' });
  t.equal(clock.nowMs() - beganMs, LIMITS.llmFirstByteMs);
  t.same(await rig.leftovers(), NO_LEFTOVERS);
});

t.test('what is no fault of the table becomes one', async t => {
  const rig = new Rig();
  const broken = new ScriptedLlm(rig, 'a', () => {
    throw new TypeError('the secret');
  });
  const llm = new FailoverLlm(rig.candidates('llm', broken), rig.told);
  const { signal } = new AbortController();
  await t.rejects(rig.clock.until(gather(llm.reply({ messages: [], signal }))), {
    code: 'LLM_FAILED',
    kind: 'protocol',
    detail: 'a failed',
  });
  t.same(await rig.leftovers(), NO_LEFTOVERS);
});

t.test('all fail: the last fault is told', async t => {
  const { reply, clock, rig } = failover([[{ fault: 'unavailable' }]], [[{ fault: 'refused' }]]);
  await t.rejects(clock.until(reply()), { code: 'LLM_FAILED', kind: 'refused' });
  t.same(await rig.leftovers(), NO_LEFTOVERS);
});

t.test('hedge: later than usual, and the first to speak wins', async t => {
  const slow: Script = [{ wait: 1_400 }, ...text('Slow.'), stop];
  const usual = Array.from({ length: 20 }, (): Script => [{ wait: 400 }, ...text('Usual.'), stop]);
  const { said, told, clock, llms, rig, candidates } = failover([...usual, slow], [HELLO]);
  for (let at = 0; at < usual.length; at++) await said();
  t.equal(llms[1]!.requests.length, 0);
  t.equal(candidates.statuses[0]!.p95Ms, 400);
  const beganMs = clock.nowMs();
  t.equal(await said(), 'Hello there, how are you?[stop]');
  t.equal(clock.nowMs() - beganMs, 440 + 200);
  t.same(told.attempts.slice(-2), ['llm a late 640', 'llm b ok 200']);
  t.same(told.switches, ['llm a→b late']);
  t.same(await rig.leftovers(), NO_LEFTOVERS);
  for (let at = 0; at < 4; at++) await said();
  t.equal(candidates.statuses[0]!.state, 'open', 'always beaten is as bad as failing');
});

t.test('hedge: where all are late, only so many as one in ten, after ten at once', async t => {
  const late: Script = [{ wait: 1_600 }, ...text('First.'), stop];
  const { said, llms, rig } = failover([late], [[{ wait: 900 }, ...text('Second.'), stop]]);
  for (let at = 0; at < 11; at++) await said();
  const first = llms[1]!.requests.length;
  t.ok(first >= 10 && first <= 11, `${first}`);
  for (let at = 0; at < 100; at++) t.equal(await said(), 'First.[stop]');
  const then = llms[1]!.requests.length - first;
  t.ok(then >= 9 && then <= 11, `${then}`);
  t.same(await rig.leftovers(), NO_LEFTOVERS);
});

t.test('hedge: within its bounds, and the first may still win', async t => {
  const { said, told, llms } = failover(
    [[{ wait: 1_600 }, ...text('First.'), stop]],
    [[{ wait: 900 }, ...text('Second.'), stop]],
  );
  t.equal(await said(), 'First.[stop]');
  t.equal(llms[1]!.requests.length, 1, 'asked after llmHedgeMostMs');
  t.same(told.attempts, ['llm b aborted 100', 'llm a ok 1600']);
  const quick = failover(
    [
      ...Array.from({ length: 20 }, (): Script => [{ wait: 5 }, ...text('Quick.'), stop]),
      [{ wait: 299 }, ...text('Late.'), stop],
    ],
    [HELLO],
  );
  for (let at = 0; at < 21; at++) await quick.said();
  t.equal(quick.llms[1]!.requests.length, 0, 'not before llmHedgeLeastMs');
});

t.test('in mid-answer the next goes on with what was said, in whole words', async t => {
  const { said, llms, told, rig } = failover(
    [[...text('I can off', 'er you ', 'Monday at', ' ni'), { fault: 'unavailable' }]],
    [[...text('at', ' nine or', ' ten.'), stop]],
  );
  t.equal(await said(), 'I can offer you Monday at nine or ten.[stop]');
  const { messages } = llms[1]!.requests[0]!;
  t.same(messages.slice(0, 2), [
    { role: 'user', text: 'hello' },
    { role: 'assistant', text: 'I can offer you Monday at' },
  ]);
  t.equal(messages.length, 3);
  t.equal(messages[2]!.role, 'user');
  t.match(messages[2]!.text, /not repeat/);
  t.same(told.switches, ['llm a→b unavailable']);
  t.same(await rig.leftovers(), NO_LEFTOVERS);
});

t.test('in mid-answer: silence, a broken stream, and one after the other', async t => {
  const { said, clock, rig } = failover(
    [[...text('One two '), 'hang']],
    [[...text('three four ')]],
    [[...text('Two three four five.'), stop]],
  );
  const beganMs = clock.nowMs();
  t.equal(await said(), 'One two three four five.[stop]');
  t.equal(clock.nowMs() - beganMs, LIMITS.llmPauseMs);
  t.same(await rig.leftovers(), NO_LEFTOVERS);
});

t.test('a model that begins anew is heard from where the other stopped', async t => {
  const { said } = failover(
    [[...text('Your piano is an upright, and it stands '), { fault: 'unavailable' }]],
    [[...text('Your piano is an upright, and', ' it stands on the second floor.'), stop]],
  );
  t.equal(await said(), 'Your piano is an upright, and it stands on the second floor.[stop]');
});

t.test('a tool call is delivered once, and nothing is asked again after it', async t => {
  const doubled = failover([
    [
      call('book', '{"day":"monday","at":9}'),
      call('book', '{ "at": 9, "day": "monday" }'),
      call('book', '{"day":"friday"}'),
      stop,
    ],
  ]);
  t.equal(await doubled.said(), '[book {"day":"monday","at":9}][book {"day":"friday"}][stop]');

  for (const failure of [{ fault: 'unavailable' }, 'hang'] as const) {
    const { said, llms, rig, told } = failover(
      [[...text('One mo', 'ment.'), call('book', '{}'), failure]],
      [HELLO],
    );
    t.equal(await said(), 'One moment.[book {}][toolCalls]');
    t.equal(llms[1]!.requests.length, 0);
    t.same(told.switches, []);
    t.same(await rig.leftovers(), NO_LEFTOVERS);
  }
});

t.test(
  'one whose breaker is open is passed over; when all are, the one that opens soonest is asked',
  async t => {
    const broken: Script = [{ fault: 'unavailable' }];
    const { said, llms, clock, candidates } = failover(
      [broken, broken, broken, broken, broken, HELLO],
      [HELLO],
    );
    for (let at = 0; at < 7; at++) await said();
    t.equal(llms[0]!.requests.length, 5);
    t.equal(candidates.statuses[0]!.state, 'open');
    await clock.pass(LIMITS.breakerOpenMs);
    await said();
    t.equal(candidates.statuses[0]!.state, 'closed');

    const all = failover(
      [[{ fault: 'auth' }], HELLO],
      [[{ fault: 'rateLimited', retryAfterMs: 4_000 }], HELLO],
    );
    await t.rejects(all.clock.until(all.reply()));
    t.same(
      all.candidates.statuses.map(({ state }) => state),
      ['open', 'open'],
    );
    t.equal(await all.said(), 'Hello there, how are you?[stop]');
    t.same(
      all.llms.map(({ requests }) => requests.length),
      [1, 2],
    );
    t.equal(all.candidates.statuses[1]!.state, 'closed');
  },
);

t.test('what is known of a provider is shared by all that are made of it', async t => {
  const { candidates, clock, told, said } = failover([[{ fault: 'auth' }]], [HELLO]);
  const other = new FailoverLlm(
    candidates.wrapped(llm => llm),
    told,
  );
  await said();
  const { signal } = new AbortController();
  t.equal(
    saidOf(await clock.until(gather(other.reply({ messages: [], signal })))),
    'Hello there, how are you?[stop]',
  );
  t.equal(told.attempts.filter(line => line.startsWith('llm a')).length, 1);
});

t.test('an abort ends all that is under way, and is nobody’s failure', async t => {
  const reason = new Error('the caller interrupted');
  for (const [script, afterMs] of [
    [['hang'], 50],
    [['hang'], 1_600],
    [[...text('Said '), 'hang'], 50],
  ] as const) {
    const { reply, clock, rig, candidates, told } = failover([script], [['hang']]);
    const control = new AbortController();
    const replied = reply(control.signal).catch((error: unknown) => error);
    await clock.pass(afterMs);
    t.not(rig.work.open, 0);
    control.abort(reason);
    t.equal(await clock.until(replied), reason);
    t.same(await rig.leftovers(), NO_LEFTOVERS);
    t.ok(told.attempts.every(line => line.includes('aborted')));
    for (let at = 0; at < 8; at++) {
      const again = new AbortController();
      const late = reply(again.signal).catch(() => {});
      await quiet();
      again.abort(reason);
      await late;
    }
    t.equal(candidates.statuses[0]!.state, 'closed');
  }
  const { llm, llms } = failover([HELLO]);
  const request: LlmRequest = { messages: [], signal: AbortSignal.abort(reason) };
  await t.rejects(gather(llm.reply(request)), reason);
  t.equal(llms[0]!.requests.length, 0);
});

t.test('whoever stops listening ends it', async t => {
  const { llm, rig, clock, told } = failover([[...text('One ', 'two '), 'hang']], [HELLO]);
  const { signal } = new AbortController();
  const listened = (async () => {
    for await (const _ of llm.reply({ messages: [], signal })) break;
  })();
  await clock.until(listened);
  t.same(await rig.leftovers(), NO_LEFTOVERS);
  t.same(told.attempts, ['llm a aborted 0']);
});

t.test('one that heeds no signal is told to end all the same, and not waited for', async t => {
  const rig = new Rig();
  let ended = 0;
  const deaf: Llm = {
    name: 'deaf',
    prepare: () => {},
    close: async () => {},
    reply: () => ({
      [Symbol.asyncIterator]: () => ({
        next: () => new Promise<IteratorResult<LlmDelta>>(() => {}),
        return: () => {
          ended += 1;
          return new Promise<IteratorResult<LlmDelta>>(() => {});
        },
      }),
    }),
  };
  const llm = new FailoverLlm(rig.candidates('llm', deaf, new ScriptedLlm(rig, 'b', () => HELLO)), rig.told);
  const { signal } = new AbortController();
  const deltas = await rig.clock.until(gather(llm.reply({ messages: [], signal })));
  t.equal(saidOf(deltas), 'Hello there, how are you?[stop]');
  t.equal(ended, 1);
  t.same(await rig.leftovers(), NO_LEFTOVERS);
});
