import t from 'tap';
import { scan } from '../../../src/workflow/understand/scan.ts';
import { tokensOf } from '../../../src/workflow/understand/tokens.ts';
import { scanFor, slotOf, TODAY, type Wanted } from './heard.ts';
import { NOTHING, understood, WRONG } from './understood.ts';

understood('addresses of e-mail', { kind: 'email' }, [
  ['john dot smith at gmail dot com', 'john.smith@gmail.com'],
  ["it's j smith forty two at yahoo dot com", 'jsmith42@yahoo.com'],
  ['John.Smith@Gmail.com', 'john.smith@gmail.com'],
  [
    'my email is n as in nancy o r a underscore lee at harmony insurance dot com',
    'nora_lee@harmonyinsurance.com',
  ],
  ['my email address is mary at mary bakes dot biz', 'mary@marybakes.biz'],
  ['uh john smith all one word at g mail', 'johnsmith@gmail.com'],
  ['mike dot jones at hot mail dot com', 'mike.jones@hotmail.com'],
  ['november alpha tango at outlook dot com', 'nat@outlook.com'],
  ['info at smith dash sons dot co dot uk', 'info@smith-sons.co.uk'],
  ['j o h n at a o l dot c o m', 'john@aol.com'],
  ['mary nineteen eighty four at hotmail dot com', 'mary1984@hotmail.com'],
  ['mary oh seven at aol dot com', 'maryo7@aol.com'],
  ['mary one oh seven at aol dot com', 'mary107@aol.com'],
  ['double o seven at mi six dot gov', 'oo7@mi6.gov'],
  ['no actually bob at work dot io', 'bob@work.io'],
  ['no wait make it bob dot hill at work dot io', 'bob.hill@work.io'],
  ['I said bob dot hill at work dot io', 'bob.hill@work.io'],
  ['for the last time bob dot hill at work dot io', 'bob.hill@work.io'],
  ['bob dot like hill at work dot io', 'bob.hill@work.io'],
  ['it at harbor dot com', 'it@harbor.com'],
  ['I said kevin dot', NOTHING],
  ['you can reach me at bob at work dot io', 'bob@work.io'],
  ['john at gmail dot', NOTHING],
  ['john smith', NOTHING],
  ['at gmail dot com', NOTHING],
  ["i'd rather not say at this point", NOTHING],
]);

understood('states', { kind: 'us_state' }, [
  ['massachusetts', 'MA'],
  ['i live in new york', 'NY'],
  ['m a', 'MA'],
  ['m as in mary a as in apple', 'MA'],
  ['MA', 'MA'],
  ['washington d c', 'DC'],
  ['washington', 'WA'],
  ['the state of texas', 'TX'],
  ['west virginia', 'WV'],
  ['ohio', 'OH'],
  ['not maine new hampshire', 'NH'],
  ['kansas or missouri', ['KS', 'MO']],
  ['ontario', NOTHING],
  ['come in', NOTHING],
]);

understood('states of some', { kind: 'us_state', only: ['MA', 'NH'] }, [
  ['new hampshire', 'NH'],
  ['texas', WRONG],
]);

understood('names of people', { kind: 'name' }, [
  ['emily baker e m i l y b a k e r', 'Emily Baker'],
  ['my name is john smith', 'John Smith'],
  ['john smith', 'John Smith'],
  ['uh yeah this is mary', 'Mary'],
  ["mary o'brien", "Mary O'Brien"],
  ['mary ann mcdonald', 'Mary Ann McDonald'],
  ['i am maria de la cruz', 'Maria De La Cruz'],
  ['will moore', 'Will Moore'],
  ['mike victor', 'Mike Victor'],
  ['john f kennedy', 'John F Kennedy'],
  ['doctor alan brown junior', 'Alan Brown Jr'],
  ['first name john last name smith', 'John Smith'],
  ['John Smith here', 'John Smith'],
  ['john smith is my name', 'John Smith'],
  ['José García', 'Jose Garcia'],
  ['madison', 'Madison'],
  ['s m i t h', 'Smith'],
  ['john smythe s m y t h e', 'John Smythe'],
  ["jon smith that's j o n", 'Jon Smith'],
  ['n as in nancy o r a', 'Nora'],
  ['november oscar romeo alpha', 'Nora'],
  ['john smith no john smythe', 'John Smythe'],
  ['no sorry john smith', 'John Smith'],
  ['no', NOTHING],
  ['yes', NOTHING],
  ['what', NOTHING],
  ['hello', NOTHING],
  ['why do you need that', NOTHING],
  ['can i speak to someone', NOTHING],
  ['the weather is nice', NOTHING],
  ['i was driving down the road', NOTHING],
  ['nobody', NOTHING],
  ['five five five', NOTHING],
]);

understood('whole names of people', { kind: 'name', full: true }, [
  ['john smith', 'John Smith'],
  ['john', WRONG],
]);

understood('names of companies', { kind: 'company' }, [
  ['the name is wrong', NOTHING],
  ['harbor bakery thanks so much', 'Harbor Bakery'],
  ['smith and sons l l c', 'Smith and Sons LLC'],
  ["we're called harmony piano movers", 'Harmony Piano Movers'],
  ["it's A B C plumbing", 'ABC Plumbing'],
  ['Smith & Sons, Inc.', 'Smith and Sons Inc'],
  ['hotel california', 'Hotel California'],
  ['i work for seven eleven', 'Seven Eleven'],
  ['jones construction no wait jonas construction', 'Jonas Construction'],
  ['3M', '3M'],
  ['blue harbor bakery blue harbor bakery', 'Blue Harbor Bakery'],
  ['duran duran', 'Duran Duran'],
  ['the coffee shop', 'Coffee Shop'],
  ["i don't know", NOTHING],
  ['no', NOTHING],
  ['one two three four five six seven eight nine', WRONG],
]);

understood('free words', { kind: 'text', words: { max: 12 } }, [
  ['well uh so a tree fell on my car last night', 'a tree fell on my car last night'],
  ["No, it wasn't like that.", "No, it wasn't like that."],
  ['the operator told me to repeat it', 'the operator told me to repeat it'],
  ['so', 'so'],
  ['my {booking} and\u0007 café', 'my booking and cafe'],
  ['uh', NOTHING],
  ['🎹', NOTHING],
  ['', NOTHING],
  ['a b c d e f g h i j k l m', WRONG],
]);

const COVERS = {
  auto: { say: 'auto', phrases: ['auto', 'car'] },
  home: { say: 'home', phrases: ['home', 'house'] },
  umbrella: { say: 'umbrella', phrases: ['umbrella'] },
};

understood('several values', { kind: 'choices', values: COVERS, mayBeNone: true }, [
  ['auto and home', 'auto+home'],
  ['home and auto', 'auto+home'],
  ['car, house, and umbrella', 'auto+home+umbrella'],
  ['all of them', 'auto+home+umbrella'],
  ['everything except umbrella', 'auto+home'],
  ['home but not auto', 'home'],
  ['i have home and also my auto insurance', 'auto+home'],
  ['umbrella', 'umbrella'],
  ['none', 'none'],
  ['no', 'none'],
  ['auto no sorry home', 'home'],
  ['a boat', NOTHING],
]);

understood('several values, one at least', { kind: 'choices', values: COVERS }, [
  ['none', NOTHING],
  ['auto', 'auto'],
]);

t.test('what is said beside a value makes it unsure', async t => {
  t.equal(scanFor(slotOf({ kind: 'name' }), 'my name is john smith').strayWords, 0);
  t.ok(scanFor(slotOf({ kind: 'name' }), 'john smith from accounting').strayWords > 0);
  t.equal(scanFor(slotOf({ kind: 'phone' }), 'six one seven five five five oh one two three').strayWords, 0);
  t.equal(
    scanFor(slotOf({ kind: 'money', maxCents: 1e9 }, 'deductible'), 'my deductible is five hundred')
      .strayWords,
    0,
  );
});

t.test('a bare number belongs to whoever asked for it, and elsewhere wants its name', async t => {
  const cases: readonly (readonly [Wanted, string, string])[] = [
    [{ kind: 'number', max: 100 }, 'twelve', 'the thing is twelve'],
    [{ kind: 'money', maxCents: 1e9 }, 'five hundred', 'my thing is five hundred'],
    [{ kind: 'percent' }, 'twenty', 'thing is twenty'],
    [{ kind: 'zip' }, 'oh two one three nine', 'the thing code is oh two one three nine'],
    [{ kind: 'code', pattern: '9999' }, 'one two three four', 'the thing number is one two three four'],
    [{ kind: 'name' }, 'john smith', 'the thing name is john smith'],
    [{ kind: 'company' }, 'harmony movers', 'the thing is harmony movers'],
    [{ kind: 'time' }, 'nine thirty', 'the thing is nine thirty'],
  ];
  for (const [wanted, bare, named] of cases) {
    const asked = slotOf(wanted);
    const read = (text: string) => asked.read(text.split(' '), 0, '2026-11-21');
    t.equal(read(bare), undefined, bare);
    t.equal(read(named)?.length, named.split(' ').length, named);
    t.ok((asked.readAsked(bare.split(' '), 0, '2026-11-21')?.values.length ?? 0) > 0, bare);
  }
});

const WORRIES = {
  price: { say: 'what it costs', phrases: ['the price', 'expensive'] },
  cover: { say: 'not knowing what is covered', phrases: ['coverage', 'not sure what is covered'] },
  service: { say: 'the service', phrases: ['the service', 'hard to reach'] },
};

understood(
  'a choice in words of the values, though none of their phrases',
  { kind: 'choice', values: WORRIES },
  [
    ['it costs me an arm', 'price'],
    ['I never know what they cover', 'cover'],
    ["not knowing what's in there", 'cover'],
    ['nobody can be reached there', 'service'],
    ['it costs a lot but mostly the service', 'service'],
    ["I don't know", NOTHING],
    ['I know my neighbor sold his boat', NOTHING],
    ['reaching them costs a fortune', NOTHING],
    ["I've been on the phone all morning", NOTHING],
  ],
);

t.test('yes and no among words that elsewhere mean nothing', async t => {
  const asked = slotOf({ kind: 'yes_no' });
  for (const [text, answer] of [
    ['I believe so', true],
    ['I think so thanks', true],
    ["of course, I don't think so", undefined],
    ["I don't think so", false],
    ["I guess that's okay", true],
    ['not completely, like, no', false],
    ["it's not wrong", true],
    ['okay', true],
  ] as const)
    t.equal(scanFor(asked, text).answer, answer, text);
});

t.test('what takes something back is about the same slot again', async t => {
  const readers = ['deductible', 'contents'].map(slot => {
    const money = slotOf({ kind: 'money', maxCents: 100_000_000 });
    return {
      slot,
      wanted: slot === 'deductible',
      read: (tokens: readonly string[], from: number) => money.read(tokens, from, TODAY),
    };
  });
  const heard = (text: string) => Object.fromEntries(scan(tokensOf(text) ?? [], readers, false).slots);
  t.same(heard('five hundred dollars sorry two thousand dollars'), { deductible: [200_000] });
  t.same(heard('five hundred dollars and two thousand dollars'), {
    deductible: [50_000],
    contents: [200_000],
  });
});

t.test('a company that is spelled in one has the words in which it was heard', async t => {
  const spelled = (text: string, refused: readonly string[]) =>
    slotOf({ kind: 'company' }).spellable?.hear(tokensOf(text) ?? [], refused)?.groups;
  const letters = [...'sunrisebakery'].join(' ');
  t.same(spelled(letters, ['Sunrise Bakery']), [['Sunrise Bakery']]);
  t.same(spelled(letters, ['Certainly Sunrise Bakery']), [['Sunrise Bakery']]);
  t.same(spelled(letters, ['Sunrise Bakery SUNR and ISEBAKERY']), [['Sunrise Bakery']]);
  t.same(spelled(letters, ['Moonrise Bakery']), [['Sunrisebakery']]);
});
