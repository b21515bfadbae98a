import type { Posture } from '../posture.ts';
import { PRICES } from './assumptions.ts';
import { constantsTable } from './constants_table.ts';
import type { Measured } from './measured.ts';
import type { Outcome } from './outcome.ts';
import type { FleetPlan } from './plan.ts';
import type { Varied } from './sensitivity.ts';

/** The day as Markdown. */
export function describe(
  measured: Measured,
  plan: FleetPlan,
  day: Outcome,
  varied: readonly Varied[],
  posture: Posture,
): string {
  const { capacity } = plan;
  return `${[
    '# A day of a fleet, simulated',
    `${posture.at.slice(0, 10)}, commit ${posture.commit}, seed ${plan.seed}. Three regions that hold ${plan.peakCalls} calls at their busiest, on nodes of ${capacity.cores} cores with ${capacity.slotsPerProcess} slots in each of ${capacity.processes} media processes. What is assumed is listed in \`bench/fleet/assumptions.ts\`; [docs/capacity.md](../../docs/capacity.md) explains it.`,
    '![calls and capacity over the day](fleet.png)',
    dayTable(day),
    '## One thing changed at a time',
    'Each of a day of its own with a quarter of the calls, and fewer nodes: one more or less costs more there.',
    table([HEAD, HEAD.map(() => '---'), ...varied.map(({ name, outcome }) => rowOf(name, outcome))]),
    '## What a node is full at, in calls',
    table([
      Object.keys(capacity.saturatesAt),
      Object.keys(capacity.saturatesAt).map(() => '---'),
      Object.values(capacity.saturatesAt).map(String),
    ]),
    '## Measured',
    constantsTable(measured),
    '## Prices',
    table([
      ['what', 'USD', 'for a', 'source'],
      ['---', '---', '---', '---'],
      ...Object.values(PRICES).map(({ what, usd, unit, source }) => [what, String(usd), unit, source]),
    ]),
  ].join('\n\n')}\n`;
}

function dayTable(day: Outcome): string {
  const { takeoverSeconds: gap, cost, lostBy, refusedBy } = day;
  return table([
    ['', ''],
    ['---', '---'],
    ['callers, and their attempts', `${day.callers}, ${day.attempts}`],
    ['carried to their own end, of these by another region', `${day.carried}, ${day.elsewhere}`],
    ['refused', `${day.refused}: ${listed(refusedBy)}`],
    ['cut off', `${day.lost}: ${listed(lostBy)}`],
    ['callers who got nowhere, or were cut off, and gave up', `${day.gaveUp} (${day.gaveUpPct} %)`],
    ['most calls at once', String(day.peakCalls)],
    ['nodes: most, on average', `${day.peakNodes}, ${day.meanNodes}`],
    [
      'cores used: most, on average',
      `${day.peakCoresUsed}, ${day.meanCoresUsed} (${day.coresUsedPct} % of those paid for)`,
    ],
    ['media processes that died, nodes lost one by one', `${day.processDeaths}, ${day.nodesLost}`],
    [
      'calls taken over; their gap p50, p95, most',
      `${gap.calls}; ${gap.p50 ?? '–'}, ${gap.p95 ?? '–'}, ${gap.most ?? '–'} s`,
    ],
    ['nodes upgraded', String(day.upgraded)],
    ['cost: machines, traffic, recordings', `${cost.nodesUsd}, ${cost.egressUsd}, ${cost.storageUsd} USD`],
    ['cost of 1,000 calls', `${cost.usdPer1000Calls} USD`],
    ['cost of a minute, and of its machines alone', `${cost.usdPerMinute}, ${cost.nodesUsdPerMinute} USD`],
  ]);
}

const HEAD = [
  '',
  'carried',
  'refused',
  'cut off',
  'gave up, %',
  'most nodes',
  'cores used, %',
  'USD per 1,000 calls',
];

function rowOf(name: string, outcome: Outcome): string[] {
  const { carried, refused, lost, gaveUpPct, peakNodes, coresUsedPct, cost } = outcome;
  return [
    name,
    ...[carried, refused, lost, gaveUpPct, peakNodes, coresUsedPct, cost.usdPer1000Calls].map(String),
  ];
}

function listed(counts: Readonly<Record<string, number>>): string {
  const some = Object.entries(counts).filter(([, count]) => count > 0);
  return some.length === 0 ? 'none' : some.map(([name, count]) => `${name} ${count}`).join(', ');
}

function table(rows: readonly (readonly string[])[]): string {
  return rows.map(cells => `| ${cells.join(' | ')} |`).join('\n');
}
