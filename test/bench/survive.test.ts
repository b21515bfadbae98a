import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { NodeProcesses } from '../../bench/survive/processes.ts';
import type { RoundResult } from '../../bench/survive/round.ts';
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
