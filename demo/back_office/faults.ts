import { OFFICE_LIMITS } from './limits.ts';

/**
 * How a request may go wrong, on purpose: `unavailable` answers 503 before anything is done; `silent` does it and never
 * answers; `lost` does it and breaks the connection; `broken` does it and answers 500; `garbage` does it and answers what
 * is no JSON; `slow` does it and answers after 3 s; `refused` answers 422 and does nothing.
 */
export const FAULTS = ['unavailable', 'silent', 'lost', 'broken', 'garbage', 'slow', 'refused'] as const;
export type Fault = (typeof FAULTS)[number];

export interface PlannedFault {
  readonly fault: Fault;
  /** Begins the path of the requests that it happens to. */
  readonly path: string;
  readonly method: string;
  /** Requests that it happens to. */
  readonly times: number;
}

const HEADER = /^([a-z]+)(?:x(\d{1,2}))?$/;

/** Faults that are to come: for a path (by REST), or for the tries of one request (by header). */
export class Faults {
  readonly #seen = new Map<string, number>();
  #planned: PlannedFault[] = [];

  get planned(): readonly PlannedFault[] {
    return this.#planned;
  }

  /** In place of those that were planned before. */
  plan(faults: readonly PlannedFault[]): void {
    this.#planned = [...faults];
    this.#seen.clear();
  }

  /** What is to go wrong with this request; `header` such as `unavailablex2`, counted by its key. */
  next(method: string, path: string, header: string | undefined, key: string): Fault | undefined {
    const at = this.#planned.findIndex(
      one => one.times > 0 && one.method === method && path.startsWith(one.path),
    );
    const planned = this.#planned[at];
    if (planned !== undefined) {
      this.#planned[at] = { ...planned, times: planned.times - 1 };
      return planned.fault;
    }
    const [, name, times = '1'] = HEADER.exec(header ?? '') ?? [];
    const fault = FAULTS.find(one => one === name);
    if (fault === undefined) return undefined;
    const seen = this.#seen.get(key) ?? 0;
    if (this.#seen.size >= OFFICE_LIMITS.faults) this.#seen.delete(this.#seen.keys().next().value ?? '');
    this.#seen.set(key, seen + 1);
    return seen < Number(times) ? fault : undefined;
  }
}
