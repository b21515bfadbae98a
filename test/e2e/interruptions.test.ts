import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { ROOT } from '../tidy/sources.ts';
import { placeCall, throughLiveKit } from './caller.ts';
import { TestNode } from './test_node.ts';

const built = existsSync(join(ROOT, 'var/tools/livekit-sip'));

t.setTimeout(300_000);

t.test('what cuts a call short', { skip: built ? false : 'livekit-sip is not built' }, async t => {
  const node = await TestNode.start({ processes: 2 });
  t.teardown(() => node.discard());

  await t.test(
    'an interruption in the first sentence stops the agent; the record holds what was heard',
    async t => {
      // On a busy machine the caller's own words may come when the sentence is over: then another caller tries.
      const interrupt = async (from: string) => {
        const options = ['--seed', '4', '--interrupt', 'greeting', '--max-seconds', '12'];
        const call = await placeCall(node, from, ...options);
        t.equal(call.bargeIns.length, 1);
        return (await node.ended(from)).turns[0];
      };
      let first = await interrupt('+15557771010');
      for (let index = 1; index < 3 && first?.interrupted !== true; index += 1)
        first = await interrupt(`+1555777101${index}`);
      t.equal(first?.interrupted, true);
      t.notMatch(first?.text, /record this call/, 'the rest of the sentence was not heard');
      t.match(first?.text, /^This is/);
    },
  );

  await t.test('a media process that is killed takes no other call with it, and comes back', async t => {
    const [killed, kept] = ['+15557771030', '+15557771031'];
    const calls = [killed, kept].map(from =>
      placeCall(node, from, '--silent', '--max-seconds', '14', ...throughLiveKit(node)),
    );
    while ((await node.calls()).filter(({ from }) => from === killed || from === kept).length < 2)
      await sleep(200);
    await sleep(2000);
    const before = node.rolePids();
    process.kill(before.get('media-0')!, 'SIGKILL');
    await Promise.all(calls);
    const records = await Promise.all([node.ended(killed), node.ended(kept)]);
    t.same(records.map(({ endReason }) => endReason === 'mediaLost').toSorted(), [false, true]);
    await node.untilReady();
    t.not(node.rolePids().get('media-0'), before.get('media-0'));
    const again = await placeCall(node, '+15557771032', '--seed', '5', '--max-seconds', '8');
    t.match(again.turns[0]?.text, /automated assistant/);
  });
});
