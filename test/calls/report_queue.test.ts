import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { ReportQueue } from '../../src/calls/report_queue.ts';
import type { MessageOf } from '../../src/ipc/messages.ts';

t.test('says nothing while it is put to, then all in order, as it was then', async t => {
  const sent: MessageOf<'lineReport'>[] = [];
  const queue = new ReportQueue(message => sent.push(message));
  const bytes = Uint8Array.of(1, 2, 3);
  queue.put('a', 'in', bytes);
  bytes.fill(9);
  queue.put('b', 'out', bytes);
  t.same(sent, []);
  while (sent.length === 0) await sleep(5);
  t.same(sent, [
    { type: 'lineReport', callId: 'a', direction: 'in', bytes: 'AQID' },
    { type: 'lineReport', callId: 'b', direction: 'out', bytes: 'CQkJ' },
  ]);
});

t.test('a flood is cut, and does not last', async t => {
  const sent: string[] = [];
  const queue = new ReportQueue(({ callId }) => sent.push(callId));
  for (let index = 0; index < 1000; index += 1) queue.put('flood', 'in', Uint8Array.of(1));
  while (sent.length === 0) await sleep(5);
  t.equal(sent.length, 64);
  queue.put('later', 'in', Uint8Array.of(1));
  while (!sent.includes('later')) await sleep(5);
  t.equal(sent.length, 65);
});
