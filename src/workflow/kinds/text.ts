import { LIMITS } from '../../config/limits.ts';
import type { SlotOf } from '../slot_schema.ts';
import { isAside, plainAnswer } from '../understand/free_words.ts';
import { tokensOf } from '../understand/tokens.ts';
import type { Kind } from './kind.ts';

const STORED = /^[A-Za-z0-9 .,;:?!'%$&/@-]+$/;

/** An answer in free words, such as what has happened: all that is said is the value. */
export function textKind({ words: { min, max } }: SlotOf<'text'>): Kind {
  const accepts = (text: string): boolean => {
    const count = text.split(' ').filter(word => word !== '').length;
    return text.length <= LIMITS.slotCharacters && STORED.test(text) && count >= min && count <= max;
  };
  return {
    read: () => undefined,
    readAll: text => {
      const plain = plainAnswer(text);
      if (plain === '' || isAside(tokensOf(text) ?? [])) return undefined;
      return plain !== undefined && accepts(plain) ? [plain] : [];
    },
    isFree: true,
    say: String,
    accepts: value => typeof value === 'string' && accepts(value),
    grammar: { expansion: '<VOID>', rules: {} },
    expects: { kind: 'open' },
  };
}
