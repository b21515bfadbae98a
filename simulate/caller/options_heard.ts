import { wordsOf } from '../../bench/caller/slot_speech.ts';

/** What is offered: its words, and all runs of them that may be one option. */
interface Options {
  readonly words: readonly string[];
  readonly spans: readonly (readonly string[])[];
}

/** The last `count` words of a sentence as options: one begins behind a comma or an "or", and ends before one. */
export function optionsIn(sentence: string, count: number): Options {
  const tokens = sentence.split(/\s+/).flatMap(token => {
    const words = wordsOf(token);
    return words.map((word, at) => ({ word, endsHere: at === words.length - 1 && /[,?]$/.test(token) }));
  });
  const own = tokens.slice(-count);
  const begins = own.map(({ word }, at) => {
    const before = own[at - 1];
    return word !== 'or' && (before === undefined || before.endsHere || before.word === 'or');
  });
  const ends = own.map(({ word, endsHere }, at) => {
    const after = own[at + 1];
    return word !== 'or' && (after === undefined || endsHere || after.word === 'or');
  });
  const words = own.map(({ word }) => word);
  const spans = words.flatMap((_, from) =>
    begins[from] === true
      ? words.flatMap((__, to) => (to >= from && ends[to] === true ? [words.slice(from, to + 1)] : []))
      : [],
  );
  return { words, spans };
}
