import t from 'tap';
import { Continuation, WholeWords } from '../../../src/providers/failover/whole_words.ts';

function pieces(...texts: readonly string[]): string[] {
  const words = new WholeWords();
  return [...texts.map(text => words.take(text)), words.rest()];
}

function goOn(said: string, ...texts: readonly string[]): string {
  const continuation = new Continuation(said);
  return said + texts.map(text => continuation.take(text)).join('') + continuation.rest();
}

t.test('text is passed on in whole words', async t => {
  t.same(pieces('Hel', 'lo', ' there', ' you'), ['', '', 'Hello ', 'there ', 'you']);
  t.same(
    pieces('Good', ' morning.', ' How'),
    ['', 'Good morning.', ' ', 'How'],
    'the end of a clause waits for nothing',
  );
  t.same(pieces('$1', ',', '240', '.'), ['', '', '', '', '$1,240.'], 'a number may go on');
  t.same(pieces('a'.repeat(33), 'b'), ['a'.repeat(33), '', 'b'], 'no word is that long');
  t.same(
    pieces('你好', '，我是'),
    ['你好', '', '，我是'].toSpliced(1, 2, '，我是', ''),
    'no spaces, no words to wait for',
  );
});

t.test('what was said is not said again', async t => {
  t.equal(goOn('one two three ', 'four five'), 'one two three four five');
  t.equal(goOn('one two three ', 'three four'), 'one two three four');
  t.equal(goOn('one two three ', 'one ', 'two ', 'three ', 'four'), 'one two three four');
  t.equal(goOn('One, two, three ', 'TWO three four'), 'One, two, three four');
  t.equal(goOn('one two ', 'one two'), 'one two ', 'nothing was left to say');
  t.equal(goOn('one two ', 'two one'), 'one two one');
  t.equal(goOn('you said Monday.', 'Shall I?'), 'you said Monday. Shall I?');
  t.equal(goOn('you said Monday.', ' Shall I?'), 'you said Monday. Shall I?');
  t.equal(goOn('you said ', ' Monday'), 'you said Monday');
  t.equal(goOn('the number is 4 4 ', '4 1'), 'the number is 4 4 4 1', 'digits often come twice');
  t.equal(goOn('我是您的', '您的助手'), '我是您的助手');
});
