import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import type { CallRecord } from '../../bench/load/call_record.ts';
import { NodeProcesses } from '../../bench/survive/processes.ts';
import { countLost, type RoundResult } from '../../bench/survive/round.ts';
import { atMostPercent, boundedSummaryOf, summaryOf } from '../../bench/survive/summary.ts';

t.test(
  'processes are found by name, services with the roles, and one that took a place is waited for',
  async t => {
    const folder = mkdtempSync(join(tmpdir(), 'survive-'));
    const write = (pid: number): void =>
      writeFileSync(join(folder, 'children.json'), JSON.stringify([{ name: 'redis', pid }]));
    write(41);
    const processes = new NodeProcesses(folder);
    t.equal(processes.pidOf('redis'), 41);
    t.throws(() => processes.pidOf('edge'), /no edge/);
    const back = processes.replaced('redis', 41);
    writeFileSync(join(folder, 'children.json'), '[{"na');
    write(42);
    await back;
    t.equal(processes.pidOf('redis'), 42);
    writeFileSync(join(folder, 'trunkline.pid'), '40\n');
    t.equal(processes.pidOf('supervisor'), 40);
  },
);

t.test('what was lost is counted over all rounds, with what so many calls allow', async t => {
  const round: RoundResult = {
    calls: 50,
    callsLost: 0,
    rowsLost: 1,
    gapsMs: [0, 80, 140],
    doubleSpeech: 0,
    invalidBecause: [],
  };
  t.match(summaryOf([round, { ...round, callsLost: 2 }]), {
    kills: 2,
    calls: 100,
    callsLost: 2,
    rowsLost: 2,
  });
  t.equal(summaryOf([round]).gapMs?.max, 140);
  t.match(boundedSummaryOf([round]), { kills: 1, lostAtMostPct: 6, rowsLost: 1 });
  t.equal(atMostPercent(0, 600), 0.5);
  t.ok(Math.abs(atMostPercent(2, 100) - 7) < 0.1);
});

t.test('a call is lost once, for whatever reasons', async t => {
  const record = (callId: string, more: Partial<CallRecord> = {}) =>
    ({ callId, outcome: 'answered', ...more }) as CallRecord;
  const silent = { reception: { gaps: [{ atMs: 1000, lengthMs: 9000 }] } } as unknown as CallRecord;
  const records = [
    record('fine'),
    record('refused', { outcome: 'refused' }),
    record('silent', silent),
    record('hung up'),
    record('both', silent),
  ];
  t.equal(countLost(records, new Set(['hung up', 'both']), 2000), 4);
  t.equal(countLost(records, new Set(), 20_000), 1, 'what was before the blow is not of it');
});
