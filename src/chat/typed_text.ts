import { TrunklineError } from '../config/errors.ts';
import { LIMITS } from '../config/limits.ts';

/** Control characters, line ends, and what turns the direction of text around (Unicode bidirectional algorithm, UAX #9). */
const UNSEEN = /[\p{Cc}\p{Zl}\p{Zp}\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]+/gu;

/**
 * What somebody typed, as the workflow and the record are given it: one line of well-formed text that can be seen, at most
 * LIMITS.heardCharacters of UTF-16. @throws TrunklineError BAD_REQUEST for more, and where nothing is left
 */
export function typedText(text: string): string {
  const line = text.toWellFormed().replace(UNSEEN, ' ').replace(/\s+/gu, ' ').trim();
  if (line === '') throw new TrunklineError('BAD_REQUEST', 'text: nothing to be read in it');
  if (line.length > LIMITS.heardCharacters)
    throw new TrunklineError('BAD_REQUEST', `text: more than ${LIMITS.heardCharacters} characters`);
  return line;
}
