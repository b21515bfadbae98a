import { getEventListeners } from 'node:events';
import t from 'tap';
import { Candidates, candidateOf } from '../../../src/providers/failover/candidates.ts';
import { Rounds } from '../../../src/providers/failover/rounds.ts';
import { Waits, within } from '../../../src/providers/failover/timing.ts';

/** Timers that fire by hand. */
class Timers {
  readonly waiting = new Set<() => void>();

  readonly after = (_delayMs: number, action: () => void): (() => void) => {
    this.waiting.add(action);
    return () => void this.waiting.delete(action);
  };

  fire(): void {
    for (const action of this.waiting) action();
  }
}

const LIMIT = { limitMs: 100, late: () => new Error('late') };
const never = new Promise<never>(() => undefined);

t.test('one thing after the other is waited for, with one listener and one timer', async t => {
  const timers = new Timers();
  const control = new AbortController();
  const waits = new Waits(timers, control.signal);
  for (const piece of ['one', 'two']) {
    const work = Promise.withResolvers<string>();
    const waited = waits.for(work.promise, LIMIT);
    t.equal(timers.waiting.size, 1);
    t.equal(getEventListeners(control.signal, 'abort').length, 1);
    work.resolve(piece);
    t.equal(await waited, piece);
    t.equal(timers.waiting.size, 0);
  }
  await t.rejects(waits.for(Promise.reject(new Error('broken')), LIMIT), { message: 'broken' });
  t.equal(timers.waiting.size, 0);
  waits.close();
  t.equal(getEventListeners(control.signal, 'abort').length, 0);
});

t.test('what is late is given up, and what is aborted at once', async t => {
  const timers = new Timers();
  const control = new AbortController();
  const late = within(never, timers, control.signal, LIMIT);
  timers.fire();
  await t.rejects(late, { message: 'late' });
  const aborted = within(never, timers, control.signal, LIMIT);
  control.abort(new Error('nobody listens'));
  await t.rejects(aborted, { message: 'nobody listens' });
  await t.rejects(within(never, timers, control.signal, LIMIT), { message: 'nobody listens' });
  t.equal(timers.waiting.size, 0);
  t.equal(getEventListeners(control.signal, 'abort').length, 0);
});

t.test('who is last is whoever is left beside those that failed', async t => {
  const timers = new Timers();
  const clock = { nowMs: () => 0, after: timers.after };
  const provider = (name: string) => candidateOf({ name, close: async () => undefined }, clock);
  const [first, second, third] = [provider('first'), provider('second'), provider('third')];
  const { signal } = new AbortController();
  const observer = { attempt: () => undefined, switched: () => undefined };
  const rounds = new Rounds(new Candidates('tts', [first, second, third], clock), observer, signal);
  rounds.failed(rounds.begin(first), new Error('broken'));
  t.notOk(rounds.isLast(second));
  rounds.failed(rounds.begin(second), new Error('broken'));
  t.ok(rounds.isLast(third));
});
