import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { ROOT } from '../tidy/sources.ts';
import { placeCall, startCaller, throughLiveKit } from './caller.ts';
import { openFiles, threads, withDescendants } from './process_tree.ts';
import { TestNode } from './test_node.ts';

const built = existsSync(join(ROOT, 'var/tools/livekit-sip'));

t.setTimeout(900_000);

/** Callers who do not do what callers should; the last hangs up while it is recorded. */
const BEHAVIOURS: readonly (readonly string[])[] = [
  ['--hangup-after', 'mid-sentence'],
  ['--hangup-after', '1'],
  ['--silent', '--max-seconds', '9'],
  ['--noise', '--max-seconds', '9'],
  ['--never-stop', '--max-seconds', '9'],
  ['--seed', '5', '--voice', 'rms', '--hangup-after', '24'],
];
const MOST_ROUNDS = 4;
/** Connections that are kept for a while are gone after so long. */
const SETTLE_MS = 15_000;

/** What a role and the processes that it has started hold. */
interface Holdings {
  readonly processes: number;
  readonly threads: number;
  /** How many of each kind. */
  readonly files: ReadonlyMap<string, number>;
}

function holdingsOf(role: number): Holdings {
  const pids = withDescendants(role);
  const files = new Map<string, number>();
  // Each decoder of the recogniser has its log at /dev/null; there are more as they are needed, up to a limit.
  for (const file of pids.flatMap(openFiles).filter(name => name !== '/dev/null'))
    files.set(file, (files.get(file) ?? 0) + 1);
  return { processes: pids.length, threads: pids.reduce((sum, pid) => sum + threads(pid), 0), files };
}

/** The least of both: what comes and goes is no leak. */
function least(one: Holdings, other: Holdings): Holdings {
  const files = [...one.files].map(
    ([file, count]) => [file, Math.min(count, other.files.get(file) ?? 0)] as const,
  );
  return {
    processes: Math.min(one.processes, other.processes),
    threads: Math.min(one.threads, other.threads),
    files: new Map(files.filter(([, count]) => count > 0)),
  };
}

function hasGrown(before: ReadonlyMap<string, Holdings>, after: ReadonlyMap<string, Holdings>): boolean {
  return [...after].some(([role, held]) => {
    const first = before.get(role)!;
    const files = [...held.files].some(([file, count]) => count > (first.files.get(file) ?? 0));
    return held.processes > first.processes || held.threads > first.threads || files;
  });
}

t.test('difficult callers', { skip: built ? false : 'livekit-sip is not built' }, async t => {
  const node = await TestNode.start();
  t.teardown(() => node.discard());
  const data = join(dirname(node.configFile), 'data');

  /** By role, once nothing goes on any more. */
  async function settled(): Promise<Map<string, Holdings>> {
    const holdings = new Map<string, Holdings>();
    for (let waitedMs = 0; waitedMs < SETTLE_MS; waitedMs += 500) {
      for (const [role, pid] of node.rolePids()) {
        const now = holdingsOf(pid);
        holdings.set(role, least(holdings.get(role) ?? now, now));
      }
      await sleep(500);
    }
    return holdings;
  }

  let rounds = 0;

  /** All of them at once, every second through LiveKit. */
  async function round(number: number): Promise<void> {
    const froms = BEHAVIOURS.map((_, index) => `+155577740${number}${index}`);
    await Promise.all(
      BEHAVIOURS.map((options, index) =>
        placeCall(node, froms[index]!, ...options, ...(index % 2 === 0 ? throughLiveKit(node) : [])),
      ),
    );
    for (const from of froms) await node.ended(from);
    while ((await activeCalls()) > 0) await sleep(200);
  }

  async function activeCalls(): Promise<number> {
    const metrics = await (await node.get('/metrics')).text();
    const counts = metrics.matchAll(/^trunkline_calls_active\S*\s+(\d+)/gm);
    return [...counts].reduce((sum, [, count]) => sum + Number(count), 0);
  }

  /** Without a word, and without a packet from then on. */
  async function vanish(): Promise<void> {
    const from = '+15557774900';
    const caller = startCaller(node, from, '--silent');
    while (!(await node.calls()).some(call => call.from === from)) await sleep(200);
    caller.kill('SIGKILL');
    await node.ended(from);
  }

  await t.test('leave nothing open, however many there were', async t => {
    await Promise.all([vanish(), round(0)]);
    let before = await settled();
    await round(1);
    let after = await settled();
    // What a process makes once, as for its first room, it keeps; a leak grows every time.
    for (rounds = 2; rounds < MOST_ROUNDS && hasGrown(before, after); rounds += 1) {
      await round(rounds);
      [before, after] = [after, await settled()];
    }
    const elsewhere = [...after.values()].flatMap(({ files }) =>
      [...files.keys()].filter(file => /^\/(?!dev\/)/.test(file) && !file.startsWith(dirname(data))),
    );
    t.same(elsewhere, [], 'nothing is kept outside of the data folder');
    t.same([...after.keys()].toSorted(), [...before.keys()].toSorted());
    for (const [role, held] of after) {
      const first = before.get(role)!;
      t.ok(held.processes <= first.processes, `${role}: ${first.processes} → ${held.processes} processes`);
      t.ok(held.threads <= first.threads, `${role}: ${first.threads} → ${held.threads} threads`);
      for (const [file, count] of held.files) {
        const were = first.files.get(file) ?? 0;
        t.ok(count <= were, `${role}: ${were} → ${count} × ${file}`);
      }
    }
  });

  await t.test('no room, no half-written recording, no spool of calls that are over', async t => {
    for (let waitedMs = 0; waitedMs < SETTLE_MS && (await node.rooms()).length > 0; waitedMs += 500)
      await sleep(500);
    t.same(await node.rooms(), []);
    const recordings = readdirSync(join(data, 'recordings', 'default'));
    t.ok(recordings.length > 0, 'some were recorded');
    t.same(
      recordings.filter(name => !/^[\w-]+\.wav$/.test(name)),
      [],
    );
    const spool = readdirSync(join(data, 'spool'));
    t.ok(spool.length <= 3, `the segment at hand of the edge and of each media process: ${spool.join(', ')}`);
    const calls = await node.calls();
    t.equal(calls.length, rounds * BEHAVIOURS.length + 1);
    t.ok(calls.every(({ endedAt, state }) => endedAt !== null && /COMPLETED|FAILED/.test(state)));
  });
});
