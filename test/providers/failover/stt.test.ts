import t from 'tap';
import { TrunklineError } from '../../../src/config/errors.ts';
import { LIMITS } from '../../../src/config/limits.ts';
import { FailoverStt } from '../../../src/providers/failover/failover_stt.ts';
import { type Hearing, NO_LEFTOVERS, quiet, Rig, recognition, ScriptedStt } from './rig.ts';

const EXPECT = { id: 'any', jsgf: '' };

/** Recognisers a, b, c… each with what it does in its first, second… utterance; the last one for all further. */
function failover(...scripts: readonly (readonly Hearing[])[]) {
  const rig = new Rig();
  const recognisers = scripts.map(
    (hearings, at) =>
      new ScriptedStt(rig, 'abc'[at]!, utterance => hearings[Math.min(utterance, hearings.length - 1)]!),
  );
  const candidates = rig.candidates('stt', ...recognisers);
  const stt = new FailoverStt(candidates, rig.told);
  const partials: string[] = [];
  const open = () => stt.open({ rateHz: 8000, expect: EXPECT, onPartial: text => partials.push(text) });
  /** An utterance of four samples. */
  const hear = async () => {
    const session = open();
    for (const sample of [1, 2, 3, 4]) session.write(Int16Array.of(sample));
    return (await rig.clock.until(session.finish())).text;
  };
  return { rig, clock: rig.clock, told: rig.told, recognisers, candidates, stt, partials, open, hear };
}

const WORKS: Hearing = {};
const INVALID = new TrunklineError('GRAMMAR_INVALID', 'line 1');

t.test('the first one hears where it works', async t => {
  const { hear, recognisers, told, partials, rig } = failover([WORKS], [WORKS]);
  t.equal(await hear(), '1 2 3 4');
  t.same(partials, ['a: 1', 'a: 2', 'a: 3', 'a: 4']);
  t.same(recognisers[1]!.opened, []);
  t.same(told.attempts, ['stt a ok 50']);
  t.same(await rig.leftovers(), NO_LEFTOVERS);
});

t.test('one that fails, wherever: the next is given all that was heard', async t => {
  for (const [hearing, partial] of [
    [{ failsAtOpen: new Error('no') }, 'b: 4'],
    [{ failsAfter: 2 }, 'b: 4'],
    [{ final: [{ wait: 30 }, { fault: 'unavailable' }] }, 'a: 4'],
    [{ final: [{ wait: 30 }] }, 'a: 4'],
  ] as const) {
    const { hear, told, partials, rig } = failover([hearing], [WORKS]);
    t.equal(await hear(), '1 2 3 4');
    t.equal(partials.at(-1), partial);
    t.equal(told.switches.length, 1);
    t.match(told.attempts.at(-1), 'stt b ok');
    t.same(await rig.leftovers(), NO_LEFTOVERS);
  }
});

t.test('one that fails as it is given what was heard is followed by another', async t => {
  const { hear, told, rig } = failover([{ failsAfter: 2 }], [{ failsAfter: 1 }], [WORKS]);
  t.equal(await hear(), '1 2 3 4');
  t.same(told.switches, ['stt a→b unavailable', 'stt b→c unavailable']);
  t.same(await rig.leftovers(), NO_LEFTOVERS);
});

t.test('all fail in mid-utterance: they are asked once more at its end', async t => {
  const { hear, rig } = failover([{ failsAfter: 2 }], [{ failsAfter: 1 }, WORKS]);
  t.equal(await hear(), '1 2 3 4');
  t.same(await rig.leftovers(), NO_LEFTOVERS);
  const never = failover([{ failsAfter: 2 }], [{ failsAtOpen: new Error('no') }]);
  await t.rejects(never.hear(), { code: 'STT_FAILED' });
  t.same(await never.rig.leftovers(), NO_LEFTOVERS);
});

t.test(
  'who fails at the end has lost a connection perhaps: where nobody else can, all are asked once more',
  async t => {
    const lost: Hearing = { final: [{ wait: 30 }, { fault: 'unavailable' }] };
    for (const others of [[], [[{ failsAtOpen: new Error('no') }]]]) {
      const { hear, told, rig } = failover([lost, WORKS], ...others);
      t.equal(await hear(), '1 2 3 4');
      t.equal(told.attempts.at(-1), 'stt a ok 50');
      t.same(await rig.leftovers(), NO_LEFTOVERS);
    }
    const firstIsGone = failover([lost], [lost, WORKS]);
    t.equal(await firstIsGone.hear(), '1 2 3 4', 'also whoever was not first');
    t.same(await firstIsGone.rig.leftovers(), NO_LEFTOVERS);
    const gone = failover([lost]);
    await t.rejects(gone.hear(), { code: 'STT_FAILED' });
    t.equal(gone.recognisers[0]!.opened.length, 2, 'and no more than that');
    const hangs = failover([lost, { final: ['hang'] }]);
    const beganMs = hangs.clock.nowMs();
    await t.rejects(hangs.hear(), { code: 'STT_FAILED' });
    t.equal(hangs.clock.nowMs() - beganMs, 30 + LIMITS.sttHedgeMostMs);
    t.same(await hangs.rig.leftovers(), NO_LEFTOVERS);
  },
);

t.test('a late final: the next is given all too, and the first that understood something wins', async t => {
  const { hear, clock, told, rig } = failover([{ final: ['hang'] }], [WORKS]);
  const beganMs = clock.nowMs();
  t.equal(await hear(), '1 2 3 4');
  t.equal(clock.nowMs() - beganMs, LIMITS.sttHedgeMostMs + 50);
  t.same(told.switches, ['stt a→b late']);
  t.same(await rig.leftovers(), NO_LEFTOVERS);

  const deaf = failover([{ final: [{ wait: 1_500 }, { give: recognition('') }] }], [{ finalMs: 800 }]);
  t.equal(await deaf.hear(), '1 2 3 4', 'the first says nothing while the second is at it');
  const deafSecond = failover([{ finalMs: 1_500 }], [{ final: [{ give: recognition('') }] }]);
  t.equal(await deafSecond.hear(), '1 2 3 4');
  t.same(deafSecond.told.attempts, ['stt b ok 0', 'stt a ok 1500']);
  const silence = failover([{ final: [{ give: recognition('') }] }], [WORKS]);
  t.equal(await silence.hear(), '', 'what is silent in time is silent');
  const both = failover(
    [{ final: [{ wait: 1_500 }, { give: recognition('') }] }],
    [{ final: [{ give: recognition('') }] }],
  );
  t.equal(await both.hear(), '');
  const failing = failover(
    [{ final: [{ wait: 1_500 }, { fault: 'timeout' }] }],
    [{ final: [{ give: recognition('') }] }],
  );
  t.equal(await failing.hear(), '');
  for (const other of [deaf, deafSecond, silence, both, failing])
    t.same(await other.rig.leftovers(), NO_LEFTOVERS);
});

t.test('hedge: by the live p95, which replays say nothing of', async t => {
  const { hear, clock, candidates } = failover(
    [...Array.from({ length: 20 }, () => ({ finalMs: 200 })), { final: ['hang'] }],
    [WORKS],
  );
  for (let at = 0; at < 20; at++) await hear();
  const beganMs = clock.nowMs();
  t.equal(await hear(), '1 2 3 4');
  t.equal(Math.round(clock.nowMs() - beganMs), 220 + 50);
  t.equal(candidates.statuses[0]!.p50Ms, 200);

  const fails: Hearing = { final: [{ fault: 'unavailable' }] };
  const replays = failover(
    Array.from({ length: 30 }, (_, at) => (at % 2 === 0 ? fails : WORKS)),
    [WORKS],
  );
  for (let at = 0; at < 30; at++) await replays.hear();
  t.equal(replays.recognisers[1]!.opened.length, 15);
  t.equal(replays.candidates.statuses[1]!.p50Ms, undefined);
});

t.test('no final at all, and nobody else: within the limit', async t => {
  const { hear, clock, rig } = failover([{ final: ['hang'] }]);
  const beganMs = clock.nowMs();
  await t.rejects(hear(), { code: 'STT_FAILED', kind: 'timeout' });
  t.equal(clock.nowMs() - beganMs, LIMITS.sttFinalMs);
  t.same(await rig.leftovers(), NO_LEFTOVERS);
});

t.test('a wrong grammar is nobody’s failure', async t => {
  const atOpen = failover([{ failsAtOpen: INVALID }], [WORKS]);
  t.throws(() => atOpen.open(), { code: 'GRAMMAR_INVALID' });
  t.same(await atOpen.rig.leftovers(), NO_LEFTOVERS);
  const atEnd = failover([{ failsAfter: 2 }], [{ failsAtOpen: INVALID }], [WORKS]);
  await t.rejects(atEnd.hear(), { code: 'GRAMMAR_INVALID' });
  for (let at = 0; at < 8; at++) t.throws(() => atOpen.open());
  t.equal(atOpen.candidates.statuses[0]!.state, 'closed');
  t.same(atOpen.told.switches, []);
  t.same(await atEnd.rig.leftovers(), NO_LEFTOVERS);
});

t.test('what was understood so far, from the next where the first fails', async t => {
  const { open, clock, told, rig } = failover([{ failsAtSettle: 'unavailable' }], [WORKS]);
  const session = open();
  session.write(Int16Array.of(1, 2));
  t.equal((await clock.until(session.settle!())).text, '1 2');
  t.same(told.switches, ['stt a→b unavailable']);
  session.write(Int16Array.of(3));
  t.equal((await clock.until(session.finish())).text, '1 2 3');
  await t.rejects(session.settle!(), { code: 'STT_FAILED' });
  t.same(await rig.leftovers(), NO_LEFTOVERS);
});

t.test('one that has nothing to tell yet has not failed', async t => {
  const { open, clock, told, rig } = failover([{ failsAtSettle: 'refused' }], [WORKS]);
  const session = open();
  session.write(Int16Array.of(1, 2));
  await t.rejects(session.settle!(), { code: 'STT_FAILED' });
  t.equal((await clock.until(session.finish())).text, '1 2');
  t.same(told.attempts, ['stt a ok 50']);
  t.same(told.switches, []);
  t.same(await rig.leftovers(), NO_LEFTOVERS);
});

t.test('one that hangs at a pause was waited for when the end comes', async t => {
  const { open, clock, told, rig } = failover([{ settlesAfterMs: Infinity, final: ['hang'] }], [WORKS]);
  const session = open();
  session.write(Int16Array.of(1, 2));
  session.settle!().catch(() => undefined);
  await clock.pass(700);
  const beganMs = clock.nowMs();
  t.equal((await clock.until(session.finish())).text, '1 2');
  t.equal(clock.nowMs() - beganMs, LIMITS.sttHedgeMostMs - 700 + 50);
  t.same(told.switches, ['stt a→b late']);
  t.same(await rig.leftovers(), NO_LEFTOVERS);
});

t.test('an utterance is kept up to its limit, and copied', async t => {
  const { open, clock } = failover([{ final: [{ fault: 'unavailable' }] }], [WORKS]);
  const session = open();
  const second = new Int16Array(8000).fill(7);
  for (let at = 0; at < LIMITS.utteranceSeconds + 5; at++) session.write(second);
  second.fill(9);
  const { text } = await clock.until(session.finish());
  t.equal(text.split(' ').length, LIMITS.utteranceSeconds * 8000);
  t.notMatch(text, '9');
});

t.test('given up at any time, it leaves nothing and accuses nobody', async t => {
  for (const afterMs of [undefined, 10, 1_010]) {
    const { open, clock, candidates, told, rig } = failover([{ final: ['hang'] }], [{ final: ['hang'] }]);
    for (let at = 0; at < 6; at++) {
      const session = open();
      session.write(Int16Array.of(1));
      const final = afterMs === undefined ? undefined : session.finish().catch((error: unknown) => error);
      await (afterMs === undefined ? quiet() : clock.pass(afterMs));
      session.cancel();
      session.cancel();
      if (final !== undefined) t.match(await final, { code: 'STT_FAILED' });
      session.write(Int16Array.of(2));
      await t.rejects(session.finish(), { code: 'STT_FAILED' });
    }
    t.same(await rig.leftovers(), NO_LEFTOVERS);
    t.ok(told.attempts.length >= 6 && told.attempts.every(line => line.includes('aborted')));
    t.equal(candidates.statuses[0]!.state, 'closed');
  }
  const { open, rig } = failover([{ final: ['hang'] }]);
  const session = open();
  void session.finish();
  session.cancel();
  t.same(await rig.leftovers(), NO_LEFTOVERS, 'nobody has to wait for it');
});
