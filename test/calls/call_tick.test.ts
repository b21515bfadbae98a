import t from 'tap';
import { CallTick } from '../../src/calls/call_tick.ts';

/** A call of two stages one way and one the other, that notes what it is to do. */
function noting(name: string, notes: string[], faultAt?: string) {
  const note = (part: string): void => {
    notes.push(`${name} ${part}`);
    if (part === faultAt) throw new Error(part);
  };
  return {
    name,
    isUp: true,
    hearingStages: 2,
    speakingStages: 1,
    receive: () => note('receive'),
    hear: (stage: number) => note(`hear ${stage}`),
    takeTurn: () => note('turn'),
    speak: (stage: number) => note(`speak ${stage}`),
    send: () => note('send'),
  };
}

t.test('all calls go through each part and stage together', async t => {
  const notes: string[] = [];
  const tick = new CallTick<ReturnType<typeof noting>>(
    2,
    () => notes.push('judge'),
    (_call, error) => t.fail(String(error)),
  );
  for (const name of ['a', 'b']) tick.add(noting(name, notes));
  tick.run();
  t.equal(
    notes.join(', '),
    'a receive, b receive, a hear 0, b hear 0, a hear 1, b hear 1, judge, a turn, b turn, a speak 0, b speak 0, a send, b send',
  );
  notes.length = 0;
  tick.run();
  t.same(notes, ['judge'], 'what was added is forgotten');
});

t.test('a call with a fault is left out of the rest of the tick, and the others are not', async t => {
  const notes: string[] = [];
  const faults: string[] = [];
  const tick = new CallTick<ReturnType<typeof noting>>(
    2,
    () => undefined,
    ({ name }, error) => faults.push(`${name}: ${(error as Error).message}`),
  );
  tick.add(noting('a', notes, 'hear 1'));
  tick.add(noting('b', notes));
  tick.run();
  t.same(faults, ['a: hear 1']);
  t.notOk(notes.includes('a turn'));
  t.ok(notes.includes('b send'));
});

t.test('a fault in judging leaves nothing for the next tick', async t => {
  const notes: string[] = [];
  let isFaulty = true;
  const judge = (): void => {
    if (isFaulty) throw new Error('judge');
  };
  const tick = new CallTick<ReturnType<typeof noting>>(1, judge, () => undefined);
  tick.add(noting('a', notes));
  t.throws(() => tick.run(), { message: 'judge' });
  isFaulty = false;
  notes.length = 0;
  tick.run();
  t.same(notes, []);
});
