import { cardinal } from '../spoken/numbers.ts';
import { type GrammarPart, oneOf, rule } from './jsgf.ts';

const words = (from: number, to: number): readonly string[] =>
  Array.from({ length: to - from + 1 }, (_, index) => cardinal(from + index));

const DIGIT = { digit: oneOf(['oh', ...words(0, 9)]) } as const;

/** So many digits one after the other. */
export function digitRunPart([least, most]: readonly [number, number]): GrammarPart {
  const more = '[<digit> '.repeat(most - least) + ']'.repeat(most - least);
  return rule(`digits_${least}_${most}`, `${'<digit> '.repeat(least)}${more}`, DIGIT);
}

/** A number digit by digit, up to as many as the largest has. */
export function digitsPart(max: number): GrammarPart {
  const more = String(max).length - 1;
  return rule(`digits_of_${more + 1}`, `<first_digit> ${'[<digit> '.repeat(more)}${']'.repeat(more)}`, {
    ...DIGIT,
    first_digit: oneOf(words(1, 9)),
  });
}

const BELOW_THOUSAND = {
  one_digit: oneOf(words(1, 9)),
  below_hundred: `${oneOf(words(10, 19))} | ${oneOf([20, 30, 40, 50, 60, 70, 80, 90].map(cardinal))} [<one_digit>] | <one_digit>`,
  below_thousand: '<below_hundred> | (<one_digit> | a) hundred [[and] <below_hundred>]',
} as const;

/** A quantity with its unit, of numbers that go as high as it may. */
export function amountPart(max: number, unit?: { readonly one: string; readonly many: string }): GrammarPart {
  const powers = [
    ...(max >= 1_000 ? ['(<below_thousand> | a) thousand [[and] <below_thousand>]'] : []),
    ...(max >= 1_000_000 ? ['(<below_thousand> | a) million [<below_thousand> thousand]'] : []),
  ];
  const numbers =
    max < 100
      ? oneOf(words(0, Math.max(1, Math.floor(max))))
      : ['zero', '<below_thousand>', ...powers].join(' | ');
  const named = unit === undefined ? '' : ` [${unit.one} | ${unit.many}]`;
  const name = `amount_${Math.floor(max)}${unit === undefined ? '' : `_${unit.many.replaceAll(/[^a-z]/g, '_')}`}`;
  return rule(name, `[about] (${numbers})${named}`, BELOW_THOUSAND);
}
