import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { ROOT } from '../tidy/sources.ts';
import { placeCall, startCaller } from './caller.ts';
import { TestNode } from './test_node.ts';

t.setTimeout(480_000);

const FROM = '+15557771950';
const LATER = '+15557771951';
const PATIENCE_MS = '4000';
/** Less than the call takes: what is left of it goes on in another process. */
const DRAIN_S = 6;
const POLL_MS = 400;

/** Who was given a call, by the edge's word. */
function holders(node: TestNode): string[] {
  return node.log('edge').flatMap(line => /"media":"(media-\d+)"/.exec(line)?.[1] ?? []);
}

t.test(
  'an upgrade with one media process: a call goes on through it, and another comes in meanwhile',
  async t => {
    const node = await TestNode.start({ processes: 1 }, { livekit: { enabled: false }, drainS: DRAIN_S });
    t.teardown(() => node.discard());
    const before = node.rolePids();
    const caller = startCaller(node, FROM, '--seed', '12', '--voice', 'rms', '--patience', PATIENCE_MS);
    let output = '';
    caller.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
    const turnsOf = async (from: string): Promise<number> => {
      const row = (await node.calls()).find(call => call.from === from);
      return row === undefined ? 0 : (await node.call(row.callId)).turns.length;
    };
    while ((await turnsOf(FROM)) < 2) await sleep(POLL_MS);

    const start = [join(ROOT, 'bin/start.mjs'), '--upgrade', '--config', node.configFile];
    const upgrade = spawn(process.execPath, start, { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'] });
    let told = '';
    upgrade.stdout.setEncoding('utf8').on('data', (text: string) => (told += text));
    const upgraded = once(upgrade, 'close');
    while (!node.output.includes('media-1 is there')) await sleep(POLL_MS);
    const meanwhile = await placeCall(node, LATER, '--silent', '--max-seconds', '2');
    t.equal(meanwhile.outcome, 'hungUp', meanwhile.failure ?? '');
    t.equal(holders(node)[1], 'media-1', 'the new version takes it');
    t.equal((await upgraded)[0], 0, told);
    t.match(told, /media-0 is new, and others have gone on with its calls[\s\S]*all roles are new/);

    while (!node.output.includes('took over')) await sleep(POLL_MS);
    await node.untilReady();
    const after = node.rolePids();
    t.same([...after.keys()].toSorted(), [...before.keys()].toSorted(), 'the one more is gone');
    for (const [role, pid] of before) t.not(after.get(role), pid, role);
    const turns = await turnsOf(FROM);
    while ((await turnsOf(FROM)) < turns + 2) await sleep(POLL_MS);

    caller.kill('SIGINT');
    await once(caller, 'close');
    const report = JSON.parse(output.trimEnd().split('\n').at(-1) ?? '');
    t.equal(report.outcome, 'hungUp', 'until its caller has had enough');
    t.match(await node.ended(FROM), { state: 'COMPLETED', endReason: 'remoteHangup' });
    t.match(await node.ended(LATER), { state: 'COMPLETED' });
    t.equal((await node.calls()).length, 2);
  },
);
