import { SeededRandom } from '../../bench/caller/random.ts';
import type { Places } from '../../src/workflow/places.ts';
import type { SlotSpec } from '../../src/workflow/slot_schema.ts';
import { OFFICE_TABLES } from '../office/tables.ts';
import { conditionHolds, type Values } from './conditions.ts';
import { drawByKind } from './draw_by_kind.ts';
import { drawPattern, isoDay, minutesOf, timeOf } from './formats.ts';
import type { Generator, PlainGenerator, Scenario } from './schema.ts';
import type { Lists, Truth, Truths } from './truth.ts';

export interface DrawParts {
  readonly scenario: Scenario;
  /** Slots of the workflow and of all that it may hand over to. */
  readonly slots: Readonly<Record<string, SlotSpec>>;
  /** Slots that a caller is asked for: only of these something is known that no scenario says. */
  readonly asked: ReadonlySet<string>;
  readonly places: Places;
  readonly lists: Lists;
}

/** Draws truths and facts when they are first looked at: each has randomness of its own, so that none changes another. */
export class TruthDraw {
  readonly #parts: DrawParts;
  readonly #seed: number;
  readonly #drawn = new Map<string, Truth | undefined>();
  readonly #open = new Set<string>();

  constructor(parts: DrawParts, seed: number) {
    this.#parts = parts;
    this.#seed = seed;
  }

  /** Every slot's truth and every fact. */
  all(): Truths {
    const { slots, scenario } = this.#parts;
    const names = new Set([...Object.keys(slots), ...Object.keys(scenario.facts)]);
    return Object.fromEntries([...names].map(name => [name, this.get(name)]));
  }

  /** Another value for the same truth, as somebody has who changes their mind; the same where there is no other. */
  another(name: string, round: number): Truth | undefined {
    const before = this.get(name);
    for (let attempt = 0; attempt < 8; attempt += 1) {
      const value = this.#drawOne(name, new SeededRandom(this.#seed, `${name} again ${round} ${attempt}`));
      if (value !== undefined && value !== before) return value;
    }
    return before;
  }

  /** @throws Error when truths depend on each other in a circle */
  get(name: string): Truth | undefined {
    if (this.#drawn.has(name)) return this.#drawn.get(name);
    if (this.#open.has(name)) throw new Error(`the truth ${name} depends on itself`);
    this.#open.add(name);
    const value = this.#drawOne(name, new SeededRandom(this.#seed, `truth ${name}`));
    this.#open.delete(name);
    this.#drawn.set(name, value);
    return value;
  }

  #drawOne(name: string, random: SeededRandom): Truth | undefined {
    const { scenario, slots, asked } = this.#parts;
    const spec = slots[name];
    const generator: Generator | undefined = Object.hasOwn(scenario.truths, name)
      ? scenario.truths[name]
      : scenario.facts[name];
    if (generator === undefined)
      return spec === undefined || !asked.has(name) ? undefined : this.#byKind(spec, random);
    const plain = 'cases' in generator ? this.#caseOf(generator.cases) : generator;
    return plain === undefined ? undefined : this.#drawPlain(plain, spec, random);
  }

  #caseOf(cases: readonly (PlainGenerator & { readonly when?: unknown })[]): PlainGenerator | undefined {
    return cases.find(one => {
      const { when } = one as { when?: Parameters<typeof conditionHolds>[0] };
      return when === undefined || conditionHolds(when, this.#lazy());
    });
  }

  /** Looks truths up as conditions ask for them. */
  #lazy(): Values {
    return new Proxy({}, { get: (_, name) => this.get(String(name)) });
  }

  #byKind(spec: SlotSpec, random: SeededRandom): Truth | undefined {
    const { places, lists, scenario } = this.#parts;
    return drawByKind(spec, { places, lists, random, todayIso: scenario.today });
  }

  #drawPlain(one: PlainGenerator, spec: SlotSpec | undefined, random: SeededRandom): Truth | undefined {
    if (one.unknown === true) return undefined;
    if (one.value !== undefined) return one.value;
    if (one.chance !== undefined) return random.chance(one.chance);
    if (one.pick !== undefined) return pickWeighted(one.pick, one.weights, random);
    if (one.integer !== undefined) return stepped(one.integer, one.step ?? 1, random);
    if (one.days !== undefined) return isoDay(this.#parts.scenario.today, stepped(one.days, 1, random));
    if (one.time !== undefined) {
      const [from, to] = one.time.map(minutesOf) as [number, number];
      return timeOf(stepped([from, to], one.step ?? 30, random));
    }
    if (one.list !== undefined) return this.#fromList(one.list, random);
    if (one.row !== undefined) return this.#fromTable(one.row.table, one.row.column);
    if (one.template !== undefined) return this.#fill(one.template, random);
    if (one.pattern !== undefined) return drawPattern(one.pattern, random);
    if (one.of !== undefined) {
      const value = this.get(one.of);
      return one.map?.[String(value)] ?? (one.map === undefined ? value : undefined);
    }
    if (one.some !== undefined) return someOf(one.some, one.most ?? one.some.length, random);
    return spec === undefined ? undefined : this.#byKind(spec, random);
  }

  #fromList(name: string, random: SeededRandom): string | number {
    const list = this.#parts.scenario.lists[name] ?? this.#parts.lists[name];
    if (list === undefined) throw new Error(`there is no list ${name}`);
    return random.pick(list);
  }

  #fromTable(table: string, column: string): Truth | undefined {
    const rows = this.#parts.scenario.tables[table] ?? OFFICE_TABLES[table];
    if (rows === undefined) throw new Error(`there is no table ${table}`);
    const row = new SeededRandom(this.#seed, `row of ${table}`).pick(rows);
    return row[column];
  }

  #fill(template: string, random: SeededRandom): string {
    const { slots, scenario } = this.#parts;
    return template.replaceAll(/\{([a-z][a-z0-9_]*)\}/g, (_, name: string) => {
      const isKnown = Object.hasOwn(slots, name) || Object.hasOwn(scenario.facts, name);
      return String((isKnown ? this.get(name) : this.#fromList(name, random)) ?? '');
    });
  }
}

function pickWeighted(
  options: readonly Truth[],
  weights: readonly number[] | undefined,
  random: SeededRandom,
): Truth {
  if (weights === undefined) return random.pick(options);
  let left = random.next() * weights.reduce((sum, one) => sum + one, 0);
  for (const [index, option] of options.entries()) {
    left -= weights[index] ?? 0;
    if (left < 0) return option;
  }
  return options.at(-1)!;
}

function stepped([least, most]: readonly [number, number], step: number, random: SeededRandom): number {
  return least + step * random.integer(0, Math.floor((most - least) / step));
}

function someOf(values: readonly string[], most: number, random: SeededRandom): string {
  const count = random.integer(1, Math.min(most, values.length));
  const chosen = new Set<string>();
  while (chosen.size < count) chosen.add(random.pick(values));
  return values.filter(value => chosen.has(value)).join('+');
}
