import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { createLogger } from '../../src/observe/log.ts';
import { Keeper, type KeeperOptions } from '../../src/supervisor/keeper.ts';
import type { Running } from '../../src/supervisor/running.ts';

/** A process that dies when told. */
class Puppet implements Running {
  readonly #end = Promise.withResolvers<string>();
  readonly pid = 4711;
  readonly exited = this.#end.promise;
  stopped = false;

  die(): void {
    this.#end.resolve('puppet ended with SIGKILL');
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.die();
  }
}

const never = new AbortController().signal;

function rig(more: Partial<KeeperOptions> = {}) {
  const puppets: Puppet[] = [];
  const told: string[] = [];
  const started = { wait: Promise.withResolvers<void>() };
  const keeper = new Keeper({
    name: 'puppet',
    log: createLogger('test', 'silent'),
    start: async () => {
      const puppet = new Puppet();
      puppets.push(puppet);
      started.wait.resolve();
      started.wait = Promise.withResolvers<void>();
      return puppet;
    },
    onDied: () => told.push('died'),
    onRestarted: () => told.push('restarted'),
    ...more,
  });
  return { keeper, puppets, told, nextStart: () => started.wait.promise };
}

t.test('what dies is started again', async t => {
  const { keeper, puppets, told, nextStart } = rig();
  await keeper.start(never);
  puppets[0]?.die();
  await nextStart();
  await sleep(0);
  t.same(told, ['died', 'restarted']);
  await keeper.stop();
  t.equal(puppets.length, 2);
  t.ok(puppets[1]?.stopped);
});

t.test('an end that was wanted is not mended', async t => {
  const { keeper, puppets, told } = rig();
  await keeper.start(never);
  keeper.expectEnd();
  puppets[0]?.die();
  await keeper.ended;
  t.same(told, []);
  t.equal(puppets.length, 1);
});

t.test('what dies again and again is given up, loudly', async t => {
  const given: string[] = [];
  const { keeper, puppets, nextStart } = rig({
    giveUp: { deathsPerMinute: 1, tell: words => given.push(words) },
  });
  await keeper.start(never);
  puppets[0]?.die();
  await nextStart();
  puppets[1]?.die();
  await keeper.ended;
  t.same(given, ['puppet ended with SIGKILL']);
  t.equal(puppets.length, 2);
});

t.test('a stop in the pause before a restart starts nothing', async t => {
  const { keeper, puppets, told } = rig();
  await keeper.start(never);
  puppets[0]?.die();
  while (told.length === 0) await sleep(1);
  await keeper.stop();
  t.equal(puppets.length, 1);
});

t.test('a restart that fails is tried again', async t => {
  let attempts = 0;
  const puppet = new Puppet();
  const again = Promise.withResolvers<void>();
  const { keeper, told } = rig({
    start: async () => {
      attempts += 1;
      if (attempts === 2) throw new Error('not yet');
      if (attempts === 3) again.resolve();
      return attempts === 1 ? puppet : new Puppet();
    },
  });
  await keeper.start(never);
  puppet.die();
  await again.promise;
  await sleep(0);
  t.same(told, ['died', 'restarted']);
  await keeper.stop();
});

t.test('a stop during the first start leaves nothing running', async t => {
  const puppet = new Puppet();
  const gate = Promise.withResolvers<void>();
  const { keeper } = rig({
    start: async () => {
      await gate.promise;
      return puppet;
    },
  });
  const starting = keeper.start(never);
  const stopping = keeper.stop();
  gate.resolve();
  await Promise.all([starting, stopping]);
  t.ok(puppet.stopped);
});

t.test('a signal during the first start ends it with its reason', async t => {
  const { keeper } = rig({
    start: signal =>
      new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
  });
  const interrupt = new AbortController();
  const starting = keeper.start(interrupt.signal);
  interrupt.abort(new Error('enough'));
  await t.rejects(starting, { message: 'enough' });
  await keeper.stop();
});
