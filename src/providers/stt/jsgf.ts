import { TrunklineError } from '../../config/errors.ts';
import { LIMITS } from '../../config/limits.ts';

/** What a grammar allows to be said. Rule references are resolved; weights and tags are read and left out. */
export type Expansion =
  | { readonly type: 'word'; readonly word: string }
  | { readonly type: 'sequence'; readonly parts: readonly Expansion[] }
  | { readonly type: 'choice'; readonly options: readonly Expansion[] }
  | { readonly type: 'optional'; readonly body: Expansion }
  | { readonly type: 'repeat'; readonly body: Expansion; readonly least: 0 | 1 }
  /** Something that can never be said. */
  | { readonly type: 'void' };

interface Token {
  readonly type: 'punctuation' | 'rule' | 'tag' | 'weight' | 'text';
  readonly text: string;
  readonly line: number;
}

const TOKEN =
  /(?<space>\s+|\/\/[^\n]*|\/\*[\s\S]*?\*\/)|(?<weight>\/\s*[0-9.]+(?:e[+-]?[0-9]+)?\s*\/)|<(?<rule>[^<>\s]+)>|\{(?<tag>(?:\\.|[^\\}])*)\}|"(?<quoted>(?:\\.|[^"\\])*)"|(?<punctuation>[;=|*+()[\]])|(?<bare>[^\s;=|*+<>()[\]{}/"]+)/uy;

/**
 * Reads a JSGF grammar (https://www.w3.org/TR/jsgf/) with one public rule and no imports. Words come out in lower
 * case. Recursion is refused, since a recursive rule is no finite grammar.
 * @throws TrunklineError GRAMMAR_INVALID with the line
 */
export function parseJsgf(source: string): Expansion {
  if (Buffer.byteLength(source) > LIMITS.grammarBytes) {
    throw new TrunklineError('GRAMMAR_INVALID', `more than ${LIMITS.grammarBytes} bytes`);
  }
  const header = /^\uFEFF?#JSGF[^;\n]*;/.exec(source);
  if (header === null) throw invalid(1, 'no #JSGF header');
  return new Parser(tokenize(source, header[0].length)).grammar();
}

function invalid(line: number, what: string): TrunklineError {
  return new TrunklineError('GRAMMAR_INVALID', `line ${line}: ${what}`);
}

function tokenize(source: string, from: number): Token[] {
  const tokens: Token[] = [];
  let line = 1;
  TOKEN.lastIndex = from;
  while (TOKEN.lastIndex < source.length) {
    const start = TOKEN.lastIndex;
    const groups = TOKEN.exec(source)?.groups;
    if (groups === undefined) throw invalid(line, 'a character that no grammar has');
    if (groups.rule !== undefined) tokens.push({ type: 'rule', text: groups.rule, line });
    else if (groups.tag !== undefined) tokens.push({ type: 'tag', text: '', line });
    else if (groups.weight !== undefined) tokens.push({ type: 'weight', text: '', line });
    else if (groups.quoted !== undefined) tokens.push({ type: 'text', text: unquote(groups.quoted), line });
    else if (groups.bare !== undefined) tokens.push({ type: 'text', text: groups.bare, line });
    else if (groups.punctuation !== undefined)
      tokens.push({ type: 'punctuation', text: groups.punctuation, line });
    line += countLines(source, start, TOKEN.lastIndex);
  }
  return tokens;
}

function unquote(quoted: string): string {
  return quoted.replace(/\\(.)/gu, '$1');
}

function countLines(source: string, from: number, to: number): number {
  let lines = 0;
  for (let at = from; at < to; at++) if (source.charCodeAt(at) === 10) lines++;
  return lines;
}

const WORD = /^'?[\p{L}\p{N}][\p{L}\p{M}\p{N}.'’_-]*$/u;
const NESTING_LIMIT = 200;

class Parser {
  readonly #tokens: readonly Token[];
  readonly #ruleStarts = new Map<string, number>();
  readonly #resolved = new Map<string, Expansion>();
  readonly #open = new Set<string>();
  #at = 0;
  #depth = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  grammar(): Expansion {
    this.#skipGrammarName();
    const publicRules = this.#indexRules();
    const [rule] = publicRules;
    if (rule === undefined || publicRules.length > 1) {
      throw invalid(1, `${publicRules.length} public rules where one is needed`);
    }
    return this.#resolve(rule, 1);
  }

  #skipGrammarName(): void {
    if (!this.#isText('grammar')) return;
    while (!this.#isPunctuation(';')) {
      if (this.#at >= this.#tokens.length) throw invalid(1, 'the grammar has no rules');
      this.#at++;
    }
    this.#at++;
  }

  /** Notes where each rule's right side begins, so that rules may be used before they are defined. */
  #indexRules(): string[] {
    const publicRules: string[] = [];
    while (this.#at < this.#tokens.length) {
      if (this.#isText('import')) throw invalid(this.#peek().line, 'imports are not supported');
      const isPublic = this.#isText('public');
      if (isPublic) this.#at++;
      const name = this.#next();
      if (name.type !== 'rule') throw invalid(name.line, 'a rule <name> is missing');
      if (this.#ruleStarts.has(name.text)) throw invalid(name.line, `<${name.text}> is defined twice`);
      this.#expect('=');
      this.#ruleStarts.set(name.text, this.#at);
      if (isPublic) publicRules.push(name.text);
      while (this.#at < this.#tokens.length && !this.#isPunctuation(';')) this.#at++;
      this.#expect(';');
    }
    return publicRules;
  }

  #resolve(name: string, line: number): Expansion {
    if (name === 'NULL') return { type: 'sequence', parts: [] };
    if (name === 'VOID') return { type: 'void' };
    const known = this.#resolved.get(name);
    if (known !== undefined) return known;
    const start = this.#ruleStarts.get(name);
    if (start === undefined) throw invalid(line, `<${name}> is not defined`);
    if (this.#open.has(name)) throw invalid(line, `<${name}> uses itself`);
    const back = this.#at;
    this.#open.add(name);
    this.#at = start;
    const body = this.#choice();
    this.#expect(';');
    this.#open.delete(name);
    this.#at = back;
    this.#resolved.set(name, body);
    return body;
  }

  #choice(): Expansion {
    if (++this.#depth > NESTING_LIMIT) throw invalid(this.#peek().line, 'nested too deeply');
    const options = [this.#sequence()];
    while (this.#isPunctuation('|')) {
      this.#at++;
      options.push(this.#sequence());
    }
    this.#depth--;
    return options.length === 1 ? options[0]! : { type: 'choice', options };
  }

  #sequence(): Expansion {
    if (this.#peek().type === 'weight') this.#at++;
    const parts: Expansion[] = [];
    for (;;) {
      const part = this.#operand();
      if (part === undefined) break;
      parts.push(this.#repeated(part));
    }
    if (parts.length === 0) throw invalid(this.#peek().line, 'an alternative is empty');
    return parts.length === 1 ? parts[0]! : { type: 'sequence', parts };
  }

  #operand(): Expansion | undefined {
    const token = this.#peek();
    if (token.type === 'text') {
      this.#at++;
      return words(token);
    }
    if (token.type === 'rule') {
      this.#at++;
      return this.#resolve(token.text, token.line);
    }
    if (this.#isPunctuation('(') || this.#isPunctuation('[')) {
      this.#at++;
      const body = this.#choice();
      this.#expect(token.text === '(' ? ')' : ']');
      return token.text === '(' ? body : { type: 'optional', body };
    }
    return undefined;
  }

  #repeated(part: Expansion): Expansion {
    let result = part;
    for (;;) {
      if (this.#peek().type === 'tag') this.#at++;
      else if (this.#isPunctuation('*')) result = this.#repeat(result, 0);
      else if (this.#isPunctuation('+')) result = this.#repeat(result, 1);
      else return result;
    }
  }

  #repeat(body: Expansion, least: 0 | 1): Expansion {
    this.#at++;
    return { type: 'repeat', body, least };
  }

  #peek(): Token {
    return this.#tokens[this.#at] ?? { type: 'punctuation', text: '', line: this.#tokens.at(-1)?.line ?? 1 };
  }

  #next(): Token {
    const token = this.#peek();
    this.#at++;
    return token;
  }

  #isText(text: string): boolean {
    const token = this.#peek();
    return token.type === 'text' && token.text === text;
  }

  #isPunctuation(text: string): boolean {
    const token = this.#peek();
    return token.type === 'punctuation' && token.text === text;
  }

  #expect(punctuation: string): void {
    const token = this.#next();
    if (token.type !== 'punctuation' || token.text !== punctuation) {
      throw invalid(token.line, `'${punctuation}' is missing`);
    }
  }
}

function words(token: Token): Expansion {
  const parts = token.text
    .toLowerCase()
    .split(/\s+/u)
    .filter(word => word !== '')
    .map((word): Expansion => ({ type: 'word', word }));
  for (const part of parts) {
    if (part.type !== 'word') continue;
    if (part.word.length > LIMITS.grammarWordCharacters) throw invalid(token.line, 'a word is too long');
    if (!WORD.test(part.word)) throw invalid(token.line, 'a word has a sign that is never spoken');
  }
  return parts.length === 1 ? parts[0]! : { type: 'sequence', parts };
}
