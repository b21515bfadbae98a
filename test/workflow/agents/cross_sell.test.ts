import t from 'tap';
import { AGE_FACTORS, PRODUCTS, STATE_FACTORS } from '../../../demo/back_office/seed/people.ts';
import { money } from '../../../src/spoken/numbers.ts';
import { AgentCall, type Tools } from './agent_call.ts';

const BORN = 'January the thirteenth, nineteen eighty seven';
const given = { client_phone: '+15185550102', first_name: 'Aisha', state: 'NY' };

/** The monthly price by the tables of the office. */
function priceOf(id: string, state: string, age: number): number {
  const { monthly_cents } = PRODUCTS.find(product => product.id === id)!;
  const { factor } = AGE_FACTORS.find(({ from, to }) => from <= age && age <= to)!;
  return Math.round((monthly_cents * (STATE_FACTORS[state] ?? 1000) * factor) / 1_000_000);
}

const tools: Tools = {
  get_client: ({ born }) =>
    born === '1987-01-13'
      ? {
          client_id: 'CT100003',
          first_name: 'Aisha',
          state: 'NY',
          plan: 'bronze',
          coverage_gap: 'dental',
          age: 39,
        }
      : 'failed',
  get_client_eligibility: () => ({ eligible: true, coverage_gap: 'dental', state: 'NY', age: 39 }),
  get_product_pricing: ({ product_id, state, age }) => ({
    monthly_cents: priceOf(String(product_id), String(state), Number(age)),
    yearly_most_cents: PRODUCTS.find(({ id }) => id === product_id)!.yearly_most_cents,
    waiting_months: PRODUCTS.find(({ id }) => id === product_id)!.waiting_months,
  }),
  check_broker_availability: ({ from_day }) => ({
    broker_id: 'BR100001',
    broker_name: 'Helen Ward',
    first_date: from_day ?? '2026-11-24',
    first_time: '09:00',
    second_date: from_day ?? '2026-11-24',
    second_time: '13:30',
  }),
  a_week_later: () => ({ later_date: '2026-11-30' }),
  schedule_appointment: () => ({ appointment_id: 'AP200001' }),
  update_client_notes: () => ({}),
  create_task: () => ({}),
  opt_out: () => ({}),
};

function begin(more: Tools = {}, start: object = {}): Promise<AgentCall> {
  return AgentCall.begin('cross_sell', { ...tools, ...more }, { given, ...start });
}

/** Up to the prices. */
async function presented(more: Tools = {}): Promise<AgentCall> {
  const call = await begin(more);
  call.say('sure go ahead', BORN, 'yes');
  return call;
}

t.test('from the introduction to the appointment, with the prices of the office', async t => {
  const call = await begin();
  t.same(call.said, [
    'Hello, this is Robin, the automated assistant of Harmony Insurance.',
    'If you want no more calls from us, just say so at any time.',
    'This call may be recorded for quality.',
    'I am calling because something may be missing in your plan.',
    'Is this a good time for three minutes?',
  ]);
  t.same(call.say('sure go ahead'), [
    'All right.',
    'To be sure that I speak with the right person, what is your date of birth?',
  ]);
  t.same(call.say(BORN), [
    'You were born on January the thirteenth, nineteen eighty seven.',
    'Is that right?',
  ]);
  const [basic, plus] = ['dental_basic', 'dental_plus'].map(id => money(priceOf(id, 'NY', 39)));
  t.same(call.say('yes').slice(1), [
    'One moment, please.',
    'Aisha, your bronze plan does not include dental cover.',
    `You could add Dental Basic for ${basic} a month, which pays up to one thousand dollars a year.`,
    `Or Dental Plus for ${plus} a month, which pays up to two thousand dollars a year, after three months of waiting.`,
    'This is information and not an offer. A licensed broker goes through it with you before anything is signed.',
    'Which would suit you better, Dental Basic or Dental Plus?',
  ]);
  call.say('the basic one', 'two people');
  t.same(call.say('longer ago'), [
    'So Dental Basic for two people, and you saw a dentist more than a year ago.',
    'Is that right?',
  ]);
  t.same(call.say('yes').slice(1), [
    'A licensed broker does the rest with you by telephone, in about a quarter of an hour.',
    'Shall I find a time for that call?',
  ]);
  t.same(call.say('yes'), [
    'All right.',
    'I have Tuesday, November the twenty fourth at nine in the morning, or Tuesday, November the twenty fourth at one thirty in the afternoon.',
    'Which of the two suits you?',
  ]);
  t.same(call.say('the second one'), [
    'Good, the second time.',
    'I am booking that for you.',
    'To sum up: Helen Ward calls you on Tuesday, November the twenty fourth at one thirty in the afternoon.',
    'A confirmation goes to the e-mail address of your file.',
    `It is about Dental Basic, at ${basic} a month for one person.`,
    'One last question: from one to five, how pleasant was this call?',
  ]);
  t.same(call.keys('5'), [
    'Thank you.',
    'You can reach us at any time at six one seven, five five five, zero one nine nine.',
    'Thank you for your time, Aisha. Goodbye.',
  ]);
  t.equal(call.outcome, 'booked');
  t.same(call.used.find(({ tool }) => tool === 'schedule_appointment')?.args, {
    broker_id: 'BR100001',
    date: '2026-11-24',
    time: '13:30',
    with_id: 'CT100003',
    subject: 'Add dental to the plan',
  });
  t.match(call.used.at(-1), {
    tool: 'update_client_notes',
    args: { client_id: 'CT100003', text: 'Talked about dental, call with the broker is booked. Score 90.' },
  });
});

t.test('where both parties have to agree it is asked', async t => {
  const call = await begin({}, { given: { ...given, state: 'MA' } });
  t.equal(
    call.said.at(-1),
    'In Massachusetts we need your consent to record this call. May I record this call?',
  );
  t.match(call.say('no thank you')[0], /not recorded/);
});

t.test(
  'the same objection is answered twice, each time otherwise, and then the question is asked again',
  async t => {
    const call = await presented();
    const asked = 'Which would suit you better, Dental Basic or Dental Plus?';
    const first = call.say("that's too expensive for me");
    const second = call.say('it still sounds expensive');
    t.match(first[0], /begin with the smaller one/);
    t.match(second[0], /the broker can tell you/i);
    t.same([first.at(-1), second.at(-1)], [asked, asked]);
    call.say('neither', 'yes');
    t.equal(call.said.at(-1), 'Would you like a broker to look at it with you all the same?');
    call.say('no leave it');
    t.equal(call.outcome, 'declined');
    t.notOk(call.tools.includes('schedule_appointment'));
  },
);

t.test('what is wrong is put right, and only that is asked again', async t => {
  const call = await presented();
  call.say('plus', 'three people', 'within the last year');
  t.match(
    call.say("no, it's four people").join(' '),
    /So Dental Plus for four people, and you saw a dentist within the last year\./,
  );
  call.say('yes');
  t.same([call.value('dental_wish'), call.value('people_covered')], ['plus', 4]);
});

t.test('who suits neither time gets two a week later', async t => {
  const call = await presented();
  call.say('plus', 'one', 'this year', 'yes', 'yes', 'neither of them');
  t.same(call.said.slice(-2), [
    'Then let me look a week later.',
    'Do mornings or afternoons suit you better?',
  ]);
  t.match(
    call.say('mornings').join(' '),
    /There is Monday, November the thirtieth at nine in the morning, or /,
  );
  t.match(call.used.at(-1)?.args, { from_day: '2026-11-30', part_of_day: 'morning' });
  t.match(
    call.say('the first one').join(' '),
    /To sum up: Helen Ward calls you on Monday, November the thirtieth/,
  );
});

t.test('who wants no more calls is written down and left alone', async t => {
  const call = await presented();
  t.same(call.say('take me off your list'), ['I will see to it that we do not call you again.', 'Goodbye.']);
  t.same(call.used.at(-1), { tool: 'opt_out', args: { phone: '+15185550102' } });
  t.equal(call.outcome, 'removed');
  const failing = await presented({ opt_out: () => 'failed' });
  failing.say('stop calling me');
  t.equal(failing.outcome, 'removed', 'also where the list can not be reached');
});

t.test('who wants a person has the broker told', async t => {
  const call = await presented();
  t.match(call.say('can I talk to a real person'), ['Your broker will call you.', /Goodbye/]);
  t.match(call.used.at(-1), { tool: 'create_task', args: { about: '+15185550102' } });
  t.equal(call.outcome, 'callback');
});

t.test('whom the date of birth does not match gets a second try, and hears nothing of the plan', async t => {
  const call = await begin();
  call.say('yes', 'March the third, nineteen eighty', 'yes');
  t.match(call.said.slice(-2), ['I did not find you by that date.', /once more, with the year/]);
  const right = await begin();
  right.say('yes', 'March the third, nineteen eighty', 'yes', BORN, 'yes');
  t.match(right.said.join(' '), /bronze plan/);
  call.say('March the fourth, nineteen eighty', 'yes');
  t.equal(call.outcome, 'not_verified');
  t.notMatch(call.said.join(' '), /plan does not|bronze/);
});

t.test('without the price list no price is named, and a time is offered', async t => {
  const call = await presented({ get_product_pricing: () => 'failed' });
  t.notMatch(call.said.join(' '), /dollar/);
  t.match(call.said, [
    /./,
    /./,
    /./,
    /I can not reach our price list/,
    /broker/,
    'Shall I find a time for that call?',
  ]);
});

t.test('a time that is gone, and one of which nobody knows', async t => {
  for (const [became, outcome] of [
    ['failed', 'callback'],
    ['unknown', 'to_be_confirmed'],
  ] as const) {
    const call = await presented({ schedule_appointment: () => became });
    call.say('plus', 'one', 'this year', 'yes', 'yes', 'the first one');
    t.equal(call.outcome, outcome);
    t.notMatch(call.said.join(' '), /To sum up/);
  }
});

t.test('a call that broke off is taken up', async t => {
  const broken = await presented();
  broken.say('plus', 'three people');
  const call = await begin({}, { earlier: { state: broken.state, minutesAgo: 4 } });
  call.say('yes');
  t.ok(call.said.length > 0);
  const told = await begin({}, { earlier: { state: broken.state, minutesAgo: 4 } });
  t.match(told.said.slice(-2), [
    'We were cut off, and had got to dental cover.',
    'Shall we go on from there?',
  ]);
  t.same(told.say('yes'), ['First something that only you know.', 'What is your date of birth?']);
  t.match(told.say(BORN).at(-1), /When did you last see a dentist/);
  t.same([told.value('dental_wish'), told.value('people_covered')], ['plus', 3]);
});
