import t from 'tap';
import { LIMITS } from '../../src/config/limits.ts';
import { confusionStep } from '../../src/workflow/understand/intents/confusion_chain.ts';
import { ACT_FROM, detectIntents } from '../../src/workflow/understand/intents/detect.ts';
import type { Asked, Intent } from '../../src/workflow/understand/intents/types.ts';

function acted(text: string, asked?: Asked): readonly Intent[] {
  return detectIntents(text, asked === undefined ? {} : { asked })
    .filter(({ confidence }) => confidence >= ACT_FROM)
    .map(({ intent }) => intent);
}

/** What is said, and what only sounds like it. */
const TABLE: Readonly<Record<Intent, { readonly says: readonly string[]; readonly not: readonly string[] }>> =
  {
    optOut: {
      says: [
        'take me off your list',
        'Please take me of your list.',
        'stop calling me',
        'I told you to stop calling me',
        'my mother says to take her off your list',
        'i revoke my consent',
        'uh take me take me off the the list',
        'do not call me again',
        'this is the last time you call me',
      ],
      not: [
        'for the last time my email is pat at example dot com',
        'for the last time call me at six one seven five five five oh one hundred',
        'take me off speaker',
        'stop by the house on monday',
        'put me on the list',
        "i'm not saying take me off the list",
        'my wife said stop calling him',
        "don't call me before nine",
        "i'm not interested",
        'remove my son from the policy',
      ],
    },
    transfer: {
      says: [
        'can i talk to a person',
        'representative',
        'get me a manager',
        "i don't want to talk to a robot",
        "can't you transfer me",
        "why don't you put me through to somebody",
      ],
      not: [
        "don't transfer me",
        'are you a real person',
        'i talked to a person yesterday',
        'have an agent call me next week',
        'i want to speak to my wife first',
        'i want to transfer my policy to a new car',
        'one person',
        'only one person',
      ],
    },
    repeat: {
      says: [
        'what did you say',
        'what what did did you you say',
        'sorry',
        'could you repeat that',
        "i didn't catch that",
        'huh',
      ],
      not: ["don't repeat that", 'uh-huh', 'sorry no', 'it happened again', 'thanks again'],
    },
    slower: {
      says: ['slow down', "you're talking too fast", 'your talking to fast', 'more slowly please'],
      not: [
        'can you hold the slower truck',
        'my doctor told me to slow down',
        'the other driver was going too fast',
        "you don't have to slow down",
      ],
    },
    louder: {
      says: ['speak up', "i can't hear you", "i can't here you", "you're very quiet"],
      not: [
        'can you hear me',
        'it is a quiet neighborhood',
        'the muffler is getting louder',
        'i can hear you now',
      ],
    },
    languageSwitch: {
      says: [
        'do you speak spanish',
        'en español por favor',
        'can we do this in french',
        "i don't speak english",
      ],
      not: ['we live on spanish oak drive', 'the other driver only spoke russian', "i don't need spanish"],
    },
    confused: {
      says: ["i don't understand", 'what do you mean', "you've lost me", 'i no understand'],
      not: ['i understand', "i don't know", 'i lost my keys', "i'm not confused", 'you know what i mean'],
    },
    abuse: {
      says: ['fuck you', "you're an idiot", 'shut up', "i'm going to find you and kill you"],
      not: [
        'some idiot hit my car',
        'i feel stupid asking this',
        "you're not stupid",
        'he called me an idiot',
      ],
    },
    emergency: {
      says: [
        'call nine one one',
        'my kitchen is on fire',
        "my wife isn't breathing",
        'i want to kill myself',
        'we had a fire last year and now the house is on fire',
      ],
      not: [
        'i live on emergency lane',
        'there was a fire in my kitchen last year',
        'i already called the police',
        "it's not an emergency",
        'does life insurance cover suicide',
      ],
    },
    cardAboutToBeSpoken: {
      says: [
        'my card number is',
        '4111 1111 1111 1111',
        '4444 4444 4444 4448',
        'four five three nine one four eight eight oh three four three six four six seven',
        'forty five thirty nine fourteen eighty eight oh three forty three sixty four sixty seven',
        'four triple one triple one one triple one triple one triple one',
        'the security code is four five six',
      ],
      not: [
        'the card is in my wallet',
        'the last four are one two three four',
        'my medicare card number is one two three four',
        "i'm not giving you my card number",
        'claim number four five three nine one four eight eight oh three four three six four six seven',
        'it is six one seven five five five one two one two',
        'tell me my credit score',
      ],
    },
  };

for (const [intent, { says, not }] of Object.entries(TABLE)) {
  t.test(`${intent}, and what only sounds like it`, async t => {
    for (const text of says) t.same(acted(text), [intent], text);
    for (const text of not) t.same(acted(text), [], text);
  });
}

t.test('one sentence may want several things', async t => {
  t.same(new Set(acted('take me off your fucking list')), new Set(['optOut', 'abuse']));
  t.same(new Set(acted('could you say that again more slowly')), new Set(['repeat', 'slower']));
});

t.test('what was asked says what a bare word means', async t => {
  for (const text of ['stop', 'quit', 'end', 'revoke', 'opt out', 'cancel', 'unsubscribe', 'uh stop please'])
    t.same(acted(text, 'optOut'), ['optOut'], text);
  t.same(acted('stop', 'yesNo'), ['optOut']);
  t.same(acted('stop'), [], 'it may be the voice that should stop');
  t.match(detectIntents('stop'), [{ intent: 'optOut', confidence: 0.4 }], 'which is worth a question');
  t.same(acted('cancel', 'choice'), []);
  t.same(acted('cancel'), []);
  t.same(acted('no keep me on', 'optOut'), []);
  for (const text of ['yes', 'yes please', 'no'])
    t.same(acted(text, 'person'), [], 'the business of the workflow');
  t.same(acted('four one one one', 'card'), ['cardAboutToBeSpoken']);
  t.same(acted('four one one one'), [], 'or a house');
});

t.test('says which words and which language', async t => {
  t.same(detectIntents('well uh take me off your list okay'), [
    { intent: 'optOut', confidence: 0.95, words: 'take me off your list' },
  ]);
  const language = (text: string): string | undefined => detectIntents(text)[0]?.language;
  t.equal(language('do you speak spanish'), 'es');
  t.equal(language("my father doesn't speak english he only speaks polish"), 'pl');
  t.equal(language("i don't speak english"), undefined);
  t.equal(language('can we go back to english'), 'en');
});

t.test('whatever is said, it answers and says the same again', async t => {
  const long = (words: string): string => `${words} `.repeat(Math.ceil(10_000 / words.split(' ').length));
  const hostile = [
    '',
    '   ',
    '\u0000\ud800\udfff',
    '停止给我打电话',
    '🙂'.repeat(10_000),
    '\ufdfa'.repeat(5_000),
    'a'.repeat(100_000),
    '4'.repeat(100_000),
    '__proto__ constructor toString hasOwnProperty',
    long('your a the an stupid dumb lying and just real worthless big old'),
    long('dont you i want need to have me say for take my this get the'),
    long('triple double four hundred thousand and oh'),
    long('fucking damn really please very'),
  ];
  for (const text of hostile) {
    const found = detectIntents(text);
    t.same(detectIntents(text), found);
    t.ok(found.every(({ confidence }) => confidence > 0 && confidence <= 1));
  }
  t.same(acted(''), []);
  t.same(acted('__proto__ constructor toString hasOwnProperty'), []);
});

t.test('of long speech the end counts', async t => {
  const chatter = 'the piano stands upstairs '.repeat(2_500);
  t.same(acted(`${chatter} take me off your list`), ['optOut']);
  t.same(acted(`take me off your list ${chatter}`), []);
  const words = Array.from({ length: LIMITS.intentWords + 50 }, (_, at) => `word${'x'.repeat(at % 7)}`).join(
    ' ',
  );
  t.same(acted(`stop calling me ${words}`), []);
});

t.test('who does not understand is told in other words, then by others', async t => {
  const chain = (canTransfer: boolean): readonly string[] =>
    [1, 2, 3, 4, 5, 6].map(times => confusionStep(times, { canTransfer }));
  t.same(chain(true), ['rephrase', 'simplify', 'examples', 'transfer', 'callback', 'callback']);
  t.same(chain(false), ['rephrase', 'simplify', 'examples', 'callback', 'callback', 'callback']);
  for (const times of [0, -3, Number.NaN]) t.equal(confusionStep(times, { canTransfer: true }), 'rephrase');
  t.equal(confusionStep(Number.POSITIVE_INFINITY, { canTransfer: true }), 'callback');
});
