import { unpackEntry } from '../../src/workflow/replay/history.ts';
import { type HistoryRow, type Replayed, readRows, replay } from '../../src/workflow/replay/replay.ts';
import type { Flow } from '../../src/workflow/types.ts';

interface Packed {
  readonly part: string;
}

/** Rows as the control plane tells them, through JSON, of rows or events' details as they are kept. */
export function rowsOf(kept: readonly Packed[]): readonly HistoryRow[] {
  const at = '2025-01-01T00:00:00.000Z';
  const rows = kept.map(({ part, ...row }) => ({ at, ...row, entry: unpackEntry(part) }));
  return readRows(JSON.parse(JSON.stringify(rows)));
}

/** All steps up to the first one that comes to something else. */
export function replayAll(rows: readonly HistoryRow[], flow: Flow, isSame = true): readonly Replayed[] {
  const steps: Replayed[] = [];
  for (const step of replay(rows, flow, { isSame })) {
    steps.push(step);
    if (step.differs.length > 0) break;
  }
  return steps;
}

/** What differs in any of them. */
export function differsIn(steps: readonly Replayed[]): readonly string[] {
  return steps.flatMap(({ number, differs }) => differs.map(what => `${number}: ${what}`));
}
