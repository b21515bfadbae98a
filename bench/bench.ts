/** What a bench is told. */
export interface BenchOptions {
  /** A short run for the test suite. */
  readonly quick: boolean;
  /** Whom to call instead of this project's own node. */
  readonly target: string | undefined;
  readonly configFile: string;
}

export interface BenchResult {
  /** False when what was measured does not work at all; the exit code then is 1. */
  readonly ok: boolean;
  readonly figures: Readonly<Record<string, unknown>>;
  /** What the figures do not say. */
  readonly validity: readonly string[];
}

export interface Bench {
  readonly name: string;
  run(options: BenchOptions): Promise<BenchResult>;
}
