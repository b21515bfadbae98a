import { SeededRandom } from '../caller/random.ts';
import type { Fault } from './fault_line.ts';

export const KINDS = ['stt', 'llm', 'tts'] as const;
export type Kind = (typeof KINDS)[number];
export const FAULTS = ['killed', 'stalled', 'corrupted'] as const;

/** Moments of a turn, in their order. */
export const POINTS = [
  'before the call',
  'speech onset',
  'mid-utterance',
  'end of speech',
  'before the first token',
  'after the first sentence',
  'in the last sentence',
  'before the first audio',
  'in mid-sentence',
  'between sentences or turns',
] as const;
export type Point = (typeof POINTS)[number];

/**
 * Whom it strikes: the first provider of the kind for good; its present connections only; those of the second, where the first
 * has been gone since before the call; or both for good.
 */
export const TARGETS = ['first', 'connections', 'second', 'both'] as const;
type Target = (typeof TARGETS)[number];

export interface Plan {
  readonly index: number;
  readonly kind: Kind;
  readonly point: Point;
  readonly target: Target;
  readonly fault: Fault;
  /** What the caller says in the turn that is struck. */
  readonly struck: 'question' | 'lastQuestion' | 'slot';
}

const SEED = 6;
/** Points at which a model is at work in the turn that is struck. */
const OF_MODELS: ReadonlySet<Point> = new Set([
  'before the first token',
  'after the first sentence',
  'in the last sentence',
]);

/** Every kind with every fault at every point, and each of them with every target in turn. */
export function planRuns(count: number): readonly Plan[] {
  const combinations = TARGETS.flatMap(target =>
    FAULTS.flatMap(fault => KINDS.flatMap(kind => POINTS.map(point => ({ target, fault, kind, point })))),
  );
  const { length } = combinations;
  return Array.from({ length: count }, (_, index) => {
    // Where there are fewer runs than that, they are spread over all of it.
    const at = count >= length ? index % length : Math.floor((index * length) / count);
    return planRun(index, combinations[at]!);
  });
}

function planRun(
  index: number,
  { target, fault, kind, point }: { target: Target; fault: Fault['kind']; kind: Kind; point: Point },
): Plan {
  const random = new SeededRandom(SEED, `plan ${index}`);
  const lasts = target === 'first' || target === 'both';
  const isOfModel = kind === 'llm' || OF_MODELS.has(point);
  return {
    index,
    kind,
    point,
    target,
    fault: faultOf(fault, lasts, random),
    struck: random.pick(isOfModel ? ['question', 'lastQuestion'] : ['question', 'lastQuestion', 'slot']),
  };
}

function faultOf(kind: Fault['kind'], lasts: boolean, random: SeededRandom): Fault {
  if (kind === 'killed') return { kind, isReset: random.chance(0.5), lasts };
  if (kind === 'stalled') return { kind, lasts };
  return { kind, corruption: random.pick(['noise', 'cut', 'wrong'] as const), lasts };
}

/** Nobody of the kind is left to take over: the first and the second are gone, and there is none of the house's own. */
export function leavesNobody({ kind, target }: Plan): boolean {
  return target === 'both' || (target === 'second' && kind === 'llm');
}
