import t from 'tap';
import { loadFlow } from '../../src/workflow/load.ts';
import type { FlowState, FlowStep } from '../../src/workflow/types.ts';
import { MASK, withoutCard, withoutNumbers } from '../../src/workflow/understand/intents/mask_card.ts';
import { talkFlow } from '../agent/talk_flow.ts';

const piano = await loadFlow('workflows', 'piano_removal');
const talker = talkFlow();
const now = { todayIso: '2026-11-21' };

function hear(state: FlowState, text: string, flow = piano, confidence = 0.9): FlowStep {
  return flow.next(state, { type: 'speech', text, confidence, alternatives: [] }, now);
}

/** Where the piano mover asks for the type of the piano. */
const consent = piano.next(piano.initial, { type: 'start' }, now);
const asked = hear(consent.state, 'no');
const question = asked.say.at(-1)!;
const greeted = talker.next(talker.initial, { type: 'start' }, now);

function intentsOf(step: FlowStep): readonly string[] {
  return step.effects.flatMap(effect => (effect.type === 'intent' ? effect.intent : []));
}

t.test('no more calls: it is confirmed, a fact, and the end, whatever was asked', async t => {
  for (const state of [consent.state, asked.state]) {
    const step = hear(state, 'take me off your list please');
    t.match(step.say[0], /do not call you again/);
    t.match(step.say.at(-1), /Goodbye/);
    t.same(intentsOf(step), ['optOut']);
    t.ok(step.state.done);
  }
  const led = hear(greeted.state, 'stop calling me', talker);
  t.same(intentsOf(led), ['optOut']);
  t.ok(led.state.done);
});

t.test('words that leave it open are asked about, and nothing is done before the yes', async t => {
  const address = hear(asked.state, 'a grand piano');
  const unsure = hear(address.state, 'stop');
  t.same(unsure.say, ['Would you like us not to call you again?']);
  t.same(intentsOf(unsure), []);
  t.same(intentsOf(hear(unsure.state, 'yes')), ['optOut']);
  t.same(intentsOf(hear(unsure.state, 'stop')), ['optOut'], 'the same word again is a yes');
  const no = hear(unsure.state, 'no');
  t.same(no.say, address.say.slice(-1));
  t.notOk(no.state.done);
});

t.test('a way of its own for who wants no more calls', async t => {
  const yaml = (text: string) =>
    text
      .replace('exits: {', 'exits: { optOut: removed,')
      .replace('stages:', 'stages:\n  removed: { kind: end, outcome: removed, say: [Farewell.] }');
  const step = hear(
    talkFlow(yaml).next(talker.initial, { type: 'start' }, now).state,
    'do not call me again',
    talkFlow(yaml),
  );
  t.equal(step.say.at(-1), 'Farewell.');
});

t.test('a person is wanted', async t => {
  for (const [state, flow] of [
    [asked.state, piano],
    [greeted.state, talker],
  ] as const) {
    const step = hear(state, 'let me speak to a real person', flow);
    t.same(intentsOf(step), ['transfer']);
    t.match(step.say.join(' '), /call(s)? you back/);
  }
});

t.test('a zero asks for a person where it is no answer, keyed or said', async t => {
  const wishes = [
    ...['0', '00'].map(digits => ({ type: 'keys', digits }) as const),
    ...['zero', '0', 'zero please'].map(
      text => ({ type: 'speech', text, confidence: 0.9, alternatives: [] }) as const,
    ),
  ];
  for (const wish of wishes) {
    // Whether it may be recorded, and a choice.
    for (const state of [consent.state, asked.state]) {
      const step = piano.next(state, wish, now);
      t.same(intentsOf(step), ['transfer'], `${JSON.stringify(wish)} in ${state.stage}`);
      t.match(step.say.join(' '), /call you back/);
    }
  }
  t.same(intentsOf(talker.next(greeted.state, { type: 'keys', digits: '0' }, now)), ['transfer']);
  t.same(intentsOf(piano.next(asked.state, { type: 'keys', digits: '01' }, now)), []);
  t.same(intentsOf(hear(asked.state, 'zero one two')), [], 'the beginning of something else');
});

t.test('a zero is an answer where a number is asked for', async t => {
  // No flights of stairs; a house number that can not be.
  const flights = said(
    'a grand piano',
    '12 maple street in salem massachusetts',
    'yes',
    'third floor',
    'no',
  ).at(-1)!;
  t.match(flights.say.at(-1), /flights/);
  for (const step of [
    piano.next(flights.state, { type: 'keys', digits: '0' }, now),
    hear(flights.state, 'zero'),
  ]) {
    t.equal(step.state.slots.origin_flights?.value, 0);
    t.same(intentsOf(step), []);
  }
  const [house] = said('a grand piano');
  t.match(house!.say.at(-1), /street address/);
  const zero = { type: 'keys', digits: '0' } as const;
  for (const again of [hear(house!.state, 'zero'), piano.next(house!.state, zero, now)]) {
    t.same(intentsOf(again), [], 'it may be the beginning of one');
    t.match(again.say.at(-1), /street address/);
    t.same(intentsOf(hear(again.state, 'zero')), ['transfer'], 'and is none where it comes again');
    t.same(intentsOf(piano.next(again.state, zero, now)), ['transfer']);
  }
});

/** What the piano mover says to each of these, from its first question on. */
function said(...texts: readonly string[]): readonly FlowStep[] {
  let step = asked;
  return texts.map(text => (step = hear(step.state, text)));
}

t.test('who asks whether it is a person is told, and not put through', async t => {
  for (const words of ['are you a real person', 'well am I talking to a machine', 'is this a robot']) {
    const step = hear(asked.state, words);
    t.same(step.say, ['I am an automated assistant, not a person.', question], words);
  }
  t.ok(hear(asked.state, 'a real person please').state.done);
});

t.test('slower and louder: it is said again in that manner, and stays so', async t => {
  const slower = hear(asked.state, 'can you speak slower please');
  t.same(slower.say, ['I will speak more slowly.', ...asked.say]);
  t.same(slower.delivery, { tempo: 0.85, gainDb: 0 });
  const slowest = hear(slower.state, 'slow down please');
  t.same(slowest.delivery, { tempo: 0.72, gainDb: 0 });
  t.same(slowest.say, slower.say, 'and not that it will be slower twice');
  t.same(hear(slowest.state, 'slow down please').delivery, { tempo: 0.72, gainDb: 0 });
  const louder = hear(slowest.state, 'please speak louder');
  t.same(louder.delivery, { tempo: 0.72, gainDb: 6 });
  t.same(hear(louder.state, 'a grand piano').delivery, { tempo: 0.72, gainDb: 6 });
  t.equal(asked.delivery, undefined);
});

t.test('what a model said last is said again', async t => {
  const memory = {
    ...greeted.state.memory,
    talk: [
      { by: 'caller', text: 'when' },
      { by: 'agent', text: 'At eight.' },
    ],
  };
  const state = { ...greeted.state, memory };
  t.same(hear(state, 'could you repeat that', talker).say, ['At eight.']);
  const slower = hear(state, 'speak more slowly', talker);
  t.same(slower.say, ['I will speak more slowly.', 'At eight.']);
  t.ok(talker.talk?.(slower.state), 'the model has the floor again');
  t.same(talker.talk?.(slower.state)?.turns.slice(-2), [
    { by: 'caller', text: 'speak more slowly' },
    { by: 'agent', text: 'I will speak more slowly. At eight.' },
  ]);
  t.ok(
    talker.concerns?.(state, { type: 'speech', text: 'speak more slowly', confidence: 1, alternatives: [] }),
  );
  t.notOk(
    talker.concerns?.(state, { type: 'speech', text: 'do you move organs', confidence: 1, alternatives: [] }),
  );
});

t.test(
  'who does not understand hears it in other words, in simpler ones, with examples, and then of a person',
  async t => {
    let step = hear(asked.state, "i don't understand the question");
    t.equal(step.say[0], 'Let me put it another way.');
    t.equal(step.say.at(-1), question);
    step = hear(step.state, "i don't understand what you mean");
    t.equal(step.say[0], 'Let me make it simpler.');
    t.match(step.say[1], /Which type of piano/);
    step = hear(step.state, "i don't understand");
    t.match(step.say[0], /^You can say an upright piano, or a baby grand piano/);
    const person = hear(step.state, "i don't understand");
    t.match(person.say.join(' '), /call you back/);
    const answered = hear(step.state, 'an upright piano');
    t.equal(
      hear(answered.state, "i don't understand").say[0],
      'Let me put it another way.',
      'from the beginning',
    );
  },
);

t.test('a model explains by itself, three times', async t => {
  const lost = "i don't understand";
  const told = (times: number) => ({
    ...greeted.state,
    memory: {
      ...greeted.state.memory,
      talk: Array.from({ length: times }, () => [
        { by: 'caller', text: lost },
        { by: 'agent', text: 'I mean this.' },
      ]).flat(),
    },
  });
  const heard = { type: 'speech', text: lost, confidence: 1, alternatives: [] } as const;
  t.notOk(talker.concerns?.(told(2), heard));
  t.ok(talker.concerns?.(told(3), heard));
  t.match(hear(told(3), lost, talker).say.join(' '), /call you back/);
});

t.test('abuse is answered calmly, then with a warning, then with the end of the call', async t => {
  let step = hear(asked.state, 'you stupid piece of shit');
  t.match(step.say[0], /polite/);
  step = hear(step.state, 'fuck you');
  t.match(step.say[0], /can not go on/);
  step = hear(step.state, 'fuck you');
  t.match(step.say[0], /end this call/);
  t.ok(step.state.done);
});

t.test('danger comes before everything else, and is not talked over', async t => {
  const step = hear(asked.state, 'there is a fire in my house right now take me off your list');
  t.match(step.say, [/nine one one/]);
  t.equal(step.interruptible, false);
  t.same(intentsOf(step), ['emergency']);
  t.notOk(step.state.done);
});

t.test('another language, of which there is none', async t => {
  const step = hear(asked.state, 'can we speak spanish please');
  t.same(step.say, ['I am sorry, I only speak English.', question]);
  t.notSame(hear(asked.state, 'can we speak english').say[0], step.say[0]);
});

t.test('the number of a card is asked not to be told, and does not reach the model', async t => {
  t.match(hear(asked.state, 'let me give you my card number').say, [/Please do not tell me/, question]);
  const step = hear(
    greeted.state,
    'it is four one one one one one one one one one one one one one one one',
    talker,
  );
  t.same(intentsOf(step), ['cardAboutToBeSpoken']);
  t.notMatch(JSON.stringify(step.state), /one one/);
  const pieces = ['my card number is', 'four one one one', 'one one one one'];
  const told = pieces.reduce((state, text) => hear(state, text, talker).state, greeted.state);
  t.notMatch(JSON.stringify(told), /one one/, 'in pieces, too');
  t.same(intentsOf(hear(greeted.state, 'my zip code is four one one one', talker)), []);
});

t.test('words that answer as well are an answer, and unclear ones are nothing', async t => {
  const both = hear(asked.state, 'pardon a grand piano');
  t.same(intentsOf(both), []);
  t.ok(both.state.slots.piano_type);
  t.same(intentsOf(hear(asked.state, 'take me off your list', piano, 0.1)), []);
});

t.test('digits of a card are left out of what is written down', async t => {
  for (const [text, left] of [
    ['my card is 4111 1111 1111 1111 and it expires soon', `my card is ${MASK} and it expires soon`],
    ['four one one one, one one one one, one one one one, one one one one.', `${MASK}.`],
    ['my house number is 4111', 'my house number is 4111'],
    ['', ''],
  ] as const)
    t.equal(withoutCard(text), left);
  t.equal(withoutNumbers('then 1111 and oh two three on the second'), `then ${MASK} on the second`);
  t.equal(withoutNumbers('one of them'), 'one of them');
});
