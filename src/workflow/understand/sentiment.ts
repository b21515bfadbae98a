import { PhraseTable } from './phrases.ts';
import { plainWords } from './plain_words.ts';

/** What annoyed callers say of a call; what they say of an accident or of a price is none of it. */
const NEGATIVE = [
  'ridiculous|frustrated|frustrating|annoyed|annoying|irritating|irritated|infuriating|furious|outrageous|unacceptable',
  'pathetic|appalling|hopeless|useless|unbelievable|nonsense|garbage|crap|bullshit|stupid|idiotic|incompetent',
  'disgusted|disgusting|disappointed|disappointing|unhappy|dissatisfied|upset|angry|mad at you|pissed|livid',
  'fed up|sick of this|sick of it|tired of this|had enough|losing my patience|lost my patience|running out of patience',
  'waste of time|waste of my time|wasting my time|wasted my time|do not have all day|do not have time for this',
  'taking too long|takes too long|taking forever|how many more questions|how much longer|so many questions|too many questions',
  'already told you|already said that|told you that already|i just told you|keep asking|asked me that already|you asked that',
  'worst service|terrible service|awful service|bad service|poor service|horrible service|this is terrible|this is awful',
  'this is horrible|you are terrible|you are awful|you are not listening|you do not listen|are you even listening',
  'are you deaf|you do not understand|not helpful|not helping|no help at all|driving me crazy|what a joke|is this a joke',
  'i hate this|hate talking to|for heaven sake|for god sake|come on already|get on with it|give me a break|not happy',
];
const POSITIVE = [
  'great|wonderful|perfect|excellent|awesome|fantastic|lovely|brilliant|amazing|appreciate it|appreciate that',
  'thank you so much|thanks so much|very helpful|so helpful|that helps|that is helpful|good job|well done|sounds good',
  'i am happy|happy with that|glad to hear|you are very kind|that is nice|no worries|no problem',
];
const DENIALS = new Set(['not', 'never', 'hardly', 'without']);
/** How far before a word what denies it may stand: "I am not at all annoyed". */
const DENIED_WITHIN = 3;

const table = new PhraseTable<-1 | 1>([...phrasesOf(NEGATIVE, -1), ...phrasesOf(POSITIVE, 1)]);

function phrasesOf(rows: readonly string[], value: -1 | 1): readonly (readonly [string, -1 | 1])[] {
  return rows.flatMap(row => row.split('|')).map(phrase => [phrase, value] as const);
}

/** Whether a caller is annoyed with the call (-1), pleased (1) or neither, by the words that they use. */
export function sentimentOf(tokens: readonly string[]): -1 | 0 | 1 {
  const { words } = plainWords(tokens);
  let sum = 0;
  for (let at = 0; at < words.length; ) {
    const found = table.at(words, at);
    // Who is not annoyed is not therefore pleased, but who is not pleased is annoyed.
    if (found !== undefined && isDenied(words, at)) sum += found.value > 0 ? -1 : 0;
    else sum += found?.value ?? 0;
    at += found?.length ?? 1;
  }
  return sum < 0 ? -1 : sum > 0 ? 1 : 0;
}

function isDenied(words: readonly string[], from: number): boolean {
  return words.slice(Math.max(0, from - DENIED_WITHIN), from).some(word => DENIALS.has(word));
}
