import t from 'tap';
import { type Expansion, parseJsgf } from '../../../src/providers/stt/jsgf.ts';
import { compileWordGraph } from '../../../src/providers/stt/word_graph.ts';
import { expectation } from '../../../src/workflow/jsgf.ts';
import { REPAIRS } from '../../../src/workflow/kinds/repairs.ts';
import { flowOf, type LoadedFlow } from '../../../src/workflow/load.ts';
import type { FlowState, FlowStep, Heard, SlotValue } from '../../../src/workflow/types.ts';
import { PLACES } from '../../bench/small_flow.ts';
import { head } from '../desk_flows.ts';
import { randomOf } from '../simulated_caller.ts';
import { scanFor, slotOf, TODAY, type Wanted } from './heard.ts';

const BOOKED = `
  bye: { kind: end, outcome: booked, say: [Goodbye.] }
  later: { kind: end, outcome: callback, say: [Somebody will call you back.] }
`;

/** A form for slots of these kinds, one question each, that reads all of them back. */
function formOf(slots: Readonly<Record<string, string>>, repair: readonly string[] = ['again']): LoadedFlow {
  const names = Object.keys(slots);
  const steps = repair.map(by => `{ by: ${by}, prompt: Once more by ${by}. }`).join(', ');
  const said = names.map(name => `${name.replaceAll('_', ' ')} {${name}}`).join(', ');
  return flowOf(
    `${head('desk', 'form')}
slots:
${Object.entries(slots)
  .map(
    ([name, spec]) => `  ${name}: { part: ${name}, invalid: That can not be., repair: [${steps}], ${spec} }`,
  )
  .join('\n')}
stages:
  form:
    kind: form
    confirm: always
    questions:
${names.map(name => `      - { slots: [${name}], prompt: Your ${name}?, help: Tell me. }`).join('\n')}
    readBack: [{ say: "So ${said}." }]
    next: [{ to: bye }]
${BOOKED}`,
    'desk.yaml',
    PLACES,
  );
}

/** A sentence that the grammar allows. */
function sample(expansion: Expansion, random: () => number): string {
  switch (expansion.type) {
    case 'word':
      return expansion.word;
    case 'sequence':
      return expansion.parts.map(part => sample(part, random)).join(' ');
    case 'choice':
      return sample(expansion.options[Math.floor(random() * expansion.options.length)]!, random);
    case 'optional':
      return random() < 0.5 ? '' : sample(expansion.body, random);
    case 'repeat':
      return sample(expansion.body, random);
    case 'void':
      return '';
  }
}

class Call {
  step: FlowStep;
  readonly #flow: LoadedFlow;

  constructor(flow: LoadedFlow) {
    this.#flow = flow;
    this.step = flow.next(flow.initial, { type: 'start' }, { todayIso: TODAY });
  }

  /** Every state goes through a checkpoint. */
  hear(heard: Heard): string {
    const state = JSON.parse(JSON.stringify(this.step.state)) as FlowState;
    this.step = this.#flow.next(state, heard, { todayIso: TODAY });
    return this.step.say.join(' ');
  }

  say(text: string, confidence = 0.9): string {
    return this.hear({ type: 'speech', text, confidence, alternatives: [] });
  }

  press(digits: string): string {
    return this.hear({ type: 'keys', digits });
  }

  value(name: string): SlotValue | undefined {
    return this.step.state.slots[name]?.value;
  }
}

const NAME = 'kind: name';
const PHONE = 'kind: phone';
const EMAIL = 'kind: email';

t.test('a form of many kinds is filled in, read back as people say it, and confirmed', async t => {
  const call = new Call(
    formOf({
      who: NAME,
      phone: PHONE,
      email: EMAIL,
      policy: 'kind: code, pattern: AA-999999',
      revenue: 'kind: money, maxCents: 1000000000000',
      staff: 'kind: number, max: 500, unit: { one: employee, many: employees }',
      state: 'kind: us_state',
      born: 'kind: date, pastDays: 40000',
      hour: 'kind: time, from: "08:00", to: "18:00"',
      firm: 'kind: company',
      covers:
        'kind: choices, values: { auto: { say: auto, phrases: [auto] }, home: { say: home, phrases: [home] } }',
      story: 'kind: text, words: { max: 100 }',
    }),
  );
  for (const text of [
    'my name is john smith',
    'six one seven five five five oh one two three',
    'j smith at gmail dot com',
    'h o one two three four five six',
    'one point five million dollars',
    'about twelve',
    'massachusetts',
    'march third nineteen eighty four',
    'half past two',
    "we're called smith and sons l l c",
    'auto and home',
  ]) {
    t.match(call.say(text), /^Your [a-z]+\?$/, text);
  }
  const told = call.say('uh so a tree fell on my car and the operator said no');
  t.equal(
    told,
    'So who John Smith, phone six one seven, five five five, zero one two three, email J, smith at gmail dot com, ' +
      'policy H, O, one two three, four five six, revenue one million five hundred thousand dollars, ' +
      'staff twelve employees, state Massachusetts, ' +
      'born March the third, nineteen eighty four, hour two thirty in the afternoon, firm Smith and Sons L L C, ' +
      'covers auto and home, story a tree fell on my car and the operator said no. Right?',
  );
  call.say('yes');
  t.equal(call.step.state.done, true);
  t.strictSame(
    Object.fromEntries(Object.entries(call.step.state.slots).map(([name, { value }]) => [name, value])),
    {
      who: 'John Smith',
      phone: '+16175550123',
      email: 'jsmith@gmail.com',
      policy: 'HO-123456',
      revenue: 150_000_000,
      staff: 12,
      state: 'MA',
      born: '1984-03-03',
      hour: '14:30',
      firm: 'Smith and Sons LLC',
      covers: 'auto+home',
      story: 'a tree fell on my car and the operator said no',
    },
  );
  t.ok(Object.values(call.step.state.slots).every(({ confirmed }) => confirmed));
});

t.test('a read-back is corrected by the part and what it is', async t => {
  const call = new Call(formOf({ phone: PHONE, staff: 'kind: number, max: 500', zip: 'kind: zip' }));
  for (const text of ['six one seven five five five oh one two three', 'twelve', 'oh two one three nine'])
    call.say(text);
  t.match(call.say('no the staff is twenty'), /staff twenty, zip zero two one three nine/);
  t.match(call.say('no the zip code is oh two one four oh'), /zip zero two one four zero/);
  t.match(
    call.say('no my phone number is six one seven five five five oh one two four'),
    /zero one two four/,
  );
  t.equal(call.value('staff'), 20);
  t.match(call.say('no'), /Which: the phone, the staff, or the zip\?/);
  t.match(call.say('the staff'), /Once more by again/);
  t.match(call.say('thirty'), /staff thirty/);
});

t.test('one slot alone is corrected by the right value behind a no', async t => {
  const name = new Call(formOf({ who: NAME }));
  t.match(name.say('john smith'), /So who John Smith/);
  t.match(name.say('no john smythe'), /So who John Smythe/);
  const staff = new Call(formOf({ staff: 'kind: number, max: 500' }));
  staff.say('fifteen');
  t.match(staff.say("no it's fifty"), /So staff fifty/);
  t.match(staff.say('no'), /Once more by again/);
  t.match(staff.say('fifty five'), /So staff fifty five/);
  staff.say('yes');
  t.equal(staff.value('staff'), 55);
});

t.test('names are spelled where they were heard wrongly', async t => {
  const call = new Call(formOf({ who: NAME }, ['spelling', 'spelling']));
  call.say('jon smith');
  t.match(call.say('no'), /Once more by spelling/);
  t.same(call.step.expects, { kind: 'spelling' });
  t.match(call.say('s m y t h e'), /Spelled J, O, N; S, M, Y, T, H, E: Jon Smythe\. So who Jon Smythe/);
  t.match(call.say('no'), /Once more by spelling/);
  t.match(call.say('j o h n then s m i t h'), /So who John Smith/);
  call.say('yes');
  t.equal(call.value('who'), 'John Smith');
});

t.test('an e-mail is spelled whole, or what stands before its at', async t => {
  const call = new Call(formOf({ email: EMAIL }, ['spelling', 'spelling']));
  call.say('jon smith at gmail dot com');
  call.say('no');
  t.match(call.say('j o h n s m y t h'), /Spelled J, O as in Oscar, H, N, S, M, Y, T, H: /);
  t.equal(call.value('email'), 'johnsmyth@gmail.com');
  call.say('no');
  call.say('n as in nancy o r a dot l e e at a o l dot com');
  t.equal(call.value('email'), 'nora.lee@aol.com');
});

t.test('keys fill in what has keys', async t => {
  const cases: readonly (readonly [spec: string, keys: string, value: SlotValue | undefined])[] = [
    [PHONE, '6175550123', '+16175550123'],
    [PHONE, '16175550123#', '+16175550123'],
    [PHONE, '5550123', undefined],
    ['kind: zip', '02139', '02139'],
    ['kind: zip', '0213', undefined],
    ['kind: number, max: 10', '9', 9],
    ['kind: number, max: 10', '11', undefined],
    ['kind: money, maxCents: 1000000', '1250*50', 125_050],
    ['kind: money, maxCents: 1000000', '1250', 125_000],
    ['kind: money, maxCents: 1000000', '10001', undefined],
    ['kind: percent', '35', 35],
    ['kind: us_state', '68', undefined],
    ['kind: us_state', '63', undefined],
    ['kind: us_state', '89', 'TX'],
    ['kind: code, pattern: "99-99"', '1234', '12-34'],
    ['kind: code, pattern: "9999"', '123', undefined],
    ['kind: date, pastDays: 40000', '03141984', '1984-03-14'],
    ['kind: date, withinDays: 300', '0314', '2027-03-14'],
    ['kind: time, from: "08:00", to: "18:00"', '230', '14:30'],
    ['kind: time', '1430', '14:30'],
  ];
  for (const [spec, keys, value] of cases) {
    const call = new Call(formOf({ it: spec }));
    const said = call.press(keys);
    t.equal(call.value('it'), value, `${spec}: ${keys}`);
    if (value === undefined) t.match(said, /That can not be|Is it /, `${spec}: ${keys}`);
  }
});

t.test('what could be two values is asked about', async t => {
  const call = new Call(formOf({ hour: 'kind: time' }));
  t.equal(call.say('at nine'), 'Is it nine in the evening, or nine in the morning?');
  call.say('in the morning');
  t.equal(call.value('hour'), '09:00');
  const state = new Call(formOf({ state: 'kind: us_state' }));
  t.match(state.press('62'), /Is it Massachusetts, or North Carolina\?/);
  state.say('massachusetts');
  t.equal(state.value('state'), 'MA');
});

t.test('free words are no commands, and commands alone are no answers', async t => {
  for (const [kind, answer] of [
    ['kind: text, words: { max: 60 }', 'the operator told me'],
    ['kind: company', 'goodbye clothing'],
    [NAME, 'bill goodbye'],
  ] as const) {
    for (const [command, said] of [
      ["i don't know", /Tell me\. Your it\?/],
      ['repeat that', /Your it\?/],
      ['goodbye', /End this\?/],
      ['talk to a person', /Somebody will call you back/],
    ] as const) {
      const call = new Call(formOf({ it: kind }));
      t.match(call.say(command), said, `${kind}: ${command}`);
      t.equal(call.value('it'), undefined);
    }
    if (kind === NAME) continue;
    const call = new Call(formOf({ it: kind }));
    call.say(answer);
    t.ok(call.value('it'), answer);
  }
});

t.test('what stands in an account is not done', async t => {
  const call = new Call(formOf({ story: 'kind: text' }));
  call.say('i did not hear the other car coming because it was raining so loud that i did not hear it');
  t.match(call.value('story'), /^i did not hear the other car/);
  const short = new Call(formOf({ story: 'kind: text' }));
  t.match(short.say('sorry i did not hear you'), /^Your story\?$/);
  t.equal(short.value('story'), undefined);
});

t.test('a long account is taken, one that is too long is not', async t => {
  const flow = formOf({ story: 'kind: text, words: { max: 200 }' });
  const call = new Call(flow);
  const account = Array.from({ length: 180 }, (_, index) => `word${index}`).join(' ');
  call.say(account);
  t.equal(call.value('story'), account);
  call.say('no');
  t.match(call.say(`${account} ${account}`), /That can not be/);
  t.equal(call.value('story'), undefined);
});

t.test('what was said of a short question is not taken at length', async t => {
  const call = new Call(formOf({ who: NAME }));
  t.match(call.say('john smith '.repeat(100)), /What\?/);
});

t.test('answers say what kind they are of', async t => {
  const cases: readonly (readonly [string, object | undefined])[] = [
    [PHONE, { kind: 'digits', digits: 10 }],
    ['kind: zip', { kind: 'digits', digits: 5 }],
    ['kind: code, pattern: "9999"', { kind: 'digits', digits: 4 }],
    ['kind: code, pattern: AA99', undefined],
    [EMAIL, { kind: 'email' }],
    [NAME, undefined],
    ['kind: text', { kind: 'open' }],
    ['kind: number, max: 10', { kind: 'choice' }],
    ['kind: date, pastDays: 400', { kind: 'date' }],
  ];
  for (const [spec, expects] of cases) t.same(new Call(formOf({ it: spec })).step.expects, expects, spec);
});

const KINDS: readonly Wanted[] = [
  { kind: 'name' },
  { kind: 'company' },
  { kind: 'text' },
  { kind: 'phone' },
  { kind: 'email' },
  { kind: 'number', max: 5_000 },
  { kind: 'percent' },
  { kind: 'money', maxCents: 1e9 },
  { kind: 'us_state' },
  { kind: 'zip' },
  { kind: 'code', pattern: '9999' },
  { kind: 'date', pastDays: 100 },
  { kind: 'time' },
  { kind: 'floor', max: 9, basement: false },
  { kind: 'count', max: 9, unit: { one: 'flight', many: 'flights' } },
  { kind: 'house_number', max: 999 },
  { kind: 'choices', values: { a: { say: 'a', phrases: ['one'] }, b: { say: 'b', phrases: ['two'] } } },
  { kind: 'choice', values: { a: { say: 'a', phrases: ['one'] }, b: { say: 'b', phrases: ['two'] } } },
  { kind: 'yes_no' },
];

t.test('a kind is repaired in the ways that it has', async t => {
  for (const wanted of KINDS) {
    const { spellable, digits, fromKeys } = slotOf(wanted);
    const ways = [spellable && 'spelling', digits && 'digits', fromKeys && 'keys'].filter(
      way => way !== undefined,
    );
    t.same(ways, REPAIRS[wanted.kind], wanted.kind);
  }
  t.throws(() => formOf({ it: 'kind: text' }, ['spelling']), /text can not be spelled; use again/);
  t.throws(() => formOf({ it: 'kind: code, pattern: AA99' }, ['keys']), /code has no keys; use again/);
});

t.test('a local recogniser can compile what it is to expect', async t => {
  for (const wanted of KINDS) {
    const { grammar, digits, spellable } = slotOf(wanted);
    for (const part of [grammar, digits, spellable?.grammar]) {
      if (part === undefined) continue;
      const rules = Object.entries(part.rules).map(([name, body]) => `<${name}> = ${body};`);
      const jsgf = `#JSGF V1.0;\ngrammar answer;\n${rules.join('\n')}\npublic <answer> = ${part.expansion} | goodbye;\n`;
      t.ok(compileWordGraph(parseJsgf(jsgf)).arcs.length > 0, wanted.kind);
    }
  }
});

t.test('whatever a grammar lets through is understood', async t => {
  for (const wanted of KINDS.filter(({ kind }) => kind !== 'text' && kind !== 'yes_no')) {
    const asked = slotOf(wanted);
    const { jsgf } = expectation('x', asked.grammar);
    const grammar = parseJsgf(jsgf);
    const random = randomOf(3);
    const lost: string[] = [];
    for (let count = 0; count < 200; count += 1) {
      const text = sample(grammar, random).replaceAll(/ +/g, ' ').trim();
      if (scanFor(asked, text).slots.get('asked') === undefined) lost.push(text);
    }
    t.same(lost.slice(0, 8), [], wanted.kind);
  }
});

t.test('settings that leave no value are refused', async t => {
  for (const [spec, what] of [
    ['kind: number, min: 5, max: 4', /min must not be above max/],
    ['kind: money, minCents: 500, maxCents: 400', /minCents must not be above maxCents/],
    ['kind: time, from: "18:00", to: "08:00"', /from must not be after to/],
    ['kind: date, withinDays: 0', /no day can be told/],
    ['kind: code, pattern: "AB12"', /A for a letter/],
    ['kind: us_state, only: [XY]', /the code of a state/],
    ['kind: text, words: { max: 1000 }', /250/],
    ['kind: text, words: { min: 9, max: 3 }', /min must not be above max/],
    [
      'kind: choices, values: { none: { say: a, phrases: [a] }, b: { say: b, phrases: [b] } }',
      /none is what is stored/,
    ],
  ] as const) {
    t.throws(() => formOf({ it: spec }), what, spec);
  }
});
