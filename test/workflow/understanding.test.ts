import t from 'tap';
import { loadFlow } from '../../src/workflow/load.ts';
import type { FlowState, FlowStep, SlotValue } from '../../src/workflow/types.ts';

// A Saturday.
const TODAY = '2026-11-21';
const flow = await loadFlow('workflows', 'piano_removal');

function hear(
  state: FlowState,
  text: string,
  confidence = 0.9,
  alternatives: readonly string[] = [],
): FlowStep {
  return flow.next(state, { type: 'speech', text, confidence, alternatives }, { todayIso: TODAY });
}

function after(...answers: readonly string[]): FlowState {
  const start = flow.next(flow.initial, { type: 'start' }, { todayIso: TODAY }).state;
  return answers.reduce((state, text) => hear(state, text).state, start);
}

const ADDRESS = ['yes', 'a grand', '421 maple street', 'in boston', 'yes'] as const;
const ACCESS = ['ground floor', 'yes'] as const;
const at = {
  consent: after(),
  type: after('yes'),
  address: after('yes', 'a grand'),
  town: after('yes', 'a grand', '421 maple street'),
  floor: after(...ADDRESS),
  elevator: after(...ADDRESS, 'third floor'),
  flights: after(...ADDRESS, 'third floor', 'no'),
  date: after(...ADDRESS, ...ACCESS, '9 oak street in lowell', 'yes', ...ACCESS, 'no'),
} as const;

type Values = Readonly<Record<string, SlotValue>>;

/** The slots that a step set, unless it asks which of several was meant. */
function valuesOf(step: FlowStep): Values {
  return Object.fromEntries(
    step.effects.flatMap(effect => (effect.type === 'slotSet' ? [[effect.slot, effect.value]] : [])),
  );
}

const address = (origin_number: number, origin_street: string): Values => ({ origin_number, origin_street });
const date = (move_date: string): Values => ({ move_date });
const floor = (origin_floor: number): Values => ({ origin_floor });
const flights = (origin_flights: number): Values => ({ origin_flights });
const piano = (piano_type: string): Values => ({ piano_type });
const town = (origin_town: string): Values => ({ origin_town });

/** Nothing of it may count: the caller is asked again. */
const NOT_UNDERSTOOD: Values = {};

const TABLE: Readonly<Record<Exclude<keyof typeof at, 'consent'>, readonly (readonly [string, Values])[]>> = {
  type: [
    ["it's a baby grand", piano('baby_grand')],
    ['uh an upright piano', piano('upright')],
    ['grand', piano('grand')],
    ['I have a baby grand piano.', piano('baby_grand')],
    ['well I think it is an upright', piano('upright')],
    ['a concert grand', piano('grand')],
    ['not a grand, an upright', piano('upright')],
    ['an upright, no sorry, a baby grand', piano('baby_grand')],
    ['um it’s a small grand', piano('baby_grand')],
    ['grandmother', NOT_UNDERSTOOD],
    ["it's not a grand", NOT_UNDERSTOOD],
    ['yes', NOT_UNDERSTOOD],
    ['a violin', NOT_UNDERSTOOD],
    ['my brother says hello and wishes you a grand day off', NOT_UNDERSTOOD],
    ['upright or grand', NOT_UNDERSTOOD],
    ['', NOT_UNDERSTOOD],
    ['uh um', NOT_UNDERSTOOD],
  ],
  address: [
    ['four twenty one Maple Street', address(421, 'Maple Street')],
    ['421 Maple Street', address(421, 'Maple Street')],
    ["it's four hundred twenty one maple street", address(421, 'Maple Street')],
    ['four hundred and twenty one maple st.', address(421, 'Maple Street')],
    ['forty two oak avenue', address(42, 'Oak Avenue')],
    ['one oh five elm street', address(105, 'Elm Street')],
    ['one zero five elm street', address(105, 'Elm Street')],
    ['twelve hundred main street', address(1200, 'Main Street')],
    ['a hundred main street', address(100, 'Main Street')],
    ['twelve oh five main street', address(1205, 'Main Street')],
    ['nineteen ninety nine lincoln lane', address(1999, 'Lincoln Lane')],
    ['one thousand two hundred thirty four main lane', address(1234, 'Main Lane')],
    ['two thousand five main street', address(2005, 'Main Street')],
    ['four two one maple street', address(421, 'Maple Street')],
    ['uh four twenty one um maple street', address(421, 'Maple Street')],
    ['I live at 7 Oak Ln', address(7, 'Oak Lane')],
    ['the address is eighty eight church street', address(88, 'Church Street')],
    ['seven oak lane in boston', { ...address(7, 'Oak Lane'), origin_town: 'Boston, MA' }],
    ['7 Oak Lane, Salem, New Hampshire', { ...address(7, 'Oak Lane'), origin_town: 'Salem, NH' }],
    [
      'nine hundred abbey avenue worcester',
      { ...address(900, 'Abbey Avenue'), origin_town: 'Worcester, MA' },
    ],
    ['nine abbey', address(9, 'Abbey Avenue')],
    ['421', { origin_number: 421 }],
    ['maple street', { origin_street: 'Maple Street' }],
    ['421 maple', { origin_number: 421 }],
    ['ten thousand main street', { origin_street: 'Main Street' }],
    ['zero main street', { origin_street: 'Main Street' }],
    ['four twenty one', { origin_number: 421 }],
    ['four twenty one mabel', { origin_number: 421 }],
    ['i would rather not tell you where i live right now', NOT_UNDERSTOOD],
    ['third floor', NOT_UNDERSTOOD],
    ['street', NOT_UNDERSTOOD],
  ],
  town: [
    ['boston', town('Boston, MA')],
    ["it's in Boston", town('Boston, MA')],
    ['Salem, Massachusetts', town('Salem, MA')],
    ['salem new hampshire', town('Salem, NH')],
    ['salem nh', town('Salem, NH')],
    ['in the town of new bedford', town('New Bedford, MA')],
    ['uh manchester', town('Manchester, NH')],
    ['salem', NOT_UNDERSTOOD],
    ['san francisco', NOT_UNDERSTOOD],
    ['boston new hampshire', NOT_UNDERSTOOD],
    ['not boston', NOT_UNDERSTOOD],
  ],
  floor: [
    ['on the third floor', floor(3)],
    ['third', floor(3)],
    ['three', floor(3)],
    ['floor three', floor(3)],
    ['the 3rd floor', floor(3)],
    ['the twenty first floor', floor(21)],
    ['second story', floor(2)],
    ['not the second, the fourth floor', floor(4)],
    ['the basement', floor(0)],
    ['level five', floor(5)],
    ['fiftieth floor', NOT_UNDERSTOOD],
    ['the top floor', NOT_UNDERSTOOD],
    ['yes', NOT_UNDERSTOOD],
    ['a penthouse', NOT_UNDERSTOOD],
  ],
  elevator: [
    ['no elevator', { origin_elevator: false }],
    ['no', { origin_elevator: false }],
    ["there isn't an elevator", { origin_elevator: false }],
    ['no there is not', { origin_elevator: false }],
    ['uh nope', { origin_elevator: false }],
    ['not really', { origin_elevator: false }],
    ['yes there is an elevator', { origin_elevator: true, origin_flights: 0 }],
    ['yeah', { origin_elevator: true, origin_flights: 0 }],
    ['yes, there is', { origin_elevator: true, origin_flights: 0 }],
    ['okay', { origin_elevator: true, origin_flights: 0 }],
    ['yes no', NOT_UNDERSTOOD],
    ["I don't know", NOT_UNDERSTOOD],
    ['elephant', NOT_UNDERSTOOD],
    ['yesterday', NOT_UNDERSTOOD],
    ['nobody knows', NOT_UNDERSTOOD],
  ],
  flights: [
    ['two flights', flights(2)],
    ['two', flights(2)],
    ['2', flights(2)],
    ['two flights of stairs', flights(2)],
    ['a flight', flights(1)],
    ['just one flight', flights(1)],
    ['no stairs', flights(0)],
    ['none', flights(0)],
    ['a couple of flights', flights(2)],
    ['there are three flights of stairs', flights(3)],
    ['ninety flights', NOT_UNDERSTOOD],
    ['too many', NOT_UNDERSTOOD],
  ],
  date: [
    ['tomorrow', date('2026-11-22')],
    ['the day after tomorrow', date('2026-11-23')],
    ['friday', date('2026-11-27')],
    ['this friday', date('2026-11-27')],
    ['on saturday', date('2026-11-28')],
    ['next tuesday', date('2026-11-24')],
    ['next sunday', NOT_UNDERSTOOD],
    ['the fourteenth of march', date('2027-03-14')],
    ['march fourteenth', date('2027-03-14')],
    ['march the fourteenth', date('2027-03-14')],
    ['March 14th', date('2027-03-14')],
    ['march fourteen', date('2027-03-14')],
    ['sunday march fourteenth', date('2027-03-14')],
    ['march fourteenth twenty twenty seven', date('2027-03-14')],
    ['the third', date('2026-12-03')],
    ['the thirty first', date('2026-12-31')],
    ['december twenty fifth', date('2026-12-25')],
    ['3/14', date('2027-03-14')],
    ['2027-03-14', date('2027-03-14')],
    ['in two weeks', date('2026-12-05')],
    ['in ten days', date('2026-12-01')],
    ['a week from today', date('2026-11-28')],
    ['not tomorrow, the day after tomorrow', date('2026-11-23')],
    ['november twenty first', date('2027-11-21')],
    ['today', NOT_UNDERSTOOD],
    ['yesterday', NOT_UNDERSTOOD],
    ['february thirtieth', NOT_UNDERSTOOD],
    ['march fourteenth twenty twenty', NOT_UNDERSTOOD],
    ['2026-11-20', NOT_UNDERSTOOD],
    ['2028-03-14', NOT_UNDERSTOOD],
    ['in nine hundred weeks', NOT_UNDERSTOOD],
    ['march', NOT_UNDERSTOOD],
    ['as soon as you can', NOT_UNDERSTOOD],
  ],
};

for (const [question, phrases] of Object.entries(TABLE)) {
  t.test(`what callers say to the question of the ${question}`, async t => {
    for (const [text, expected] of phrases) {
      t.same(valuesOf(hear(at[question as keyof typeof at], text)), expected, JSON.stringify(text));
    }
  });
}

t.test('what means several things is asked about', async t => {
  const cases = [
    ['address', '421 maple', 'Is that Maple Street, Maple Avenue, or Maple Court?'],
    ['address', '421 maple boulevard', 'Is that Maple Street, Maple Avenue, or Maple Court?'],
    ['town', 'salem', 'Is that Salem, Massachusetts, or Salem, New Hampshire?'],
    [
      'date',
      'next sunday',
      'Is that Sunday, November the twenty ninth, or Sunday, November the twenty second?',
    ],
    ['type', 'upright or grand', 'Is that an upright piano, or a grand piano?'],
  ] as const;
  for (const [question, text, sentence] of cases) t.same(hear(at[question], text).say, [sentence], text);
  const offered = hear(at.address, '421 maple').state;
  for (const [text, street] of [
    ['maple avenue', 'Maple Avenue'],
    ['avenue', 'Maple Avenue'],
    ['the second one', 'Maple Avenue'],
    ['maple court please', 'Maple Court'],
  ] as const) {
    t.same(valuesOf(hear(offered, text)), { origin_street: street }, text);
  }
  t.same(valuesOf(hear(offered, 'yes')), {}, 'yes chooses none of three');
  t.match(hear(offered, 'none of them, no').say.join(' '), /What is the name of the street/);
});

t.test('consent is what was clearly said', async t => {
  const granted = (text: string, confidence = 0.9): boolean | undefined =>
    hear(at.consent, text, confidence).effects.find(effect => effect.type === 'consent')?.granted;
  for (const text of ['yes', 'I consent', 'yes you may', 'sure, go ahead'])
    t.equal(granted(text), true, text);
  for (const text of [
    'no',
    'I do not consent',
    "no I don't",
    'no thank you',
    'definitely not',
    'of course not',
  ])
    t.equal(granted(text), false, text);
  for (const text of [
    'maybe',
    'yes no',
    'who is this',
    'a baby grand',
    'definitely the not',
    'sure I would not',
  ])
    t.equal(granted(text), undefined, text);
  t.equal(granted('yes', 0.1), undefined, 'not below the threshold');
  t.equal(granted('yes', Number.NaN), undefined, 'not without a confidence');
});

t.test('a yes that a "not" takes back is asked again', async t => {
  for (const text of ['definitely the not', 'yes uh not', 'of course the not'])
    t.same(valuesOf(hear(at.elevator, text)), {}, text);
  t.match(valuesOf(hear(at.elevator, 'yes but not a big one')), { origin_elevator: true });
  t.match(valuesOf(hear(at.elevator, 'definitely not')), { origin_elevator: false });
});

t.test('an answer to a read-back may be less sure than others', async t => {
  const readBack = after('yes', 'a grand', '421 maple street', 'in boston');
  const isConfirmed = ({ effects }: FlowStep): boolean =>
    effects.some(effect => effect.type === 'slotSet' && effect.confirmed);
  t.ok(isConfirmed(hear(readBack, 'yup', 0.15)));
  t.notOk(isConfirmed(hear(readBack, 'yes', 0.05)));
  t.equal(hear(readBack, 'hello').minConfidence, 0.1);
  t.equal(flow.next(flow.initial, { type: 'start' }, { todayIso: TODAY }).minConfidence, 0.3, 'consent');
});

t.test('what is not sure is read back before it counts', async t => {
  const unsure = hear(at.type, 'a baby grand', 0.4);
  t.same(unsure.say, ['I have a baby grand piano.', 'Is that right?']);
  const yes = hear(unsure.state, 'yes');
  t.match(valuesOf(yes), { piano_type: 'baby_grand' });
  t.ok(yes.effects.some(effect => effect.type === 'slotSet' && effect.confirmed));
  const stray = hear(at.type, 'a rather heavy baby grand');
  t.same(stray.say, ['I have a baby grand piano.', 'Is that right?'], 'words that nothing explains');
});
