import { cardinal } from '../../spoken/numbers.ts';
import { oneOf } from '../jsgf.ts';

/** Letters and digits that are said one by one. */
export const LETTER_RULES = {
  letter: oneOf([...'abcdefghijklmnopqrstuvwxyz']),
  digit: oneOf(['oh', ...Array.from({ length: 10 }, (_, digit) => cardinal(digit))]),
} as const;
