import { FRAME_MS } from '../../pipeline/frame.ts';
import type { Trial } from './event.ts';
import { toPcm } from './shaping.ts';

/** How much is shown around an event. */
const BEFORE_MS = 1000;
const AFTER_MS = 2000;
const LEAST_DB = -90;

interface Row {
  callerDb: number;
  agentDb: number;
  features: Readonly<Record<string, number>>;
  readonly notes: string[];
}

/** One call tick by tick: levels on the line, what the pipeline knows, what it decides. */
export class Trace {
  readonly #rows: Row[] = [{ callerDb: LEAST_DB, agentDb: LEAST_DB, features: {}, notes: [] }];

  readonly #caller: Int16Array[] = [];
  readonly #agent: Int16Array[] = [];

  /** What the line gave to the pipeline in this tick. */
  heard(samples: Float32Array): void {
    this.#row.callerDb = levelDb(samples);
    this.#caller.push(toPcm(samples));
  }

  /** What the pipeline gave to the line. */
  said(samples: Float32Array): void {
    this.#row.agentDb = levelDb(samples);
    this.#agent.push(toPcm(samples));
  }

  /** Caller and agent of the whole call, tick by tick. */
  get channels(): readonly [Int16Array, Int16Array] {
    return [joined(this.#caller), joined(this.#agent)];
  }

  note(what: string): void {
    this.#row.notes.push(what);
  }

  /** What the pipeline knows; the tick is over. */
  add(features: Readonly<Record<string, number>>): void {
    this.#row.features = features;
    this.#rows.push({ callerDb: LEAST_DB, agentDb: LEAST_DB, features: {}, notes: [] });
  }

  /** Around one event, as comma-separated values; `ms` counts from the event's first packet. */
  csvOf({ onsetMs, endMs }: Trial): string {
    const from = Math.max(0, Math.floor((onsetMs - BEFORE_MS) / FRAME_MS));
    const to = Math.min(this.#rows.length - 1, Math.ceil((endMs + AFTER_MS) / FRAME_MS));
    const names = Object.keys(this.#rows[from]?.features ?? {});
    const lines = this.#rows.slice(from, to).map(({ callerDb, agentDb, features, notes }, index) => {
      const ms = (from + index) * FRAME_MS - onsetMs;
      const known = names.map(name => String(round(features[name] ?? Number.NaN)));
      return [Math.round(ms), round(callerDb), round(agentDb), ...known, notes.join(' ')].join(',');
    });
    return `${['ms', 'callerDb', 'agentDb', ...names, 'events'].join(',')}\n${lines.join('\n')}\n`;
  }

  get #row(): Row {
    return this.#rows.at(-1)!;
  }
}

function joined(frames: readonly Int16Array[]): Int16Array {
  return Int16Array.from(frames.flatMap(frame => [...frame]));
}

function levelDb(samples: Float32Array): number {
  let energy = 0;
  for (const sample of samples) energy += sample * sample;
  return Math.max(LEAST_DB, 10 * Math.log10(energy / samples.length + 1e-12));
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
