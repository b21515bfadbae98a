import { matchParts } from '../../bench/caller/sentence_reader.ts';
import { wordsOf } from '../../bench/caller/slot_speech.ts';
import { type Act, type PromptIndex, QUESTIONS, sentencesOf, type Template } from './prompts.ts';

/** A sentence of the agent as the caller takes it. */
export interface HeardSentence {
  readonly text: string;
  /** Everything that these words may be for; none when the caller does not know them. */
  readonly acts: readonly Act[];
  /** The keys of the values in it, by slot. */
  readonly values: ReadonlyMap<string, string>;
}

/** From this share of common words on, a sentence is a question said otherwise. */
const ALIKE = 0.7;
const NONE: ReadonlyMap<string, string> = new Map();

/** So many words of a question are heard before anybody knows which it is. */
const TELLING_WORDS = 3;

/** A turn that goes on, with the question that its last words can only be the beginning of. */
export function foreseen(beginning: string, { literal }: PromptIndex): string | undefined {
  const sentences = sentencesOf(beginning);
  const words = wordsOf(sentences.at(-1) ?? '');
  if (words.length < TELLING_WORDS) return undefined;
  const begun = `${words.join(' ')} `;
  const [only, ...others] = [...literal].filter(
    ([text, templates]) => text.startsWith(begun) && templates.some(({ act }) => QUESTIONS.has(act.type)),
  );
  return only === undefined || others.length > 0
    ? undefined
    : [...sentences.slice(0, -1), `${only[0]}?`].join(' ');
}

/** Takes the agent's words apart. */
export function hearSentences(text: string, index: PromptIndex): readonly HeardSentence[] {
  return sentencesOf(text).map(sentence => hearSentence(sentence, index));
}

function hearSentence(text: string, index: PromptIndex): HeardSentence {
  const words = wordsOf(text);
  const literal = index.literal.get(words.join(' '));
  if (literal !== undefined) return { text, acts: literal.map(({ act }) => act), values: NONE };
  const candidates = [...(index.open.get(words[0] ?? '') ?? []), ...(index.open.get('') ?? [])];
  const matches = candidates.flatMap(template => {
    const match = matchParts(template.parts, words, 0, index.readers);
    return match?.end === words.length ? [{ template, values: match.values }] : [];
  });
  const [best] = matches.toSorted((a, b) => literalWords(b.template) - literalWords(a.template));
  if (best !== undefined) {
    const same = matches.filter(({ template }) => literalWords(template) === literalWords(best.template));
    return { text, acts: same.map(({ template }) => template.act), values: best.values };
  }
  if (!text.endsWith('?')) return { text, acts: [], values: NONE };
  return { text, acts: atTheEnd(words, index) ?? similar(words, index), values: NONE };
}

/** The question that a sentence comes to, whatever is said before it. */
function atTheEnd(words: readonly string[], { literal }: PromptIndex): readonly Act[] | undefined {
  for (let from = 1; from < words.length - 1; from += 1) {
    const acts = literal.get(words.slice(from).join(' '))?.map(({ act }) => act);
    if (acts?.some(({ type }) => QUESTIONS.has(type)) === true) return acts;
  }
  return undefined;
}

function literalWords({ parts }: Template): number {
  return parts.filter(part => 'word' in part).length;
}

/** The question whose words are most like these. */
function similar(words: readonly string[], { questions }: PromptIndex): readonly Act[] {
  const heard = new Set(words);
  let best: { readonly share: number; readonly act: Act } | undefined;
  for (const { words: own, template } of questions) {
    const shared = [...own].filter(word => heard.has(word)).length;
    const share = shared / Math.max(own.size, heard.size);
    if (share >= ALIKE && share > (best?.share ?? 0)) best = { share, act: template.act };
  }
  return best === undefined ? [] : [best.act];
}
