import type { Headers } from '../../sip/message/headers.ts';
import { LIMITS } from '../config/limits.ts';
import type { Trunk } from '../config/trunks.ts';

/**
 * What the headers of an INVITE say of the call, by the names that the trunk gives them. A header that is not there, or
 * empty, gives none; a long value is cut.
 */
export function callAttributes(
  { attributes }: Pick<Trunk, 'attributes'>,
  headers: Headers,
): Record<string, string> {
  const found = Object.entries(attributes).flatMap(([header, name]) => {
    const value = plain(headers.get(header) ?? '');
    return value === '' ? [] : [[name, value] as const];
  });
  return Object.fromEntries(found);
}

/** Without control characters, which have no meaning in a header and a bad one elsewhere. */
function plain(value: string): string {
  return value
    .replaceAll(/\p{Cc}+/gu, ' ')
    .trim()
    .slice(0, LIMITS.attributeCharacters)
    .toWellFormed();
}
