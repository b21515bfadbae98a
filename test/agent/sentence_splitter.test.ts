import t from 'tap';
import { SentenceSplitter } from '../../src/agent/model/sentence_splitter.ts';

/** What comes out after each piece, and at the end. */
function split(pieces: readonly string[]): (readonly string[])[] {
  const splitter = new SentenceSplitter();
  return [...pieces.map(piece => splitter.push(piece)), splitter.end()];
}

t.test('a sentence is given out as soon as it is certain that it is over', async t => {
  t.same(split(['Good.', ' How', ' are you?', ' Fine']), [[], ['Good.'], ['How are you?'], [], ['Fine']]);
  t.same(split(['Really', '?!', '!', ' Yes.']), [[], ['Really?!'], [], [], ['Yes.']]);
  t.same(split(['One.\nTwo', '\n', 'Three']), [['One.'], ['Two'], [], ['Three']]);
  t.same(split([]), [[]]);
});

t.test('numbers, names and addresses are not cut', async t => {
  const whole = (text: string) => split([...text].map(letter => letter)).flat();
  for (const text of [
    'It costs 1,250.50 dollars.',
    'Ask Mr. Smith at 5 p.m. on St. James Street.',
    'Write to office@example.com or www.example.com please.',
  ])
    t.same(whole(text), [text]);
});

t.test('of a first sentence the first clause is spoken by itself, where it is one', async t => {
  t.same(split(['Thank you,', ' I have it, and that is all. Now, what else?']), [
    ['Thank you,'],
    ['I have it, and that is all.', 'Now, what else?'],
    [],
  ]);
  t.same(split(['Well, yes. No, no.']), [['Well, yes.'], ['No, no.']]);
});

t.test('what is written for the eye is not spoken', async t => {
  t.same(split(['**Prices**: `$5`\n- one _thing_\n# Next\n']), [['Prices: $5', 'one thing', 'Next'], []]);
  t.same(split(['*** \n\n']), [[], []]);
});

t.test('text without an end, and without anything, is given out at the end', async t => {
  const words = 'word '.repeat(5000);
  t.same(split([words]), [[], [words.trim()]]);
  t.same(split(['   ']), [[], []]);
});
