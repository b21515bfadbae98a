import { LOCATE_LIMITS } from './limits.ts';
import type { SrvRecord } from './resolver.ts';

/**
 * SRV records in the order in which they are tried (RFC 2782, "Usage rules"): lower priorities first, and among equal
 * ones by chance, the more often the greater the weight.
 * @param random uniform in [0, 1)
 */
export function orderServices(records: readonly SrvRecord[], random: () => number): SrvRecord[] {
  const waiting = records
    .toSorted((a, b) => a.priority - b.priority || b.weight - a.weight)
    .slice(0, LOCATE_LIMITS.srvRecords)
    // Those of no weight come first, so that they have a small chance at all.
    .toSorted((a, b) => a.priority - b.priority || a.weight - b.weight);
  const ordered: SrvRecord[] = [];
  for (let [first] = waiting; first !== undefined; [first] = waiting) {
    const { priority } = first;
    const equals = waiting.filter(record => record.priority === priority);
    ordered.push(...waiting.splice(drawOf(equals, random), 1));
  }
  return ordered;
}

/** Index of the first record whose running sum of weights reaches a number drawn from 0 to the sum of all. */
function drawOf(records: readonly SrvRecord[], random: () => number): number {
  const total = records.reduce((sum, { weight }) => sum + weight, 0);
  const drawn = Math.floor(random() * (total + 1));
  let running = 0;
  return records.findIndex(({ weight }) => {
    running += weight;
    return running >= drawn;
  });
}
