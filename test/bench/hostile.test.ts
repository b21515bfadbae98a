import t from 'tap';
import { Conversation, nested } from '../../bench/hostile/conversation.ts';
import { LeapClock } from '../../bench/hostile/leap_clock.ts';
import { runMedia } from '../../bench/hostile/media_run.ts';
import { drawFrom } from '../../bench/hostile/mutate.ts';
import { runSignalling } from '../../bench/hostile/signalling_run.ts';
import { isUndisturbed, type LiveRun } from '../../bench/hostile/under_flood.ts';
import { loadKernels } from '../../pipeline/kernels/load.ts';
import { parseDatagram } from '../../sip/message/parse.ts';
import { KERNEL_FOLDER } from '../pipeline/kernels/legs.ts';

t.test('mutated messages through parser, transactions and sessions: nothing throws, nothing is left', t => {
  const run = runSignalling(4000, 1);
  t.match(run, { faults: [], left: { sessions: 0, transactions: 0, alarms: 0 } });
  t.ok(run.read > 1000 && run.refused > 500 && run.dropped > 50, JSON.stringify(run));
  t.ok(run.calls > 100, 'calls were among them');
  t.ok(run.responses > run.calls, 'that were answered');
  t.end();
});

t.test('mutated packets through a leg: nothing throws', async t => {
  const run = runMedia(10_000, 1, await loadKernels(KERNEL_FOLDER, { leg: 1 }));
  t.same(run.faults, []);
  t.ok(run.heard > 100 && run.malformed > 1000 && run.refused > 100 && run.keys > 10, JSON.stringify(run));
});

const METHODS = ['ACK', 'BYE', 'CANCEL', 'INFO', 'INVITE', 'MESSAGE', 'OPTIONS', 'PRACK', 'UPDATE'];

t.test('what a conversation says can be read', t => {
  const draw = drawFrom(5);
  const methods = new Set<string>();
  for (let count = 0; count < 50; count += 1) {
    const conversation = new Conversation(`c${count}`, draw);
    while (!conversation.isOver) {
      const outcome = parseDatagram(conversation.next());
      if (outcome.outcome !== 'message') t.fail(outcome.detail);
      else methods.add(outcome.message.cseq.method);
    }
  }
  t.same([...methods].toSorted(), METHODS);
  t.equal(nested(3).match(/multipart\/mixed/g)?.length, 3);
  t.end();
});

t.test('a clock that leaps rings each alarm once, in order, and those that they set', t => {
  const clock = new LeapClock();
  const rung: string[] = [];
  const late = clock.after(30, () => rung.push('called off'));
  clock.after(20, () => {
    rung.push(`two at ${clock.nowMs()}`);
    late.cancel();
    clock.after(5, () => rung.push(`three at ${clock.nowMs()}`));
  });
  clock.after(10, () => rung.push('one'));
  clock.leap(100);
  t.same(rung, ['one', 'two at 20', 'three at 25']);
  t.equal(clock.waiting, 0);
  t.equal(clock.nowMs(), 100);
  t.end();
});

const CALM: LiveRun = {
  floods: [],
  flooded: [],
  calls: 10,
  answered: 10,
  refusals: {},
  endedByTarget: 0,
  packets: 10_000,
  lost: 0,
  late: 2,
  gaps: 0,
  longestGapMs: 0,
  jitterP95Ms: 4,
  oneWay: 0,
  cpu: {},
  residentMiB: {},
  generator: {
    lateP50Ms: 0,
    lateP99Ms: 1,
    latestMs: 2,
    skippedSlots: 0,
    stolenPercent: 0,
    cpuPercent: 10,
    invalidBecause: [],
  },
};

t.test('who counts as disturbed', t => {
  t.equal(isUndisturbed(CALM, [CALM]), true);
  t.equal(isUndisturbed({ ...CALM, late: 11 }, [CALM]), true, 'a tenth of a percent later');
  t.equal(isUndisturbed({ ...CALM, late: 13 }, [CALM]), false);
  t.equal(isUndisturbed({ ...CALM, lost: 1 }, [CALM]), false);
  t.equal(isUndisturbed({ ...CALM, jitterP95Ms: 10 }, [CALM]), false);
  t.equal(isUndisturbed({ ...CALM, answered: 9 }, [CALM]), false);
  t.equal(isUndisturbed({ ...CALM, oneWay: 1 }, [CALM]), false);
  const generator = { ...CALM.generator, invalidBecause: ['it was late'] };
  t.equal(isUndisturbed({ ...CALM, late: 100, generator }, [CALM]), true, 'the callers were late themselves');
  t.equal(isUndisturbed({ ...CALM, endedByTarget: 1, generator }, [CALM]), false);
  t.end();
});
