import t from 'tap';
import { completenessOf } from '../../src/agent/completeness.ts';
import type { CompletenessReason } from '../../src/agent/completeness_reason.ts';
import type { AnswerKind, ExpectedAnswer } from '../../src/workflow/types.ts';

const of = (said: string, expects: ExpectedAnswer = { kind: 'open' }) =>
  completenessOf(said.split(' '), expects);

/** Surely goes on, may go on, surely over. */
type Verdict = 'on' | 'maybe' | 'over';

function verdictOf(share: number): Verdict {
  if (share <= 0.2) return 'on';
  return share >= 0.8 ? 'over' : 'maybe';
}

type Case = readonly [said: string, verdict: Verdict, reason: CompletenessReason];

function check(name: string, expects: ExpectedAnswer, cases: readonly Case[]): void {
  t.test(name, async t => {
    for (const [said, verdict, reason] of cases) {
      const found = of(said, expects);
      t.strictSame([verdictOf(found.share), found.reason], [verdict, reason], `${said}: ${found.share}`);
    }
  });
}

check('whatever is asked, some words want others behind them', { kind: 'open' }, [
  ['um', 'on', 'filler'],
  ['i would like to move my appointment um', 'on', 'filler'],
  ['let me see', 'on', 'filler'],
  ['i would like to move my appointment and', 'on', 'midPhrase'],
  ['please send it to the', 'on', 'midPhrase'],
  ['my name is', 'on', 'midPhrase'],
  ["it's", 'on', 'midPhrase'],
  ['i would like', 'on', 'noObject'],
  ['could you send me', 'on', 'noObject'],
  ['can you tell me', 'on', 'noObject'],
  ['they did not tell me', 'maybe', 'phrase'],
  ['nobody was there to meet me', 'maybe', 'phrase'],
  ['because it rained', 'maybe', 'clauseOnly'],
  ['i would like to move my appointment', 'maybe', 'phrase'],
  ['i want to cancel it please', 'over', 'courtesy'],
  ['that was all thank you', 'over', 'courtesy'],
  ['i hope so', 'maybe', 'phrase'],
  ["that is what i'm looking for", 'maybe', 'phrase'],
  ['can you tell me where it is', 'maybe', 'phrase'],
]);

check('a number is told though nobody asked for one', { kind: 'open' }, [
  ['my number is four one five', 'maybe', 'numberMayGoOn'],
  ['the second one', 'maybe', 'phrase'],
  ['sorry what did you say', 'over', 'request'],
  ['start over', 'over', 'request'],
  ['my number is four one five five five five oh one seven two', 'over', 'wholeNumber'],
  ['it was four hundred and', 'on', 'insideNumber'],
  ['a table for four', 'maybe', 'phrase'],
  ['my name is spelled m i l', 'on', 'spellingMayGoOn'],
  ['write to jo at example dot', 'on', 'insideEmail'],
  ['on the third of march', 'maybe', 'phrase'],
]);

check('yes and no stand alone', { kind: 'yesNo' }, [
  ['yes', 'over', 'answer'],
  ["yeah that's right", 'over', 'answer'],
  ['no thank you', 'over', 'answer'],
  ['um no', 'over', 'answer'],
  ['no it is not', 'over', 'answer'],
  ['yes you may', 'over', 'answer'],
  ['no it is the', 'on', 'midPhrase'],
  ['yes but', 'on', 'midPhrase'],
  ['no it is their were', 'maybe', 'midPhrase'],
  ['well', 'on', 'filler'],
]);

check('digits of a known number', { kind: 'digits', digits: 10 }, [
  ['sure it is', 'on', 'midPhrase'],
  ['sure', 'on', 'leadOnly'],
  ['four one five', 'on', 'insideNumber'],
  ['four one five five five five', 'on', 'insideNumber'],
  ['four one five double', 'on', 'insideNumber'],
  ['four one five double five five oh one seven two', 'over', 'wholeNumber'],
  ['four one five triple five oh one seven two', 'over', 'wholeNumber'],
  ['four fifteen fifty five fifty five zero twelve', 'over', 'wholeNumber'],
  ['415 555 0172', 'over', 'wholeNumber'],
  ['415-555-0172', 'over', 'wholeNumber'],
  ['four one five five won five oh one seven too', 'over', 'wholeNumber'],
  ['four one five five table five oh one seven two', 'over', 'wholeNumber'],
  ['four one five five five five oh one seven', 'maybe', 'insideNumber'],
  ['four one five five five five oh one', 'on', 'insideNumber'],
  ['four one five five five five oh one seven two two', 'over', 'wholeNumber'],
  ["i don't know", 'over', 'request'],
]);

check('digits of a number whose length nobody knows', { kind: 'digits' }, [
  ['four one', 'on', 'insideNumber'],
  ['four one five five', 'maybe', 'numberMayGoOn'],
  ['one four one five five five five oh one seven two', 'over', 'wholeNumber'],
]);

check('a spelled name', { kind: 'spelling' }, [
  ['m', 'on', 'insideSpelling'],
  ['m i l', 'on', 'spellingMayGoOn'],
  ['m i l l e r', 'maybe', 'spellingMayGoOn'],
  ['miller m i l', 'on', 'insideSpelling'],
  ['miller m i l l e r', 'over', 'wholeSpelling'],
  ['it is miller m i double l e r', 'over', 'wholeSpelling'],
  ['m i l l e r miller', 'over', 'wholeSpelling'],
  ['m as in', 'on', 'insideSpelling'],
  ['m as in mike i', 'on', 'insideSpelling'],
  ['m i double', 'on', 'insideSpelling'],
]);

check('an e-mail address', { kind: 'email' }, [
  ['jo smith', 'on', 'insideEmail'],
  ['jo smith at', 'on', 'insideEmail'],
  ['jo dot smith at example', 'on', 'insideEmail'],
  ['jo smith at example dot', 'on', 'insideEmail'],
  ['jo smith at example dot com', 'over', 'wholeEmail'],
  ['jo smith at example dot co', 'maybe', 'insideEmail'],
  ['jo smith at example dot co dot uk', 'over', 'wholeEmail'],
  ['j s at e x dot n e t', 'over', 'wholeEmail'],
  ['jo@example.org', 'over', 'wholeEmail'],
  ['jo@example', 'on', 'insideEmail'],
  ['start over', 'over', 'request'],
  ["i don't have one", 'maybe', 'phrase'],
]);

check('a postal address', { kind: 'address' }, [
  ['four twenty one', 'on', 'noStreet'],
  ['four twenty one maple', 'maybe', 'streetMayGoOn'],
  ['four twenty one maple street', 'maybe', 'streetMayGoOn'],
  ['four twenty one maple street in', 'on', 'midPhrase'],
  ['four twenty one maple street springfield', 'over', 'wholeAddress'],
  ['four twenty one maple street apartment', 'on', 'noStreet'],
  ['four twenty one maple street springfield oh two one', 'on', 'insideNumber'],
  ['four twenty one maple street springfield oh two one three nine', 'over', 'wholeAddress'],
]);

check('a date', { kind: 'date' }, [
  ['march', 'on', 'insideDate'],
  ['march twenty', 'on', 'insideDate'],
  ['march third', 'over', 'wholeDate'],
  ['the third', 'maybe', 'dateMayGoOn'],
  ['the third of', 'on', 'midPhrase'],
  ['the third of march', 'over', 'wholeDate'],
  ['march third nineteen', 'on', 'insideDate'],
  ['march third nineteen eighty', 'maybe', 'insideDate'],
  ['march third nineteen eighty four', 'over', 'wholeDate'],
  ['march three two thousand five', 'over', 'wholeDate'],
  ['tomorrow', 'over', 'wholeDate'],
  ['friday', 'maybe', 'dateMayGoOn'],
  ['next', 'on', 'midPhrase'],
  ['better', 'maybe', 'leadOnly'],
]);

check('a choice', { kind: 'choice' }, [
  ['the large one', 'over', 'phrase'],
  ['the', 'on', 'midPhrase'],
]);

t.test('a word that may be misheard counts by what was asked, one that joins does not', async t => {
  const shareOf = (said: string, kind: AnswerKind): number => of(said, { kind }).share;
  t.ok(shareOf('it were', 'yesNo') > shareOf('it were', 'open'));
  t.ok(shareOf('it were', 'date') > shareOf('it were', 'digits'));
  t.equal(shareOf('not if', 'yesNo'), shareOf('not if', 'open'));
  t.ok(
    shareOf('sunday i believe', 'yesNo') > shareOf('sunday i believe', 'open'),
    'short answers are phrases',
  );
});

t.test('no words are neither, and words of any kind and number come to a share', async t => {
  t.strictSame(completenessOf([]), { share: 0.5, reason: 'noWords' });
  const odd = [
    '',
    '-',
    '@',
    '-@-',
    '0',
    'dot',
    'at',
    'as',
    'in',
    'double',
    'and',
    'hundred',
    'th',
    'ü',
    'of',
    'march',
  ];
  const kinds = ['yesNo', 'choice', 'digits', 'spelling', 'email', 'address', 'date', 'open'] as const;
  for (const kind of kinds) {
    for (const one of odd) {
      for (const other of odd) {
        const { share } = completenessOf([one, other], { kind, digits: 3 });
        if (!(share >= 0 && share <= 1)) t.fail(`${kind} ${one} ${other}: ${share}`);
      }
    }
    const long = completenessOf(Array<string>(5000).fill('five'), { kind });
    t.ok(long.share >= 0 && long.share <= 1, kind);
  }
});
