import type { PipelineRateHz } from '../../pipeline/frame.ts';
import type { VoicePolicy } from '../../pipeline/policy.ts';
import type { Network } from './networks.ts';

/** How far two networks agree on the same windows. */
export interface Agreement {
  windows: number;
  /** Windows that only one of them has at or above the probability to enter, or to keep. */
  decisionsDiffering: number;
  largestDifference: number;
}

export function createAgreement(): Agreement {
  return { windows: 0, decisionsDiffering: 0, largestDifference: 0 };
}

/** Adds what both said of one sound; a window that only one has judged differs. */
export function compareInto(
  agreement: Agreement,
  one: Float32Array,
  other: Float32Array,
  { enter, keep }: Pick<VoicePolicy, 'enter' | 'keep'>,
): void {
  const windows = Math.max(one.length, other.length);
  agreement.windows += windows;
  for (let window = 0; window < windows; window += 1) {
    const [a, b] = [one[window] ?? Number.NaN, other[window] ?? Number.NaN];
    const isSame = a >= enter === b >= enter && a >= keep === b >= keep && !Number.isNaN(a + b);
    if (!isSame) agreement.decisionsDiffering += 1;
    agreement.largestDifference = Math.max(agreement.largestDifference, Math.abs(a - b) || 0);
  }
}

const ROUNDS = 7;

/** Microseconds of processor time a window, of all threads of the process. */
export interface WindowCost {
  readonly alone: number;
  readonly sixteen: number;
}

/**
 * What a window costs, of one voice and of sixteen that are judged together: each network in turn on the same sound,
 * medians of the rounds.
 */
export async function measureCosts(
  networks: { readonly kernel: Network; readonly onnxruntime: Network },
  sound: Float32Array,
  rateHz: PipelineRateHz,
): Promise<{ kernel: WindowCost; onnxruntime: WindowCost }> {
  const [one, many] = [[sound], Array.from({ length: 16 }, () => sound)];
  const rounds: { kernel: WindowCost; onnxruntime: WindowCost }[] = [];
  const cost = async (network: Network): Promise<WindowCost> => ({
    alone: await costOf(network, one, rateHz),
    sixteen: await costOf(network, many, rateHz),
  });
  for (let round = 0; round < ROUNDS; round += 1) {
    rounds.push({ kernel: await cost(networks.kernel), onnxruntime: await cost(networks.onnxruntime) });
  }
  const medianOf = (name: 'kernel' | 'onnxruntime'): WindowCost => ({
    alone: median(rounds.map(costs => costs[name].alone)),
    sixteen: median(rounds.map(costs => costs[name].sixteen)),
  });
  return { kernel: medianOf('kernel'), onnxruntime: medianOf('onnxruntime') };
}

async function costOf(
  network: Network,
  sounds: readonly Float32Array[],
  rateHz: PipelineRateHz,
): Promise<number> {
  const before = process.cpuUsage();
  const judged = await network(sounds, rateHz);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / judged.reduce((windows, { length }) => windows + length, 0);
}

function median(values: readonly number[]): number {
  const middle = values.toSorted((a, b) => a - b)[values.length >> 1]!;
  return Math.round(middle * 10) / 10;
}
