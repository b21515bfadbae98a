import t from 'tap';
import { fixedSentences, promptPatterns } from '../../src/workflow/prompts.ts';
import { conversation, insurer } from './insurance_flow.ts';

function lastSaid(words: readonly string[], flow = insurer()): readonly string[] {
  return conversation(flow, words).at(-1)?.say ?? [];
}

function faultOf(from: string, to: string): string {
  try {
    insurer(yaml => {
      if (!yaml.includes(from)) throw new Error(`nothing matches ${from}`);
      return yaml.replace(from, to);
    });
    return 'taken';
  } catch (error) {
    return (error as { detail?: string }).detail ?? String(error);
  }
}

t.test('a text is said as the law of the caller’s state has it', async t => {
  t.same(lastSaid(['california']), [
    'This call is recorded, which the law of California has me tell you.',
    'May I record this call?',
  ]);
  t.match(lastSaid(['new york'])[0], 'This call may be recorded.');
  const early = insurer(yaml =>
    yaml.replace('This is {persona_name}', 'Hello, {notice}. This is {persona_name}'),
  );
  t.equal(
    lastSaid([], early)[0],
    'Hello, this call may be recorded. This is Robin of Harmony Insurance.',
    'the default',
  );
  const plain = insurer(yaml =>
    yaml
      .replace('texts:\n', 'texts:\n  licence: { default: { say: we are licensed, source: x } }\n')
      .replace('[Goodbye.]', '["{licence}."]'),
  );
  t.ok(fixedSentences(plain).includes('We are licensed.'), 'one without variants');
});

t.test('consent where all parties must agree', async t => {
  const announced = ['This call may be recorded.', 'This call is recorded.', 'How can I help you?'];
  t.same(lastSaid(['new york']), announced, 'elsewhere it is announced');
  const [, step] = conversation(insurer(), ['new york']);
  t.match(step?.effects, [{ type: 'slotSet' }, { type: 'consent', granted: true }]);
  const first = insurer(yaml =>
    yaml
      .replace('start: state', 'start: consent')
      .replace('to: desk', 'to: state')
      .replace('to: consent', 'to: desk'),
  );
  t.match(
    lastSaid([], first),
    ['This call may be recorded.', 'May I record this call?'],
    'asked where nothing is known',
  );
  t.match(
    lastSaid(
      ['california'],
      insurer(yaml => yaml, { recordingConsent: 'announce' }),
    )[1],
    'This call is recorded.',
  );
  t.notMatch(
    lastSaid(
      ['new york'],
      insurer(yaml => yaml, { recordingConsent: 'never' }),
    ).join(),
    /record this call|is recorded\./,
  );
});

t.test('who listens for sentences knows all variants', async t => {
  const said = promptPatterns(insurer()).map(({ template }) => template);
  t.ok(said.includes('This call may be recorded.'));
  t.ok(said.includes('This call is recorded, which the law of {state} has me tell you.'));
  t.notOk(said.some(template => template.includes('{notice}')));
  t.ok(
    fixedSentences(insurer()).includes('This is Robin of Harmony Insurance.'),
    'persona and variable are put in',
  );
});

t.test('a model is told who it is, and in which tone', async t => {
  const flow = insurer();
  const talk = flow.talk?.(conversation(flow, ['new york']).at(-1)!.state);
  t.match(
    talk?.instructions,
    /^You are Robin, the automated assistant of Harmony Insurance\. Be warm.* You like dogs\.\n\nSell plans\.$/,
  );
  const concise = insurer(yaml => yaml.replace('tone: friendly', 'tone: concise'));
  t.match(concise.talk?.(conversation(concise, ['new york']).at(-1)!.state)?.instructions, /Be brief/);
});

t.test('what can’t be is refused', async t => {
  const cases: readonly (readonly [from: string, to: string, fault: RegExp])[] = [
    [
      '    slot: state\n    default',
      '    slot: stat\n    default',
      /texts\.notice\.slot: there is no slot stat/,
    ],
    ['    slot: state\n    default', '    default', /texts\.notice: slot must say/],
    [
      '    ca: { say',
      '    tx: { say',
      /insurer\.yaml:33:5: texts\.notice\.tx: state is never tx; its values are ca, ny/,
    ],
    ['law of {state}', 'law of {stat}', /texts\.notice\.ca\.say\.0: there is no slot stat/],
    ['law of {state}', 'law of {notice}', /there is no slot notice/],
    [', source: 18 U.S.C. 2511', '', /texts\.notice\.default\.source/],
    ['states: [ca]', 'states: [ca, tx]', /stages\.consent\.twoParty\.states\.1: state is never tx/],
    ['twoParty: { slot: state', 'twoParty: { slot: stat', /twoParty\.slot: there is no slot stat/],
    ['  notice:\n', '  plan:\n', /texts\.plan: is a slot as well/],
    ['company: Harmony', 'notice: Harmony', /texts\.notice: is a variable as well/],
    ['company: Harmony', 'persona_name: Harmony', /variables\.persona_name: is filled in by the engine/],
    ['tone: friendly', 'tone: rude', /persona\.tone/],
    ['title: Insurer', 'title: Insurer\nlanguages: [de-DE]', /languages\.0: .*en-US/],
  ];
  for (const [from, to, fault] of cases) t.match(faultOf(from, to), fault, to);
});
