import type { ClassFigures } from './verdict.ts';

const COLUMNS = [
  'class',
  'events',
  'stopped %',
  '95 %',
  'lowered',
  'duck ms',
  'stop ms',
  'resume ms',
  'low ms',
];

/** The classes of a run for a terminal, times as median / 95th percentile. */
export function classTable(classes: Readonly<Partial<Record<string, ClassFigures>>>): string {
  const rows = Object.entries(classes).flatMap(([kind, figures]) =>
    figures === undefined ? [] : [rowOf(kind, figures)],
  );
  const lines = [COLUMNS, ...rows];
  const widths = COLUMNS.map((_, column) => Math.max(...lines.map(line => line[column]!.length)));
  return lines.map(line => line.map((cell, column) => cell.padEnd(widths[column]!)).join('  ')).join('\n');
}

function rowOf(kind: string, figures: ClassFigures): string[] {
  const { events, stopPct, stopPctInterval, ducks, duckMs, stopMs, resumeMs, loweredMsMean } = figures;
  const both = ({ median, p95 }: ClassFigures['duckMs']): string => `${shown(median)} / ${shown(p95)}`;
  const interval = stopPctInterval.join('–');
  const times = [both(duckMs), both(stopMs), both(resumeMs), String(loweredMsMean)];
  return [kind, String(events), String(stopPct), interval, String(ducks), ...times];
}

function shown(value: number | null): string {
  if (value === null) return '–';
  return Number.isFinite(value) ? String(value) : '∞';
}
