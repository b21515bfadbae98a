import { LIMITS } from '../../../config/limits.ts';
import { PhraseTable } from '../phrases.ts';
import { CONFUSIONS } from './confusions.ts';

/** Sounds and words that carry nothing wherever they stand. */
const FILLERS: ReadonlySet<string> = new Set(
  'uh um er erm ah hm hmm mhm mm well okay ok alright so just'.split(' '),
);

/** Words that are said twice to be heard, and numbers, which may have equal digits. */
const MEANT_TWICE: ReadonlySet<string> = new Set('fire help'.split(' '));

const NUMBER_WORDS: ReadonlySet<string> = new Set(
  (
    'oh o zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen ' +
    'seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand double triple'
  ).split(' '),
);

/** The most words that a caller who stumbles says again at once: "take me take me off". */
const LONGEST_STUMBLE = 3;

const WORD = /\d+(?:st|nd|rd|th)?|[a-z]+/g;

const confusions = new PhraseTable<readonly string[]>(
  CONFUSIONS.map(([heard, meant]) => [heard, meant === '' ? [] : meant.split(' ')]),
);

export function isNumberWord(token: string): boolean {
  return NUMBER_WORDS.has(token) || /^\d+$/.test(token);
}

/**
 * The words of what was heard, in one spelling: lower case, no apostrophes, "do not" and "don't" the same word, what
 * recognisers confuse put right, hesitations and stumbles left out. Of speech that is too long only the end counts.
 */
export function normalise(text: string): readonly string[] {
  const plain = text
    .slice(-LIMITS.intentCharacters)
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/[\u0300-\u036f'’`]/g, '')
    .replaceAll(/\b(?:uh|um|mm)[ -]?(?:huh|hm+)\b/g, 'yes');
  const words = (plain.match(WORD) ?? []).filter(word => !FILLERS.has(word)).slice(-LIMITS.intentWords);
  return withoutStumbles(putRight(words));
}

function putRight(words: readonly string[]): readonly string[] {
  const right: string[] = [];
  for (let at = 0; at < words.length; ) {
    const found = confusions.at(words, at);
    if (found === undefined) right.push(words[at]!);
    else right.push(...found.value);
    at += found?.length ?? 1;
  }
  return right;
}

function withoutStumbles(words: readonly string[]): readonly string[] {
  const told: string[] = [];
  for (const word of words) {
    told.push(word);
    for (let length = LONGEST_STUMBLE; length >= 1; length -= 1) {
      if (isStumble(told, length)) told.length -= length;
    }
  }
  return told;
}

/** Whether the last words are those before them again. */
function isStumble(told: readonly string[], length: number): boolean {
  if (told.length < 2 * length) return false;
  for (let back = 1; back <= length; back += 1) {
    const word = told[told.length - back]!;
    if (word !== told[told.length - back - length] || MEANT_TWICE.has(word) || isNumberWord(word))
      return false;
  }
  return true;
}
