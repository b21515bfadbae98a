/** What PESQ gave both for one passage (MOS-LQO). */
export interface Hearing {
  /** Codec and condition; passages of one group are compared as a whole. */
  readonly group: string;
  readonly ours: number;
  readonly spandsp: number;
  readonly concealedMs: number;
}

/** Of one group: medians over its passages. */
export interface Comparison {
  readonly passages: number;
  readonly ours: number;
  readonly spandsp: number;
  /** Median of what ours is better by, passage by passage. */
  readonly difference: number;
  /** Share of passages in which ours is not below, 0…1. */
  readonly notBelow: number;
  /** Made up, of each passage. */
  readonly concealedMs: number;
}

/** To hundredths, as finely as PESQ is told. */
export function compare(hearings: readonly Hearing[]): Record<string, Comparison> {
  const groups = Map.groupBy(hearings, ({ group }) => group);
  return Object.fromEntries(
    [...groups].map(([group, members]) => {
      const differences = members.map(({ ours, spandsp }) => ours - spandsp);
      return [
        group,
        {
          passages: members.length,
          ours: hundredths(median(members.map(({ ours }) => ours))),
          spandsp: hundredths(median(members.map(({ spandsp }) => spandsp))),
          difference: hundredths(median(differences)),
          notBelow: hundredths(differences.filter(isNotBelow).length / members.length),
          concealedMs: Math.round(median(members.map(({ concealedMs }) => concealedMs))),
        },
      ];
    }),
  );
}

/** Whether ours is nowhere below, by the group's medians and from passage to passage. */
export function isNowhereBelow(comparisons: Readonly<Record<string, Comparison>>): boolean {
  return Object.values(comparisons).every(
    ({ ours, spandsp, difference }) => ours >= spandsp && difference >= 0,
  );
}

function isNotBelow(difference: number): boolean {
  return hundredths(difference) >= 0;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

function hundredths(value: number): number {
  return Math.round(value * 100) / 100;
}
