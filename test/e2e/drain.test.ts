import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { ROOT } from '../tidy/sources.ts';
import { placeCall, startCaller, throughLiveKit } from './caller.ts';
import { TestNode } from './test_node.ts';

const built = existsSync(join(ROOT, 'var/tools/livekit-sip'));
const ROLES = ['media-0', 'edge', 'api', 'jobs'];

t.setTimeout(300_000);

t.test(
  'who can not be taken is told at once',
  { skip: built ? false : 'livekit-sip is not built' },
  async t => {
    const node = await TestNode.start(
      { processes: 1, callsPerProcess: 1 },
      { jobs: { enabled: true }, drainS: 240 },
    );
    t.teardown(() => node.discard());
    const before = await placeCall(node, '+15557772000', '--silent', '--max-seconds', '3');
    const [record] = await node.calls();
    t.equal(before.callId, record?.callId, 'the caller finds its record by its Call-ID');
    await node.ended('+15557772000');

    const first = startCaller(node, '+15557772001', '--silent', '--max-seconds', '280');
    let output = '';
    first.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
    t.teardown(() => first.kill('SIGKILL'));
    while ((await node.calls()).length === 1) await sleep(200);

    const others = await Promise.all([
      placeCall(node, '+15557772002', '--silent'),
      placeCall(node, '+15557772012', '--silent', ...throughLiveKit(node)),
    ]);
    t.match(others[0].failure, /^503 /, 'the node is full');
    t.match(others[1].failure, /^486 /, 'also for who comes through LiveKit');

    const stopped = node.stop();
    while ((await node.get('/readyz')).status !== 503) await sleep(100);
    const third = await placeCall(node, '+15557772003', '--silent');
    t.match(third.failure, /^503 /, 'the node drains');
    // Told once a second.
    const counted = /calls_not_admitted_total\{code="DRAINING"\} [1-9]/;
    while (!counted.test(await (await node.get('/metrics')).text())) await sleep(100);
    const [live] = await node.calls();
    t.equal(live?.endedAt, null, 'the live call goes on');

    first.kill('SIGINT');
    await once(first, 'close');
    const report = JSON.parse(output.trimEnd().split('\n').at(-1) ?? '');
    t.equal(report.outcome, 'hungUp', 'until its caller has enough');
    t.equal(await stopped, 0);
    t.same(node.remains(), []);

    for (const role of ROLES) {
      const lines = node.log(role);
      t.notMatch(lines.join('\n'), /warning/i, `${role} is warned of nothing`);
      t.ok(
        lines.every(line => JSON.parse(line).role.startsWith(role)),
        `${role} logs its own lines only`,
      );
    }
  },
);
