import t from 'tap';
import { loadFlow } from '../../src/workflow/load.ts';
import type { FlowState, FlowStep, Heard } from '../../src/workflow/types.ts';

const TODAY = '2026-11-21';
const flow = await loadFlow('workflows', 'piano_removal');

function next(state: FlowState, heard: Heard): FlowStep {
  return flow.next(state, heard, { todayIso: TODAY });
}

function hear(state: FlowState, text: string, alternatives: readonly string[] = []): FlowStep {
  return next(state, { type: 'speech', text, confidence: 0.9, alternatives });
}

function after(...answers: readonly string[]): FlowStep {
  const start = next(flow.initial, { type: 'start' });
  return answers.reduce((step, text) => hear(step.state, text), start);
}

const READ_BACK = ['yes', 'a grand', '421 maple street', 'in boston'] as const;

t.test('a street is read back, asked again, spelled, and spelled again', async t => {
  const readBack = after(...READ_BACK);
  t.same(readBack.say, [
    'For the pick up I have four twenty one Maple Street in Boston, Massachusetts.',
    'Is that right?',
  ]);
  const which = hear(readBack.state, 'no');
  t.same(which.say, ['Which part is wrong: the number, the street, or the town?']);
  const again = hear(which.state, 'the street');
  t.equal(again.say.at(-1), 'What is the name of the street at the pick up?');
  const refused = hear(again.state, 'maple street');
  t.match(refused.say.at(-1), /^Please spell the street name/, 'a refused value is not offered again');
  const spelled = hear(refused.state, 'w e e b');
  t.same(
    spelled.say.slice(0, 2),
    [
      'I have the spelling W, E, B, B: Webb.',
      'For the pick up I have four twenty one Webb Street in Boston, Massachusetts.',
    ],
    'letters that sound alike',
  );
});

t.test('spelling as people do it', async t => {
  const spelling = after(...READ_BACK, 'no', 'the street', 'maple street').state;
  for (const text of [
    'w e double b',
    'W. E. B. B.',
    'w e b b webb',
    'w as in william e as in easy b as in boy b as in boy',
    'w for water e b b',
    'uh w e b b',
  ]) {
    t.match(hear(spelling, text).say[0], /W, E, B, B: Webb/, text);
  }
  const town = after(...READ_BACK, 'no', 'the town').state;
  t.match(
    hear(town, 'p e t f o r t').say.at(-1),
    /Is that Bedford, New Hampshire, or Bedford, Massachusetts/,
  );
  t.match(hear(spelling, 'q x').say.at(-1), /spell/, 'letters of no street');
  t.match(hear(spelling, 'oak avenue').say[0], /Oak Avenue/, 'the name instead of letters');
  t.match(
    hear(spelling, 'm a p l e').say.at(-1),
    /Is that Maple Street, Maple Avenue, or Maple Court/,
    'an exact spelling takes a refusal back',
  );
});

t.test('a house number is repaired by digits and keys, and then a person calls back', async t => {
  const again = after(...READ_BACK, 'no', 'the number');
  t.equal(again.say.at(-1), 'What is the house number at the pick up?');
  const digits = hear(again.state, '421');
  t.match(digits.say.at(-1), /digit by digit/);
  const readBack = hear(digits.state, 'four one two');
  t.match(readBack.say[0], /four twelve Maple Street/);
  const keys = hear(hear(readBack.state, 'no').state, 'the number');
  t.match(keys.say.at(-1), /telephone keys/);
  const keyed = next(keys.state, { type: 'keys', digits: '142' });
  t.match(keyed.say[0], /one forty two Maple Street/);
  const end = hear(hear(keyed.state, 'no').state, 'the number');
  t.ok(end.state.done);
  t.match(end.say.join(' '), /A person from our team will call you back/);
  t.has(end.effects.at(-1), { type: 'outcome', outcome: 'callback' });
});

t.test('names and dates by keys, which are not misheard', async t => {
  const keys = (state: FlowState, digits: string): FlowStep => next(state, { type: 'keys', digits });
  const street = after(...READ_BACK, 'no', 'the street');
  t.match(keys(street.state, '9322').say.join(' '), /Is that Webb Street, Webb Avenue, or Webb Road/);
  t.match(keys(street.state, '62753#').say.join(' '), /Is that Maple Street/, 'a refusal is taken back');
  t.match(keys(street.state, '99999').say.join(' '), /did not|not understand/, 'keys of no street');
  const town = after(...READ_BACK, 'no', 'the town');
  t.match(keys(town.state, '569355').say.join(' '), /Maple Street in Lowell, Massachusetts/);
  const end = ['9 oak street in lowell', 'yes', 'ground floor', 'yes', 'no'] as const;
  const date = after(...READ_BACK, 'yes', 'ground floor', 'yes', ...end, 'mumble');
  t.match(keys(date.state, '0314').say.join(' '), /March the fourteenth/);
  for (const digits of ['1332', '0230', '314', '']) t.same(keys(date.state, digits).effects, [], digits);
});

t.test('corrections in the same breath', async t => {
  const readBack = after(...READ_BACK).state;
  for (const [text, said] of [
    ['no, forty two oak avenue', 'forty two Oak Avenue in Boston, Massachusetts'],
    ['no, the number is nine twelve', 'nine twelve Maple Street in Boston, Massachusetts'],
    ["no it's oak street", 'four twenty one Oak Street in Boston, Massachusetts'],
    ['actually, in lowell', 'four twenty one Maple Street in Lowell, Massachusetts'],
    ['lowell', 'four twenty one Maple Street in Lowell, Massachusetts'],
    ['not boston, lowell', 'four twenty one Maple Street in Lowell, Massachusetts'],
  ] as const) {
    const step = hear(readBack, text);
    t.ok(step.say.includes(`For the pick up I have ${said}.`), `${text}: ${step.say.join(' ')}`);
  }
  t.match(hear(readBack, 'yes, 421 maple street').say.join(' '), /What floor/, 'a yes that repeats');
  t.match(hear(readBack, 'not boston').say.join(' '), /Which town/);
});

t.test('what else was heard is offered once', async t => {
  const heard = hear(after('yes', 'a grand').state, '421 maple street in boston', [
    '421 mabel',
    '421 oak street in boston',
  ]);
  const which = hear(heard.state, 'no');
  const offered = hear(which.state, 'the street');
  t.equal(offered.say.at(-1), 'Did you say Oak Street?');
  t.match(hear(offered.state, 'yes').say[0], /four twenty one Oak Street/);
  const no = hear(offered.state, 'no');
  t.match(no.say.at(-1), /spell/);
});

t.test('a misheard "no" does not shut the right value out', async t => {
  const date = after(
    'yes',
    'a grand',
    '421 maple street in boston',
    'yes',
    'ground floor',
    'yes',
    '9 oak street in lowell',
    'yes',
    'ground floor',
    'yes',
    'no',
    'march fourteenth',
    'no',
  );
  const again = hear(date.state, 'march fourteenth');
  t.equal(again.say.at(-1), 'On which date should we move it?', 'not offered at once');
  const insisted = hear(again.state, 'march fourteenth');
  t.match(
    insisted.say.join(' '),
    /The move is on Sunday, March the fourteenth/,
    'but when it is insisted on',
  );
});

t.test('what is not yes is no', async t => {
  const step = after(...READ_BACK, 'yes', 'third floor', 'yes', 'no', 'the elevator');
  t.match(step.say.at(-1), /How many flights/);
});

t.test('a changed floor brings back the questions that it had answered', async t => {
  const ground = after(...READ_BACK, 'yes', 'ground floor');
  t.match(ground.say[0], /ground floor/);
  const second = hear(ground.state, 'no, the second floor');
  t.match(second.say.at(-1), /Is there an elevator/);
  const stairs = hear(second.state, 'no');
  t.match(stairs.say.at(-1), /How many flights/);
  t.notOk('origin_flights' in stairs.state.slots, 'and forgets what followed');
});

t.test('words that steer the call', async t => {
  const type = after('yes');
  t.same(hear(type.state, 'say that again').say, type.say);
  t.same(hear(type.state, 'sorry, what').say, type.say);
  t.match(hear(type.state, "I don't know").say.join(' '), /You can say upright/);
  const bye = hear(type.state, 'goodbye');
  t.same(bye.say, ['Would you like to end this call?'], 'no single word ends a call');
  t.same(hear(bye.state, 'no').say, ['What type of piano do you want to move?']);
  const gone = hear(bye.state, 'yes');
  t.ok(gone.state.done);
  t.has(gone.effects.at(-1), { type: 'outcome', outcome: 'given_up' });
  const over = hear(hear(after(...READ_BACK).state, 'start over').state, 'yes');
  t.same(over.state.slots, {});
  t.match(over.say.at(-1), /What type of piano/);
  const back = hear(after('yes', 'a grand').state, 'go back');
  t.same(back.say, ['What type of piano do you want to move?']);
  t.same(back.state.slots, {});
  const person = hear(type.state, 'let me talk to a person');
  t.has(person.effects.at(-1), { type: 'outcome', outcome: 'callback' });
});

t.test('silence is met with patience, and then with a goodbye', async t => {
  let step = after('yes');
  const said: string[] = [];
  while (!step.state.done && said.length < 10) {
    step = next(step.state, { type: 'silence' });
    said.push(step.say[0] ?? '');
  }
  t.same(said.slice(0, 3), ['I did not hear you.', 'I still can not hear you.', 'I did not hear you.']);
  t.has(step.effects.at(-1), { type: 'outcome', outcome: 'callback' });
  t.same(next(step.state, { type: 'silence' }).say, [], 'nothing is said after the end');
});

t.test('a caller who is never understood is called back', async t => {
  let step = after('yes');
  for (let turn = 0; turn < 40 && !step.state.done; turn += 1) step = hear(step.state, 'mumble mumble');
  t.has(step.effects.at(-1), { type: 'outcome', outcome: 'callback' });
});

t.test('a call that goes round in circles comes to an end', async t => {
  let step = after('yes');
  for (let turn = 0; turn < 400 && !step.state.done; turn += 1) step = hear(step.state, 'say that again');
  t.has(step.effects.at(-1), { type: 'outcome', outcome: 'callback' });
});

t.test('keys answer yes-or-no questions and house numbers, and nothing else', async t => {
  const keys = (state: FlowState, digits: string): FlowStep => next(state, { type: 'keys', digits });
  t.has(keys(after().state, '1').effects[0], { type: 'consent', granted: true });
  t.has(keys(after().state, '2').effects[0], { type: 'consent', granted: false });
  t.same(keys(after().state, '12').effects, []);
  t.same(keys(after('yes').state, '1').effects, []);
  const address = after('yes', 'a grand').state;
  t.has(keys(address, '421#').effects[0], { type: 'slotSet', slot: 'origin_number', value: 421 });
  for (const digits of ['0', '99999999999', '*', '4*2', ''])
    t.same(keys(address, digits).effects, [], digits);
});

t.test('consent by policy', async t => {
  const announced = await loadFlow('workflows', 'piano_removal', { recordingConsent: 'announce' });
  const step = announced.next(announced.initial, { type: 'start' }, { todayIso: TODAY });
  t.match(step.say.join(' '), /automated assistant.*This call is recorded\. What type of piano/);
  t.same(step.effects, [{ type: 'consent', kind: 'recording', granted: true }]);
  const never = await loadFlow('workflows', 'piano_removal', { recordingConsent: 'never' });
  const silent = never.next(never.initial, { type: 'start' }, { todayIso: TODAY });
  t.same(silent.effects, []);
  t.notMatch(silent.say.join(' '), /record/);
});
