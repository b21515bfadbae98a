const FRAME_MS = 120;
const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
/** Without a terminal a long step tells that it is alive after this time, then as often. */
const ALIVE_MS = 10_000;

/** What a running step tells of itself. */
export interface StepReport {
  /** What it is doing just now; shown with the seconds that it has taken. */
  doing(what: string): void;
  /** What came of it, for the line that stays. */
  result(text: string): void;
}

export type Output = Pick<NodeJS.WriteStream, 'write' | 'isTTY' | 'columns'>;

/** The lines that a person reads at start: one for each step, with its time. */
export class Terminal {
  readonly #out: Output;
  readonly #animated: boolean;

  constructor(out: Output) {
    this.#out = out;
    this.#animated = out.isTTY === true && process.env.TERM !== 'dumb';
  }

  line(text = ''): void {
    this.#out.write(`${text}\n`);
  }

  warn(text: string): void {
    this.line(`! ${text}`);
  }

  fail(text: string): void {
    this.line(`✗ ${text}`);
  }

  /** Runs one step of the start; its error passes through, for the caller to tell. */
  async step<T>(title: string, work: (report: StepReport) => Promise<T>): Promise<T> {
    const startedAt = performance.now();
    let now = '';
    let outcome = '';
    let frame = 0;
    const show = (): void => {
      const text = `${title}${now === '' ? '' : `: ${now}`} (${duration(startedAt)})`;
      frame = (frame + 1) % FRAMES.length;
      if (this.#animated)
        this.#out.write(`\r\x1b[K${FRAMES[frame]} ${text.slice(0, (this.#out.columns || 80) - 3)}`);
      else this.line(`  ${text}`);
    };
    const timer = setInterval(show, this.#animated ? FRAME_MS : ALIVE_MS);
    try {
      const value = await work({
        doing: what => {
          now = what;
        },
        result: text => {
          outcome = text;
        },
      });
      this.#clear();
      this.line(`✓ ${title}${outcome === '' ? '' : `: ${outcome}`} (${duration(startedAt)})`);
      return value;
    } catch (error) {
      this.#clear();
      throw error;
    } finally {
      clearInterval(timer);
    }
  }

  #clear(): void {
    if (this.#animated) this.#out.write('\r\x1b[K');
  }
}

/** Seconds since then, as `0.3 s` or `174 s`. */
export function duration(startedAtMs: number): string {
  const seconds = (performance.now() - startedAtMs) / 1000;
  return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`;
}
