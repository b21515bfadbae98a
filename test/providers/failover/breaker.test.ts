import t from 'tap';
import { SeededRandom } from '../../../bench/caller/random.ts';
import { LIMITS } from '../../../src/config/limits.ts';
import { Breaker, type Permit } from '../../../src/providers/failover/breaker.ts';
import { LiveLatency } from '../../../src/providers/failover/live_latency.ts';
import type { FaultKind } from '../../../src/providers/provider_fault.ts';

function rig() {
  const clock = { nowMs: 0 };
  const breaker = new Breaker(() => clock.nowMs);
  const fail = (times: number, kind: FaultKind = 'unavailable', retryAfterMs?: number) => {
    for (let at = 0; at < times; at++) breaker.begin().failed(kind, retryAfterMs);
  };
  return { clock, breaker, fail };
}

t.test('five failures in a row open it, 30 s later one trial decides', async t => {
  const { clock, breaker, fail } = rig();
  fail(4);
  breaker.begin().succeeded();
  fail(4);
  t.same(breaker.status, { state: 'closed', sinceMs: 0 });
  clock.nowMs = 100;
  fail(1);
  t.same(breaker.status, { state: 'open', sinceMs: 100 });
  t.equal(breaker.allows, false);
  t.equal(breaker.opensInMs, LIMITS.breakerOpenMs);

  clock.nowMs = 100 + LIMITS.breakerOpenMs - 1;
  t.equal(breaker.allows, false);
  clock.nowMs += 1;
  t.same(breaker.status, { state: 'halfOpen', sinceMs: 100 + LIMITS.breakerOpenMs });
  t.equal(breaker.allows, true);
  const trial = breaker.begin();
  t.equal(breaker.allows, false, 'one at a time');
  trial.failed('timeout');
  t.equal(breaker.status.state, 'open');

  clock.nowMs += LIMITS.breakerOpenMs;
  breaker.begin().succeeded();
  t.same(breaker.status, { state: 'closed', sinceMs: clock.nowMs });
  fail(4);
  t.equal(breaker.status.state, 'closed', 'it counts anew');
});

t.test('what we give up is neither success nor failure', async t => {
  const { clock, breaker, fail } = rig();
  fail(4);
  breaker.begin().abandoned();
  t.equal(breaker.status.state, 'closed', 'no failure');
  fail(1);
  t.equal(breaker.status.state, 'open', 'no success');
  clock.nowMs += LIMITS.breakerOpenMs;
  breaker.begin().abandoned();
  t.equal(breaker.status.state, 'halfOpen');
  t.equal(breaker.allows, true, 'another trial may go out');
});

t.test('Retry-After and a refused key say for how long', async t => {
  const limited = rig();
  limited.fail(1, 'rateLimited', 7_000);
  t.equal(limited.breaker.opensInMs, 7_000);
  limited.fail(1, 'rateLimited', 2_000);
  t.equal(limited.breaker.opensInMs, 7_000, 'the longest counts');
  const forLong = rig();
  forLong.fail(1, 'rateLimited', 1e12);
  t.equal(forLong.breaker.opensInMs, LIMITS.breakerMostMs);
  const unsaid = rig();
  unsaid.fail(4, 'rateLimited');
  t.equal(unsaid.breaker.status.state, 'closed');
  const auth = rig();
  auth.fail(1, 'auth');
  t.equal(auth.breaker.opensInMs, LIMITS.breakerAuthMs);
});

t.test('what began before says nothing of the time since', async t => {
  const { clock, breaker, fail } = rig();
  const [early, late] = [breaker.begin(), breaker.begin()];
  fail(5);
  early.succeeded();
  t.equal(breaker.status.state, 'open');
  clock.nowMs += LIMITS.breakerOpenMs;
  breaker.begin().succeeded();
  for (let at = 0; at < 4; at++) fail(1);
  late.failed('unavailable');
  t.equal(breaker.status.state, 'closed', 'four of its own');
  late.failed('auth');
  t.equal(breaker.status.state, 'closed', 'a permit has one word');
});

t.test('a request for lack of others may close it', async t => {
  const { breaker, fail } = rig();
  fail(5);
  breaker.begin().succeeded();
  t.equal(breaker.status.state, 'closed');
});

/** The breaker as it would be drawn on a board: no permits, no epochs, one request after the other. */
class Model {
  state: 'closed' | 'open' | 'halfOpen' = 'closed';
  failures = 0;
  untilMs = 0;

  step(event: 'pass' | 'ok' | 'bad' | 'auth' | 'limited' | 'gone', nowMs: number): void {
    if (this.state === 'open' && nowMs >= this.untilMs) this.state = 'halfOpen';
    if (event === 'pass' || event === 'gone') return;
    if (event === 'ok') {
      this.state = 'closed';
      this.failures = 0;
      return;
    }
    this.failures += 1;
    const forMs = event === 'auth' ? 300_000 : event === 'limited' ? 20_000 : 30_000;
    if (event === 'bad' && this.state === 'closed' && this.failures < 5) return;
    this.untilMs = Math.max(this.state === 'open' ? this.untilMs : 0, nowMs + forMs);
    this.state = 'open';
    this.failures = 0;
  }
}

t.test('like a simple model, whatever happens', async t => {
  for (let seed = 1; seed <= 2_000; seed++) {
    const random = new SeededRandom(seed, 'breaker');
    const { clock, breaker } = rig();
    const model = new Model();
    for (let at = 0; at < 60; at++) {
      clock.nowMs += random.chance(0.2) ? random.integer(1, 40_000) : 1;
      const event = random.pick([
        'ok',
        'bad',
        'bad',
        'bad',
        'bad',
        'bad',
        'bad',
        'auth',
        'limited',
        'gone',
        'pass',
      ] as const);
      model.step(event, clock.nowMs);
      if (event !== 'pass') tell(breaker.begin(), event);
      if (breaker.status.state !== model.state)
        t.fail(`seed ${seed}, step ${at}: ${breaker.status.state} instead of ${model.state}`);
    }
  }
  t.pass('2,000 runs');
});

function tell(permit: Permit, event: 'ok' | 'bad' | 'auth' | 'limited' | 'gone'): void {
  if (event === 'ok') permit.succeeded();
  else if (event === 'gone') permit.abandoned();
  else if (event === 'auth') permit.failed('auth');
  else if (event === 'limited') permit.failed('rateLimited', 20_000);
  else permit.failed('timeout');
}

t.test('latencies: nearest-rank quantiles of the last ones', async t => {
  const latency = new LiveLatency();
  for (let ms = 1; ms < 10; ms++) latency.add(ms);
  t.equal(latency.p95Ms, undefined, 'too few to tell');
  for (let ms = 10; ms <= 100; ms++) latency.add(ms);
  t.equal(latency.p50Ms, 50);
  t.equal(latency.p95Ms, 95);
  for (let at = 0; at < LIMITS.latenciesKept; at++) latency.add(7);
  t.equal(latency.p95Ms, 7, 'old ones are forgotten');
});
