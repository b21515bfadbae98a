import { LIMITS } from '../config/limits.ts';
import { fieldOf, INCLUDED_NAME, type Included } from './include.ts';
import { invalid, isRecord, type Path, type YamlFile } from './yaml_file.ts';

/** Sections whose entries have names, and lists that are put one behind the other. */
const RECORDS = [
  'variables',
  'texts',
  'confidence',
  'patience',
  'exits',
  'phrases',
  'always',
  'slots',
  'stages',
  'topics',
  'tools',
  'scores',
] as const;
const LISTS: readonly Path[] = [['guardrails', 'mustSay'], ['guardrails', 'neverSay'], ['escalation']];
/** What an included file may hold. */
export const INCLUDED_SECTIONS: ReadonlySet<string> = new Set([
  ...RECORDS,
  'guardrails',
  'escalation',
  'include',
  'override',
]);

/** A workflow's file and all that it includes, as one piece of data. */
export interface Composed {
  readonly content: unknown;
  /** The files that were included, by name. */
  readonly included: ReadonlyMap<string, YamlFile>;
  /** Whether what stands at a key is of an included file. */
  isIncluded(path: Path): boolean;
  /** The error for a fault at a key, in the file where that stands. */
  fault(path: Path, what: string): string;
}

/** @throws TrunklineError WORKFLOW_INVALID naming file, line, column and key */
export function compose(main: YamlFile, files: Included): Composed {
  const composing = new Composing(main, files);
  return composing.done();
}

interface Place {
  readonly file: YamlFile;
  readonly path: Path;
}

class Composing {
  readonly #main: YamlFile;
  readonly #files: Included;
  readonly #included = new Map<string, YamlFile>();
  readonly #content = new Map<string, unknown>();
  /** Where what is in `#content` stands, by its path as JSON. */
  readonly #places = new Map<string, Place>();
  readonly #faults: string[] = [];

  constructor(main: YamlFile, files: Included) {
    this.#main = main;
    this.#files = files;
  }

  done(): Composed {
    const main = this.#main;
    const included = this.#included;
    if (fieldOf(main.content, 'include') === undefined && fieldOf(main.content, 'override') === undefined)
      return { content: main.content, included, isIncluded: () => false, fault: main.fault };
    this.#take(main, []);
    if (this.#faults.length > 0) throw invalid(this.#faults);
    return {
      content: Object.fromEntries([...this.#content].map(([key, section]) => [key, plain(section)])),
      included,
      isIncluded: path => this.#placeOf(path).file !== main,
      fault: (path, what) => {
        const { file, path: at } = this.#placeOf(path);
        return file.fault(at, what);
      },
    };
  }

  /** Takes what a file includes, then what is in it. */
  #take(file: YamlFile, chain: readonly string[]): void {
    const names = fieldOf(file.content, 'include') ?? [];
    if (Array.isArray(names)) for (const [at, name] of names.entries()) this.#include(file, at, name, chain);
    const override = fieldOf(file.content, 'override') ?? [];
    const overridden = new Set<string>();
    for (const [section, value] of Object.entries(file.content ?? {})) {
      for (const name of this.#takeSection(file, section, value)) overridden.add(name);
    }
    for (const [at, name] of (Array.isArray(override) ? override : []).entries()) {
      if (!overridden.has(String(name)))
        this.#faults.push(file.fault(['override', at], 'overrides nothing; remove it'));
    }
  }

  #include(by: YamlFile, at: number, name: unknown, chain: readonly string[]): void {
    const report = (what: string): void => void this.#faults.push(by.fault(['include', at], what));
    if (typeof name !== 'string' || !INCLUDED_NAME.test(name)) {
      report('must be a file in a folder of the workflows folder, such as shared/texts.yaml');
    } else if (chain.includes(name)) {
      report(`goes round in a circle (${[...chain, name].join(' includes ')}); remove one of them`);
    } else if (chain.length + 2 > LIMITS.includeDepth) {
      report(`is more than ${LIMITS.includeDepth} files deep; include it nearer to the workflow`);
    } else if (!this.#included.has(name)) {
      const file = this.#files.get(name) ?? 'is not in the workflows folder; add the file';
      if (this.#included.size >= LIMITS.includedFiles) report(`more than ${LIMITS.includedFiles} files`);
      else if (typeof file === 'string') report(`${name} ${file}`);
      else {
        this.#included.set(name, file);
        this.#checkSections(file);
        this.#take(file, [...chain, name]);
      }
    }
  }

  #checkSections({ content, fault }: YamlFile): void {
    if (!isRecord(content)) {
      this.#faults.push(fault([], 'must hold sections such as slots or texts'));
      return;
    }
    for (const key of Object.keys(content)) {
      if (!INCLUDED_SECTIONS.has(key))
        this.#faults.push(fault([key], 'is no part of an included file; move it into the workflow'));
    }
  }

  /** Returns the names under `override` that were needed. */
  #takeSection(file: YamlFile, section: string, value: unknown): readonly string[] {
    if ((RECORDS as readonly string[]).includes(section) && isRecord(value)) {
      if (!this.#content.has(section)) this.#put([section], new Map(), { file, path: [section] });
      return Object.entries(value).flatMap(([name, entry]) => this.#takeEntry(file, [section, name], entry));
    }
    if (section === 'guardrails' && isRecord(value)) {
      for (const [key, list] of Object.entries(value)) this.#takeList(file, [section, key], list);
    } else if (section === 'escalation') {
      this.#takeList(file, [section], value);
    } else if (file === this.#main || (section !== 'include' && section !== 'override')) {
      this.#put([section], value, { file, path: [section] });
    }
    return [];
  }

  #takeEntry(file: YamlFile, path: readonly [string, string], value: unknown): readonly string[] {
    const override = fieldOf(file.content, 'override');
    const before = this.#places.get(keyOf(path));
    const names = [path[1], path.join('.')].filter(
      name => Array.isArray(override) && override.includes(name),
    );
    if (before !== undefined && names.length === 0) {
      const what = `is in ${before.file.name} as well; call it otherwise, or name it under override`;
      this.#faults.push(file.fault(path, what));
    }
    this.#put(path, value, { file, path });
    return before === undefined ? [] : names;
  }

  #takeList(file: YamlFile, path: Path, value: unknown): void {
    const isList = Array.isArray(value) && LISTS.some(one => keyOf(one) === keyOf(path));
    if (!isList) {
      this.#put(path, value, { file, path });
      return;
    }
    const before = this.#at(path);
    const list = Array.isArray(before) ? before : [];
    for (const [at, item] of value.entries()) {
      this.#places.set(keyOf([...path, list.length]), { file, path: [...path, at] });
      list.push(item);
    }
    this.#put(path, list, this.#places.get(keyOf(path)) ?? { file, path });
  }

  #at([section, key]: Path): unknown {
    const found = this.#content.get(String(section));
    return key === undefined ? found : found instanceof Map ? found.get(String(key)) : undefined;
  }

  #put([section, key]: Path, value: unknown, place: Place): void {
    if (key === undefined) {
      this.#content.set(String(section), value);
      this.#places.set(keyOf([section]), place);
      return;
    }
    const before = this.#content.get(String(section));
    const entries = before instanceof Map ? before : new Map<string, unknown>();
    entries.set(String(key), value);
    this.#content.set(String(section), entries);
    this.#places.set(keyOf([section, key]), place);
    if (!this.#places.has(keyOf([section])))
      this.#places.set(keyOf([section]), { ...place, path: [section!] });
  }

  #placeOf(path: Path): Place {
    for (let depth = Math.min(path.length, 3); depth > 0; depth -= 1) {
      const place = this.#places.get(keyOf(path.slice(0, depth)));
      if (place !== undefined) return { file: place.file, path: [...place.path, ...path.slice(depth)] };
    }
    return { file: this.#main, path };
  }
}

function keyOf(path: readonly (PropertyKey | undefined)[]): string {
  return JSON.stringify(path.map(part => String(part)));
}

/** Maps as objects; their keys are the document's, and may be any. */
function plain(section: unknown): unknown {
  return section instanceof Map ? Object.fromEntries(section) : section;
}
