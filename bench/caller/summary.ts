import { type CallReport, spreadOf } from './report.ts';

/** A table of several calls with the medians below. */
export function summaryTable(reports: readonly CallReport[]): string {
  const rows = reports.map(report => [
    String(report.seed),
    report.outcome,
    report.agentOutcome ?? report.failure ?? '',
    amount(report.connectMs),
    amount(report.durationMs === undefined ? undefined : Math.round(report.durationMs / 1000)),
    String(report.turns.length),
    amount(report.latencyMs?.median),
    amount(report.latencyMs?.max),
    report.bargeIns.map(({ stopMs }) => stopMs).join(' '),
    report.quoteHeard?.totalCents === undefined ? '' : (report.quoteHeard.totalCents / 100).toFixed(2),
    report.quoteAgrees === undefined ? '' : report.quoteAgrees ? 'yes' : 'NO',
  ]);
  const { completed, latencyMs, bargeInMs, connectMs, quotesAgree } = totals(reports);
  const foot = [
    'all',
    `${completed} of ${reports.length}`,
    'completed',
    amount(connectMs?.median),
    '',
    '',
    amount(latencyMs?.median),
    amount(latencyMs?.max),
    amount(bargeInMs?.median),
    '',
    `${quotesAgree}`,
  ];
  const head = [
    'seed',
    'outcome',
    'agent',
    'connect',
    's',
    'turns',
    'latency',
    'longest',
    'stop',
    'quote',
    'right',
  ];
  return layOut([head, ...rows, foot]);
}

/** Figures over all calls: medians of the turns and of the interruptions of all of them. */
export function totals(reports: readonly CallReport[]) {
  return {
    calls: reports.length,
    completed: reports.filter(({ outcome }) => outcome === 'completed').length,
    quotesAgree: reports.filter(({ quoteAgrees }) => quoteAgrees === true).length,
    connectMs: spreadOf(reports.flatMap(({ connectMs }) => connectMs ?? [])),
    latencyMs: spreadOf(reports.flatMap(({ turns }) => turns.flatMap(({ latencyMs }) => latencyMs ?? []))),
    bargeInMs: spreadOf(reports.flatMap(({ bargeIns }) => bargeIns.map(({ stopMs }) => stopMs))),
  };
}

function amount(value: number | undefined): string {
  return value === undefined ? '' : String(value);
}

function layOut(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map(row => row[column]!.length)));
  return rows
    .map(row =>
      row
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
