import type { Posture } from './posture.ts';

/** What a bench is told. */
export interface BenchOptions {
  /** A short run for the test suite. */
  readonly quick: boolean;
  /** Whom to call instead of this project's own node. */
  readonly target: string | undefined;
  /** What is judged, instead of the bench's own set; benches without one take no notice. */
  readonly setFolder: string | undefined;
  /** Nothing of LiveKit's is measured beside; benches that do not take no notice. */
  readonly withoutLiveKit: boolean;
  readonly configFile: string;
  /** How long a soak takes, and calls at once, where the bench takes these. */
  readonly minutes?: number | undefined;
  readonly calls?: number | undefined;
  /** The one part that is wanted, where the bench has several. */
  readonly only?: string | undefined;
}

export interface BenchResult {
  /** False when what was measured does not work at all; the exit code then is 1. */
  readonly ok: boolean;
  /** The few figures that it is about, at the top of the result. */
  readonly headline?: Readonly<Record<string, unknown>>;
  readonly figures: Readonly<Record<string, unknown>>;
  /** What the figures do not say. */
  readonly validity: readonly string[];
  /** For people, as Markdown beside the kept result. */
  readonly summarise?: (posture: Posture) => string;
}

export interface Bench {
  readonly name: string;
  run(options: BenchOptions): Promise<BenchResult>;
}
