import t from 'tap';
import { plainWords } from '../../src/providers/stt/plain_words.ts';

const CASES: readonly (readonly [written: string, plain: string])[] = [
  ['', ''],
  [' … - ! ', ''],
  ['Hello, my name is Jo.', 'hello my name is jo'],
  ["It's five o'clock", "it's five o'clock"],
  ['It’s Bob’s', "it's bob's"],
  ['‘Yes,’ she said', 'yes she said'],
  ['"No!" (really?)', 'no really'],
  ['¿Qué tal?', 'qué tal'],
  ['twenty-one, well — perhaps', 'twenty-one well perhaps'],
  ['yes...no…maybe', 'yes no maybe'],
  ['Jo.Smith@Example.org.', 'jo.smith@example.org'],
  ['It costs $1,200.50, or 15%.', 'it costs $1,200.50 or 15%'],
  ['minus: -5, +44 20', 'minus -5 +44 20'],
  ['at 5 p.m. in the U.K.', 'at 5 pm in the uk'],
  ['at 3:30 P.M.', 'at 3:30 pm'],
  ['I am. A b.', 'i am a b'],
  ['one\ttwo\r\nthree\u0000', 'one two three'],
];

for (const [written, plain] of CASES) {
  t.test(JSON.stringify(written), async t => t.equal(plainWords(written), plain));
}

t.test('plain words stay as they are', async t => {
  for (const [written] of CASES) t.equal(plainWords(plainWords(written)), plainWords(written));
});

t.test('a long run of punctuation costs no more than its length', async t => {
  const run = '!'.repeat(200_000);
  t.equal(plainWords(`${run}a${run}b${run}`), `a${run}b`);
});
