/** The letters of a telephone keypad (ITU-T E.161, option A). */
const LETTERS_OF_KEYS = ['', '', 'abc', 'def', 'ghi', 'jkl', 'mno', 'pqrs', 'tuv', 'wxyz'] as const;

const KEY_OF_LETTER: ReadonlyMap<string, string> = new Map(
  LETTERS_OF_KEYS.flatMap((letters, key) => [...letters].map(letter => [letter, String(key)] as const)),
);

/** The keys that spell a name: Maple is 62753. */
export function keysOf(letters: string): string {
  return [...letters].map(letter => KEY_OF_LETTER.get(letter) ?? '').join('');
}

/** A whole number as it was keyed in, of at most six digits. */
export function numberOfKeys(keys: string): number | undefined {
  return /^\d{1,6}$/.test(keys) ? Number.parseInt(keys, 10) : undefined;
}

/** Month and day in two digits each, the year in four, in the words that a date is read from: 0314 is "3/14". */
export function dateOfKeys(keys: string): string | undefined {
  const [, month, day, year] = /^(\d{2})(\d{2})(\d{4})?$/.exec(keys) ?? [];
  if (month === undefined) return undefined;
  return `${Number(month)}/${Number(day)}${year === undefined ? '' : `/${year}`}`;
}
