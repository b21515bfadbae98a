import t from 'tap';
import { sentimentOf } from '../../src/workflow/understand/sentiment.ts';
import { tokensOf } from '../../src/workflow/understand/tokens.ts';
import { flowFrom, Talking } from './rich_flows.ts';
import { SALES } from './sales_flow.ts';

const flow = flowFrom(SALES);

function unsure(call: Talking, text: string, confidence: number): void {
  call.hear({ type: 'speech', text, confidence, alternatives: [] });
}

t.test('what was heard counts for a rule once it was read back', async t => {
  const call = new Talking(flow);
  call.say('yes', 'roofer', 'fifty five');
  t.equal(call.state.stage, 'business', 'it may have been misheard');
  t.same(
    call.say('no', 'yes').say,
    ['Thank you.', 'Now the claims.', 'A specialist will call you.'].map(said =>
      said === 'Thank you.' ? 'Good.' : said,
    ),
  );
  t.match(call.effects.slice(-3), [
    { type: 'escalated', rule: 'when' },
    { type: 'scored' },
    { outcome: 'referred' },
  ]);
});

t.test('turns that were no answer, over the whole call', async t => {
  const call = new Talking(flow);
  call.say('yes', 'blue', 'roofer', 'green', 'seven', 'red');
  t.equal(call.state.done, false);
  t.same(call.say('purple').say.at(-1), 'A person will call you.');
  t.notOk(call.step.say.includes('Are you insured?'), 'and nothing more is asked');
  t.match(call.effects, [
    { type: 'consent' },
    {},
    {},
    { type: 'escalated', rule: 'misses' },
    {},
    { outcome: 'person' },
  ]);
});

t.test('a recogniser that is not sure several times in a row', async t => {
  const call = new Talking(flow);
  unsure(call, 'yes', 0.4);
  unsure(call, 'roofer', 0.4);
  unsure(call, 'seven', 0.9);
  unsure(call, 'yes', 0.4);
  unsure(call, 'yes', 0.45);
  t.equal(call.state.done, false);
  unsure(call, 'two', Number.NaN);
  t.match(call.effects.at(-3), { type: 'escalated', rule: 'confidenceBelow' });
});

t.test('a caller who is annoyed, and not calmed again', async t => {
  const call = new Talking(flow);
  call.say('yes this is ridiculous', 'roofer that is great');
  t.equal(call.state.memory.negative, 0);
  call.say('this is a waste of my time');
  t.equal(call.state.done, false);
  call.say('i am fed up with this');
  t.match(call.effects.at(-3), { type: 'escalated', rule: 'sentiment' });
  t.equal(call.state.stage, 'put_by');
});

t.test('objections of all kinds together', async t => {
  const call = new Talking(flow);
  call.say('yes', 'too expensive', 'not interested', 'call me later');
  t.equal(call.state.done, false);
  t.same(call.say('too expensive').say, [
    'It is paid by the month, for  too.',
    'I will send you something to read.',
  ]);
  t.match(call.effects.at(-3), { type: 'escalated', rule: 'objections' });
});

t.test('each rule leads elsewhere once', async t => {
  const text = SALES.replace('{ misses: 4, to: put_by }', '{ misses: 1, to: business }');
  const call = new Talking(flowFrom(text));
  call.say('yes', 'blue', 'roofer', 'twelve', 'yes', 'yes');
  t.equal(call.step.say.at(-1), 'How many claims?', 'all of that form is known already');
  call.say('two', 'red', 'green');
  t.equal(call.state.stage, 'history');
  t.equal(call.effects.filter(({ type }) => type === 'escalated').length, 1);
});

t.test('the words of callers who are annoyed with the call, and of others', async t => {
  const feels = (text: string) => sentimentOf(tokensOf(text) ?? []);
  for (const text of [
    'this is ridiculous',
    "I'm not happy with this",
    "you're not listening",
    'how many more questions',
    "I've already told you",
  ])
    t.equal(feels(text), -1, text);
  for (const text of [
    "I'm not annoyed",
    'three',
    'it was a terrible accident',
    'the roof is in bad shape',
    'great but this is taking too long',
  ])
    t.equal(feels(text), 0, text);
  for (const text of ['oh great', 'that helps', "that's perfect thank you"]) t.equal(feels(text), 1, text);
});

t.test('what is wrong with a rule is told with its place', async t => {
  for (const [from, to, what] of [
    ['slot: staff, above', 'slot: stuff, above', /escalation\.0\.when: there is no slot stuff/],
    [
      '{ misses: 4, to: put_by }',
      '{ misses: 4, to: put_bye }',
      /escalation\.1\.to: there is no stage put_bye/,
    ],
    [
      '{ misses: 4, to: put_by }',
      '{ misses: 4, objections: 2, to: put_by }',
      /escalation\.1: one of when, misses/,
    ],
    ['times: 3', 'times: 30', /escalation\.2/],
  ] as const)
    t.throws(
      () => flowFrom(SALES.replace(from, to)),
      { code: 'WORKFLOW_INVALID', detail: what },
      String(what),
    );
});
