import { Composer, type CST, type Document, Lexer, LineCounter, Parser, visit } from 'yaml';
import { TrunklineError } from '../config/errors.ts';
import { LIMITS } from '../config/limits.ts';

/** Where in a document something stands, by its keys. */
export type Path = readonly PropertyKey[];

/** One YAML file as read: plain data, and where in the text each key stands. */
export interface YamlFile {
  /** As it is shown in faults. */
  readonly name: string;
  readonly text: string;
  readonly content: unknown;
  /** The error for a fault at a key: file, line, column, key, and what to do. */
  fault(path: Path, what: string): string;
}

/** @throws TrunklineError WORKFLOW_INVALID naming file, line and column */
export function parseYaml(text: string, name: string): YamlFile {
  if (Buffer.byteLength(text) > LIMITS.configFileBytes) {
    throw invalid([`${name}:1:1: larger than ${LIMITS.configFileBytes} bytes; make it shorter`]);
  }
  const lines = new LineCounter();
  const yaml = documentOf(text, name, lines);
  const [problem] = [...yaml.errors, ...yaml.warnings];
  if (problem !== undefined) {
    throw invalid([`${name}:${shownPlace(lines, problem.pos[0])}: ${firstLine(problem.message)}`]);
  }
  visit(yaml, {
    Alias: (_, alias) => {
      throw invalid([
        `${name}:${shownPlace(lines, alias.range?.[0] ?? 0)}: aliases are not taken; write it out`,
      ]);
    },
  });
  return {
    name,
    text,
    content: yaml.toJS({ maxAliasCount: 0 }) ?? {},
    fault: (path, what) => `${name}:${placeOf(yaml, lines, path)}: ${shownPath(path)}: ${what}`,
  };
}

export function invalid(faults: readonly string[]): TrunklineError {
  return new TrunklineError('WORKFLOW_INVALID', faults.slice(0, 8).join('; '));
}

/** Other text's message as it may be shown. */
export function firstLine(text: string): string {
  return (text.split('\n')[0] ?? '').slice(0, 200);
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A key's path as it may be shown: other text's control characters are escaped. */
function shownPath(path: Path): string {
  const shown = path.map(part => String(part).slice(0, 64)).join('.');
  return shown === '' ? 'the file' : /^[\w.' -]+$/.test(shown) ? shown : JSON.stringify(shown);
}

/** As the library's `parseDocument` does it, but for the depth. */
function documentOf(text: string, name: string, lines: LineCounter): Document.Parsed {
  const composer = new Composer({ uniqueKeys: true, stringKeys: true });
  const [yaml, another] = composer.compose(tokensOf(text, name, lines), true, text.length);
  if (another !== undefined) {
    throw invalid([
      `${name}:${shownPlace(lines, another.range[0])}: a second document; make it a file of its own`,
    ]);
  }
  // With `true` above there always is one.
  return yaml!;
}

/**
 * The tokens of a text that goes no deeper than any workflow does. The library puts them together by calls within calls, and
 * would run out of stack; its reader of tokens does not.
 */
function* tokensOf(text: string, name: string, lines: LineCounter): Generator<CST.Token, void> {
  const parser = new Parser(lines.addNewLine);
  lines.addNewLine(0);
  for (const lexeme of new Lexer().lex(text)) {
    yield* parser.next(lexeme);
    // Each level takes two places at most: what it is, and the item in it.
    if (parser.stack.length <= 2 * LIMITS.documentDepth) continue;
    const place = shownPlace(lines, parser.offset);
    throw invalid([`${name}:${place}: nested deeper than ${LIMITS.documentDepth} levels; make it flatter`]);
  }
  yield* parser.end();
}

/** Line and column of the deepest key of a path that is in the file. */
function placeOf(yaml: Document.Parsed, lines: LineCounter, path: Path): string {
  for (let depth = path.length; depth > 0; depth -= 1) {
    const parent = depth === 1 ? yaml.contents : yaml.getIn(path.slice(0, depth - 1), true);
    const key = path[depth - 1];
    const items = (parent as { items?: readonly YamlItem[] } | null)?.items ?? [];
    const item = typeof key === 'number' ? items[key] : items.find(pair => pair.key?.value === key);
    const range = item?.key?.range ?? item?.range;
    if (range !== undefined && range !== null) return shownPlace(lines, range[0]);
  }
  return '1:1';
}

function shownPlace(lines: LineCounter, offset: number): string {
  const { line, col } = lines.linePos(offset);
  return `${line}:${col}`;
}

interface YamlItem {
  readonly key?: { readonly value?: unknown; readonly range?: readonly [number, ...number[]] };
  readonly range?: readonly [number, ...number[]] | null;
}
