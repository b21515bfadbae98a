import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { LIMITS } from '../../src/config/limits.ts';
import { callFlow } from '../../src/workflow/call_flow.ts';
import { loadFlows } from '../../src/workflow/load.ts';
import type { Flow, FlowState, FlowStep } from '../../src/workflow/types.ts';
import { DESK, FRONT, flowsOf, QUOTES, TALKER } from './desk_flows.ts';

const NOW = { todayIso: '2026-11-21' };

/** What a caller says, one thing after the other, to a call that begins with `name`. */
function talk(flows: ReadonlyMap<string, Flow>, name: string, ...said: readonly string[]) {
  const faults: unknown[] = [];
  const flow = callFlow(flows, name, { onFault: error => faults.push(error) });
  let step = flow.next(flow.initial, { type: 'start' }, NOW);
  const effects = [...step.effects];
  for (const text of said) {
    step = flow.next(step.state, { type: 'speech', text, confidence: 1, alternatives: [] }, NOW);
    effects.push(...step.effects);
  }
  return { flow, step, effects, faults };
}

function valuesOf({ slots }: FlowState): Record<string, unknown> {
  return Object.fromEntries(Object.entries(slots).map(([slot, { value }]) => [slot, value]));
}

function handedOver(effects: FlowStep['effects']): string[] {
  return effects.flatMap(effect => (effect.type === 'handedOver' ? `${effect.from} ${effect.to}` : []));
}

t.test('what one workflow knows, the next one does not ask', async t => {
  const flows = flowsOf([DESK, QUOTES], { recordingConsent: 'never' });
  const { flow, step, effects } = talk(flows, 'desk', 'a big one', 'the second floor');
  t.same(step.say, ['I pass you on.', 'What town is it in?'], 'no second greeting');
  t.equal(step.state.workflow, 'quotes');
  t.equal(step.state.version, flows.get('quotes')?.version);
  t.same(valuesOf(step.state), { size: 'big', floor: 2 });
  t.same(handedOver(effects), ['desk quotes']);
  t.equal(step.effects.filter(({ type }) => type === 'slotSet').length, 1, 'the record has both already');

  const again = flow.next(
    step.state,
    { type: 'speech', text: 'repeat that', confidence: 1, alternatives: [] },
    NOW,
  );
  t.same(again.say, ['I pass you on.', 'What town is it in?'], 'all that was said is said again');

  const whole = talk(flows, 'desk', 'big', 'second floor', 'in acton', 'yes');
  t.ok(whole.step.state.done);
  const confirmed = whole.effects.filter(effect => effect.type === 'slotSet' && effect.confirmed);
  t.same(
    confirmed.map(effect => effect.type === 'slotSet' && [effect.slot, effect.value, effect.sensitive]),
    [
      ['size', 'big', false],
      ['floor', 2, true],
      ['town', 'Acton, MA', false],
    ],
    'its own form reads them back',
  );
});

t.test('who speaks and what is recorded is told once in a call, and never left out', async t => {
  const asking = flowsOf([DESK, FRONT, QUOTES]);
  const { step } = talk(asking, 'desk', 'big', 'second floor');
  t.same(step.say, ['I pass you on.', 'Quotes robot here.', 'May I record?'], 'nobody had asked');

  const refused = talk(asking, 'front', 'no', 'big', 'second floor');
  t.same(refused.step.say, ['I pass you on.', 'What town is it in?']);
  const consents = refused.effects.flatMap(effect => (effect.type === 'consent' ? effect.granted : []));
  t.same(consents, [false], 'and the refusal holds');

  const silent = flowsOf([DESK.replace('    say: [Desk robot here.]\n', ''), QUOTES], {
    recordingConsent: 'never',
  });
  t.match(
    talk(silent, 'desk', 'big', 'second floor').step.say,
    ['I pass you on.', 'Quotes robot here.'],
    'where the first one did not say who speaks, the next one does',
  );

  const whole = flowsOf([DESK, QUOTES.replace('takeOver: { start: ask }\n', '')], {
    recordingConsent: 'never',
  });
  t.match(
    talk(whole, 'desk', 'big', 'second floor').step.say,
    ['I pass you on.', 'Quotes robot here.', 'What town is it in?'],
    'a workflow that does not say otherwise begins as always',
  );
});

t.test('a model leads to another workflow by a way', async t => {
  const flows = flowsOf([TALKER, QUOTES], { recordingConsent: 'never' });
  const { flow, step } = talk(flows, 'talker');
  t.equal(flow.talk?.(step.state)?.instructions, 'You are the front desk.');
  const left = flow.leaveTalk!(step.state, 'quote', NOW);
  t.same(left.say, ['One moment.', 'What size is it?']);
  t.same(handedOver(left.effects), ['talker quotes']);
  t.equal(flow.talk?.(left.state), undefined);
  t.equal(step.state.workflow, 'talker', 'the state before is as it was');

  const unknownTools = [{ signature: 'book {}', key: 'call:1' }];
  const told = { ...step.state, memory: { ...step.state.memory, talked: 3, slower: 1, unknownTools } };
  t.match(
    flow.leaveTalk!(told, 'quote', NOW).state.memory,
    { talked: 3, slower: 1, unknownTools },
    'what a tool was asked for is not forgotten, nor how the caller wants to be spoken to',
  );
});

t.test('slots by other names, and none but those', async t => {
  const mapped = DESK.replace('    to: quotes\n', '    to: quotes\n    slots: { weight: size }\n');
  const quotes = QUOTES.replace('slots:', `slots:${'\n  weight:'}${sizeAs()}`);
  const { step, effects } = talk(
    flowsOf([mapped, quotes], { recordingConsent: 'never' }),
    'desk',
    'big',
    'first floor',
  );
  t.same(valuesOf(step.state), { weight: 'big' });
  t.match(effects.at(-1), { type: 'slotSet', slot: 'weight', value: 'big', confirmed: false });
});

/** The lines of the slot `size` below its name. */
function sizeAs(): string {
  return QUOTES.slice(QUOTES.indexOf('  size:') + '  size:'.length, QUOTES.indexOf('  floor:'));
}

t.test('a value that is none for the next workflow is asked for', async t => {
  const other = QUOTES.replace('      small: { say: a small one, phrases: [small, small one] }', '').replace(
    '      big: { say: a big one, phrases: [big, big one] }',
    '      vast: { say: vast, phrases: [vast] }\n      tiny: { say: tiny, phrases: [tiny] }',
  );
  const open = { recordingConsent: 'never' } as const;
  t.same(valuesOf(talk(flowsOf([DESK, other], open), 'desk', 'big', 'second floor').step.state), {
    floor: 2,
  });
  const low = QUOTES.replace('max: 9', 'max: 1');
  t.same(valuesOf(talk(flowsOf([DESK, low], open), 'desk', 'big', 'second floor').step.state), {
    size: 'big',
  });
  const plain = QUOTES.replace('    sensitive: true\n', '');
  t.same(
    valuesOf(talk(flowsOf([DESK, plain], open), 'desk', 'big', 'second floor').step.state),
    { size: 'big' },
    'what is sensitive goes nowhere where it would not be',
  );
});

t.test('what the workflow between has no use for is there for the one after it', async t => {
  const open = { recordingConsent: 'never' } as const;
  const between = QUOTES.replaceAll('quotes', 'between')
    .replace(/ {2}size:[\s\S]*? {2}town:/, '  town:')
    .replace(/ {6}- \{ slots: \[(size|floor)\].*\n/g, '')
    .replace('"{size} on the {floor} in {town}."', '"In {town}."')
    .replace('next: [{ to: bye }]', 'next: [{ to: pass_on }]')
    .concat('  pass_on: { kind: hand_off, to: quotes }\n');
  const flows = flowsOf([DESK.replace('to: quotes', 'to: between'), between, QUOTES], open);
  const { step, effects } = talk(flows, 'desk', 'big', 'second floor', 'in acton', 'yes');
  t.same(handedOver(effects), ['desk between', 'between quotes']);
  t.same(valuesOf(step.state), { size: 'big', floor: 2, town: 'Acton, MA' });
  t.same(step.say, ['Good.', 'A big one on the second floor in Acton, Massachusetts.', 'Right?']);
});

t.test('whoever wants a person may be handed on, without what was hardly understood', async t => {
  const desk = DESK.replace('person: later', 'person: pass_on');
  const flows = flowsOf([desk, QUOTES], { recordingConsent: 'never' });
  for (const [confidence, known] of [
    [0.9, { size: 'big' }],
    [0.4, {}],
  ] as const) {
    const { flow, step } = talk(flows, 'desk');
    const say = (state: FlowState, text: string, sure: number) =>
      flow.next(state, { type: 'speech', text, confidence: sure, alternatives: [] }, NOW);
    const sized = say(step.state, 'big', confidence);
    const { state } = say(sized.state, 'i want to speak to a person', 1);
    t.equal(state.workflow, 'quotes');
    t.same(valuesOf(state), known);
  }
});

t.test('a call that can not be handed over is told so, and ends as its workflow says', async t => {
  const options = { recordingConsent: 'never' } as const;
  const alone = talk(flowsOf([DESK], options), 'desk', 'big', 'second floor');
  t.same(alone.step.say, ['I pass you on.', 'Sorry.', 'Somebody will call you back.']);
  t.match(alone.step.state, { workflow: 'desk', stage: 'later', done: true });
  t.match(alone.faults, [{ code: 'WORKFLOW_UNKNOWN' }]);
  t.match(alone.effects.at(-1), { type: 'outcome', outcome: 'callback' });
  t.same(handedOver(alone.effects), []);

  const broken = new Map<string, Flow>(flowsOf([DESK, QUOTES], options));
  broken.set('quotes', {
    ...broken.get('quotes')!,
    takeOver: () => {
      throw new RangeError('broken');
    },
  });
  const kept = talk(broken, 'desk', 'big', 'second floor');
  t.match(kept.step.state, { workflow: 'desk', stage: 'later', done: true });
  t.match(kept.faults, [{ message: 'broken' }]);
});

t.test('calls are handed around in circles so often and no more', async t => {
  const there = DESK.replace('to: quotes', 'to: front').replace('takeOver', 'x');
  const back = FRONT.replace('to: quotes', 'to: desk');
  const flows = flowsOf([there.replace('start: hello', 'start: hello\ntakeOver: { start: hello }'), back], {
    recordingConsent: 'never',
  });
  const { step, effects, faults } = talk(flows, 'desk', 'big', 'second floor');
  t.equal(handedOver(effects).length, LIMITS.handOffs);
  t.match(step.state, { stage: 'later', done: true });
  t.match(faults, [{ code: 'WORKFLOW_INVALID', detail: /more than 8 times/ }]);
});

t.test('hand-offs that lead nowhere are refused when the files are loaded', async t => {
  const folder = await mkdtemp(join(tmpdir(), 'workflows-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  await cp('workflows/places', join(folder, 'places'), { recursive: true });
  const handing = (to: string): string => DESK.replace('    to: quotes\n', to);
  const quotes = `${QUOTES}`;
  for (const [name, desk, near, what, receiver] of [
    ['to nobody', handing('    to: nobody\n'), 'to: nobody', /there is no workflow nobody/, quotes],
    ['to itself', handing('    to: desk\n'), 'to: desk', /is this workflow itself/, quotes],
    [
      'a slot that is not here',
      handing('    to: quotes\n    slots: { size: weight }\n'),
      'size: weight',
      /there is no slot weight/,
      quotes,
    ],
    [
      'a slot that is not there',
      handing('    to: quotes\n    slots: { weight: size }\n'),
      'weight: size',
      /weight of quotes is not there/,
      quotes,
    ],
    [
      'a slot of another kind',
      handing('    to: quotes\n    slots: { town: floor }\n'),
      'town: floor',
      /town of quotes is of kind town, not floor/,
      quotes,
    ],
    [
      'a choice of other values',
      handing('    to: quotes\n    slots: { size: size }\n'),
      'size: size',
      /size of quotes has none of its values/,
      quotes.replace('      big:', '      vast:').replace('      small:', '      tiny:'),
    ],
    [
      'a sensitive slot to one that is not',
      handing('    to: quotes\n    slots: { floor: floor }\n'),
      'floor: floor',
      /floor of quotes must be sensitive as well/,
      quotes.replace('    sensitive: true\n', ''),
    ],
    [
      'the same by its name',
      DESK,
      'pass_on:\n',
      /floor is sensitive here but not in quotes/,
      quotes.replace('    sensitive: true\n', ''),
    ],
    [
      'a beginning that is not there',
      DESK,
      '',
      /quotes\.yaml:\d+:\d+: takeOver\.start: there is no stage/,
      quotes.replace('start: ask', 'start: task'),
    ],
  ] as const) {
    await writeFile(join(folder, 'desk.yaml'), desk);
    await writeFile(join(folder, 'quotes.yaml'), receiver);
    const error: unknown = await loadFlows(folder).catch((thrown: unknown) => thrown);
    t.match(error, { code: 'WORKFLOW_INVALID', detail: what }, name);
    const before = desk.slice(0, desk.indexOf(near)).split('\n');
    const place = `desk.yaml:${before.length}:${(before.at(-1)?.length ?? 0) + 1}: `;
    if (near !== '') t.match((error as { detail: string }).detail, place, `${name}: line and column`);
  }
  await writeFile(join(folder, 'desk.yaml'), DESK);
  await writeFile(join(folder, 'quotes.yaml'), QUOTES);
  t.same([...(await loadFlows(folder)).keys()], ['desk', 'quotes']);
});
