import type { Expectation } from '../providers/types.ts';

/** A part of a grammar: an expansion and the rules that it refers to, by name. Equal names have equal bodies. */
export interface GrammarPart {
  readonly expansion: string;
  readonly rules: Readonly<Record<string, string>>;
}

export function oneOf(phrases: readonly string[]): string {
  return `(${[...new Set(phrases)].join(' | ')})`;
}

export function rule(name: string, body: string, rules: GrammarPart['rules'] = {}): GrammarPart {
  return { expansion: `<${name}>`, rules: { ...rules, [name]: body } };
}

/** Parts as alternatives. */
export function either(parts: readonly GrammarPart[]): GrammarPart {
  return {
    expansion: parts.map(part => part.expansion).join(' | '),
    rules: Object.assign({}, ...parts.map(part => part.rules)) as Record<string, string>,
  };
}

/** A grammar in JSGF (https://www.w3.org/TR/jsgf/) whose public rule is the part, after a hesitation. */
export function expectation(id: string, part: GrammarPart): Expectation {
  const rules = Object.entries(part.rules).map(([name, body]) => `<${name}> = ${body};`);
  const jsgf = [
    '#JSGF V1.0;',
    'grammar answer;',
    ...rules,
    `public <answer> = [uh | um] (${part.expansion});`,
    '',
  ].join('\n');
  return { id, jsgf };
}
