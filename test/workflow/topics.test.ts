import t from 'tap';
import { flowFrom, Talking } from './rich_flows.ts';
import { SALES } from './sales_flow.ts';

const flow = flowFrom(SALES);

t.test('an objection is answered, each time in other words, and the question asked again', async t => {
  const call = new Talking(flow);
  call.say('yes', 'roofer');
  t.same(call.say("that's too expensive for me").say, ['Most people save money.', 'How many people?']);
  t.same(call.say('i cannot afford that').say, [
    'It is paid by the month, for roofer too.',
    'How many people?',
  ]);
  t.same(
    call.effects.filter(({ type }) => type === 'topic'),
    [
      { type: 'topic', topic: 'too_expensive', kind: 'objection', count: 1 },
      { type: 'topic', topic: 'too_expensive', kind: 'objection', count: 2 },
    ],
  );
  t.same(
    call.say('it costs so much').say,
    ['I will send you something to read.'],
    'and then it leads elsewhere',
  );
  t.equal(call.state.stage, 'soft_close');
});

t.test('the last answer is said again where a topic leads nowhere', async t => {
  const call = new Talking(flow);
  for (let times = 0; times < 3; times += 1)
    t.same(call.say('how long does this take').say, ['It takes five minutes.', 'May I record?']);
  t.match(call.state.memory.topics, { how_long: 3 });
});

t.test('a topic may lead elsewhere at once', async t => {
  t.equal(new Talking(flow).say('is the head of sales there').state.stage, 'put_by');
});

t.test('an answer that fits wins over a topic of no more words', async t => {
  const call = new Talking(flow);
  call.say('yes');
  t.same(call.say('too expensive trade').say, ['How many people?']);
  t.equal(call.value('trade'), 'too_expensive_trade');
  t.same(call.state.memory.topics, {});
});

t.test('what is said beside a topic is an answer all the same', async t => {
  const call = new Talking(flow);
  call.say('yes');
  t.same(call.say("i am a roofer but isn't it too expensive").say, [
    'Most people save money.',
    'How many people?',
  ]);
  t.equal(call.value('trade'), 'roofer');
  t.same(call.say('twelve and how long does it take').say, ['It takes five minutes.', 'Are you insured?']);
  t.equal(call.value('staff'), 12);
  t.same(call.say('yes how long does this take').say[0], 'It takes five minutes.');
  t.equal(call.value('insured'), true);
});

t.test('a yes or no beside an objection is a part of it', async t => {
  const call = new Talking(flow);
  call.say('yes', 'roofer', 'twelve', 'yes', 'yes', 'two');
  t.same(call.say("no that's too expensive").say, ['Most people save money.', 'Shall we come by?']);
  t.equal(call.value('booking'), undefined);
});

t.test('topics are heard in consent and in a read-back, which stay open', async t => {
  const call = new Talking(flow);
  t.same(call.say('how long does it take').say, ['It takes five minutes.', 'May I record?']);
  t.same(
    call.effects.filter(({ type }) => type === 'consent'),
    [],
  );
  call.say('yes', 'roofer', 'twelve', 'no');
  t.match(call.step.say, ['Roofer with twelve pieces.', 'Right?']);
  t.same(call.say('hm how long does it take').say, [
    'It takes five minutes.',
    'Roofer with twelve pieces.',
    'Right?',
  ]);
  t.equal(call.say('yes').state.stage, 'history');
});

t.test('what is denied is no objection, and what is unclear none either', async t => {
  const call = new Talking(flow);
  call.say('yes', 'it is not too expensive');
  t.same(call.state.memory.topics, {});
  call.hear({ type: 'speech', text: 'too expensive', confidence: 0.1, alternatives: [] });
  t.same(call.state.memory.topics, {});
});

t.test('what matters more than a topic is heard first', async t => {
  const call = new Talking(flow);
  call.say('take me off your list that is too expensive');
  t.match(call.effects, [{ type: 'intent', intent: 'optOut' }]);
  t.equal(call.state.done, true);
});

t.test('topics of an agent that hands the call on are counted on', async t => {
  const call = new Talking(flow);
  call.say('how long does it take');
  t.match(call.state.memory.topics, { how_long: 1 });
});

t.test('what is wrong with topics is told with its place', async t => {
  for (const [from, to, what] of [
    [
      'to: soft_close\n  how_long',
      'to: soft_clothes\n  how_long',
      /topics\.too_expensive\.to: there is no stage soft_clothes/,
    ],
    ['for {trade} too', 'for {trader} too', /topics\.too_expensive\.answers\.1: there is no slot trader/],
    ['"costs|cost too|so much"', '"costs|cost @nothing"', /phrases\.2: no class of words is called nothing/],
    ['"costs|cost too|so much"', '"? much"', /phrases\.2: a pattern begins with a word/],
    ['"costs|cost too|so much"', 'well', /phrases\.2: has no word that carries anything/],
    ['"costs|cost too|so much"', `"can't|cannot pay"`, /write can't\|cannot out/],
    ['    answers: [It takes five minutes.]\n', '', /topics\.how_long: needs answers/],
    ['kind: question\n    phrases: [how', 'kind: doubt\n    phrases: [how', /topics\.how_long\.kind/],
  ] as const)
    t.throws(
      () => flowFrom(SALES.replace(from, to)),
      { code: 'WORKFLOW_INVALID', detail: what },
      String(what),
    );
});
