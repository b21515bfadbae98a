/** A row of the picture has so many columns, whatever it lasts. */
export const ROW_COLUMNS = 1200;
const LONGEST_ROW_MS = 20_000;
const SHORTEST_ROW_MS = 4000;

/** How much of a recording one row shows: all of a short one. */
export function rowMsFor(durationMs: number): number {
  const wholeSeconds = Math.ceil(durationMs / 1000) * 1000;
  return Math.max(SHORTEST_ROW_MS, Math.min(LONGEST_ROW_MS, wholeSeconds));
}

export function columnMsFor(durationMs: number): number {
  return rowMsFor(durationMs) / ROW_COLUMNS;
}
