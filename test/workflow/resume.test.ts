import t from 'tap';
import { TrunklineError } from '../../src/config/errors.ts';
import { callFlow } from '../../src/workflow/call_flow.ts';
import { pinGate } from '../../src/workflow/pin_gate.ts';
import type { FlowState } from '../../src/workflow/types.ts';
import { flowFrom, Talking } from './rich_flows.ts';
import { SALES } from './sales_flow.ts';

const flow = flowFrom(SALES);

/** A call that broke off. */
function broken(...texts: readonly string[]): FlowState {
  const call = new Talking(flow);
  call.say(...texts);
  // As it comes out of a checkpoint.
  return JSON.parse(JSON.stringify(call.state)) as FlowState;
}

function again(state: FlowState, minutesAgo = 5, by = flow): Talking {
  return new Talking(by, { earlier: { state, minutesAgo } });
}

const ASKED = [
  'We had got to your claims.',
  'I know of twelve pieces.',
  'You are a roofer.',
  'Shall we go on with that?',
];
const TOLD = ['yes', 'roofer', 'twelve', 'no', 'yes'] as const;

t.test('behind the greeting the caller is told what is known, and asked whether to go on', async t => {
  const call = again(broken(...TOLD, 'two'));
  t.same(call.step.say, ['Sales robot here.', 'May I record?'], 'this call is another one to record');
  t.same(call.say('no').say, ['Not recorded.', 'First your business.', ...ASKED]);
  t.same(call.state.slots, {}, 'nothing counts yet');
  t.equal(call.step.expects?.kind, 'yesNo');
  t.same(call.say('yes').say, ['Very well.', 'Now the claims.', 'Shall we come by?']);
  t.same(
    [call.value('trade'), call.value('staff'), call.value('insured'), call.value('claims')],
    ['roofer', 12, false, 2],
  );
  t.equal(call.state.slots.trade?.confirmed, true);
  t.equal(
    call.effects.filter(({ type }) => type === 'slotSet').length,
    4,
    'the record of this call has them as well',
  );
  t.equal(call.say('no').state.stage, 'bye');
});

t.test('a no begins anew', async t => {
  const call = again(broken(...TOLD));
  t.same(call.say('yes', 'no').say, ['Then anew.', 'What trade?']);
  t.same(call.state.slots, {});
  t.equal(call.state.memory.earlier, undefined);
});

t.test('so does who starts over, and who is not understood', async t => {
  const call = again(broken(...TOLD));
  call.say('yes', 'start over', 'yes');
  t.same(call.step.say.slice(-1), ['What trade?']);
  const other = again(broken(...TOLD));
  other.say('yes', 'blue');
  t.same(other.step.say, ['What?', 'Yes to go on, no to begin anew.', 'Shall we go on with that?']);
  t.same(other.say('green', 'red').say.slice(-2), ['Then anew.', 'What trade?']);
});

t.test('in the form where they had got to nothing is said twice', async t => {
  const call = again(broken('yes', 'roofer'));
  t.same(call.say('yes', 'yes').say, ['Very well.', 'How many people?']);
});

t.test('what had been heard badly is still read back', async t => {
  const call = new Talking(flow);
  call.say(...TOLD);
  call.hear({ type: 'speech', text: 'two', confidence: 0.5, alternatives: [] });
  const next = again(JSON.parse(JSON.stringify(call.state)) as FlowState);
  next.say('yes', 'yes');
  t.same(next.say('no').say, ['Two pieces.', 'Right?']);
});

t.test('what is too long ago, over, empty, or another agent’s is forgotten', async t => {
  for (const [state, minutes] of [
    [broken(...TOLD), 61],
    [broken(...TOLD), Number.NaN],
    [broken(...TOLD, 'two', 'no'), 5],
    [broken('yes'), 5],
    [{ ...broken(...TOLD), workflow: 'other' }, 5],
    [{ ...broken(...TOLD), memory: { odd: true } }, 5],
  ] as const)
    t.same(again(state, minutes).say('yes').say, ['Recorded.', 'First your business.', 'What trade?']);
  const without = flowFrom(SALES.replace(/resume:[\s\S]*?(?=slots:)/, ''));
  const state = { ...broken(...TOLD), version: without.version };
  t.same(
    again(state, 5, without).say('yes').say.at(-1),
    'What trade?',
    'unless the workflow takes nothing up',
  );
});

t.test('of an older version what fits is taken, and the rest asked', async t => {
  const newer = flowFrom(
    SALES.replace('[roofer, plumber', '[roofer, plumber').replace(
      'roofer: { say: roofer, phrases: [roofer] }, ',
      '',
    ),
  );
  const call = again(broken(...TOLD, 'two'), 5, newer);
  t.same(call.say('yes').say.slice(-3), [
    'We had got to your claims.',
    'I know of twelve pieces.',
    'Shall we go on with that?',
  ]);
  t.same(call.say('yes').say, ['Very well.', 'What trade?']);
  t.equal(call.say('plumber', 'yes').state.stage, 'history', 'what is known is not asked again');
  t.same(call.step.say.at(-1), 'Shall we come by?');
});

t.test('what a tool did is not done again', async t => {
  const first = new Talking(flow);
  first.say(...TOLD, 'two', 'yes');
  t.equal(first.step.act?.id, 'rich.book.1');
  const call = again(first.state);
  call.say('yes', 'yes');
  t.match(
    call.effects.filter(({ type }) => type === 'acted'),
    [{ tool: 'reserve', outcome: 'unknown' }],
  );
  t.equal(call.step.act, undefined, 'there is no visit to give back');
  t.equal(call.state.stage, 'later');

  const older = again({ ...first.state, version: '0.9.0' });
  older.say('yes', 'yes');
  t.equal(older.state.stage, 'later', 'of an older version neither');

  first.hear({ type: 'acted', id: 'rich.book.1', outcome: 'done', saves: { visit: 7 } });
  t.equal(first.step.act?.id, 'rich.book.2');
  const second = again(first.state);
  const step = second.say('yes', 'yes');
  t.same([step.act?.tool, step.act?.args], ['release', { which: 7 }]);
  t.equal(step.act?.id, 'rich.book.3', 'and ids are never used twice');
});

const CONFIRM = '  confirm: { slots: [claims, staff], say: To be sure that it is you. }\n';
const sensitive = SALES.replace(/(trade: \{.*?)( repair: )/, '$1 sensitive: true,$2').replace(
  ', "You are a {trade}."',
  '',
);
const guarded = flowFrom(sensitive.replace('  ask: Shall we go on', `${CONFIRM}  ask: Shall we go on`));

/** The same call of the workflow in which the trade is sensitive. */
function brokenBy(by: typeof flow, ...texts: readonly string[]): FlowState {
  const call = new Talking(by);
  call.say(...texts);
  return JSON.parse(JSON.stringify(call.state)) as FlowState;
}

t.test('what is sensitive is taken up by whoever says once more what only the caller said', async t => {
  const call = again(brokenBy(guarded, ...TOLD), 5, guarded);
  t.same(call.say('yes', 'yes').say, ['To be sure that it is you.', 'How many staff?']);
  t.same(call.state.slots, {}, 'nothing counts yet');
  t.same(call.say('twelve').say, ['Very well.', 'Now the claims.', 'How many claims?']);
  t.same([call.value('trade'), call.value('staff')], ['roofer', 12]);

  const later = again(brokenBy(guarded, ...TOLD, 'two'), 5, guarded);
  t.match(
    later.say('yes', 'yes').say,
    ['To be sure that it is you.', 'How many claims?'],
    'the first that is known',
  );
  t.same(later.hear({ type: 'keys', digits: '2' }).say.slice(0, 1), ['Very well.'], 'by keys as well');
});

t.test('who says something else learns nothing, and begins anew', async t => {
  const call = again(brokenBy(guarded, ...TOLD), 5, guarded);
  call.say('yes', 'yes', 'eleven');
  t.same(call.step.say.at(-1), 'How many staff?', 'asked once more');
  t.same(call.say('blue').say.at(-1), 'How many staff?', 'what is no answer does not count');
  t.same(call.say('thirteen').say, ['Then anew.', 'What trade?']);
  t.same(call.state.slots, {});
  t.equal(call.state.memory.earlier, undefined, 'and there is no third guess');
  t.notMatch(JSON.stringify(call.effects), /roofer/);
});

t.test('where nobody can be known again what is sensitive is not taken up', async t => {
  const unguarded = flowFrom(sensitive);
  const call = again(brokenBy(unguarded, ...TOLD), 5, unguarded);
  t.same(call.say('yes', 'yes').say, ['Very well.', 'What trade?'], 'it is asked again');
  t.equal(call.value('trade'), undefined);
  t.equal(call.value('staff'), 12, 'the rest is known');
  const early = again(brokenBy(guarded, 'yes', 'roofer'), 5, guarded);
  t.same(early.say('yes').say.at(-1), 'What trade?', 'there is nothing else');

  const acted = brokenBy(unguarded, ...TOLD, 'two', 'yes');
  t.match(acted.memory.pending, { ask: 'act' });
  t.same(
    again(acted, 5, unguarded).say('yes').say.at(-1),
    'What trade?',
    'what tools have done is not done again',
  );
});

t.test('a workflow that would tell it to anybody is refused', async t => {
  const refused = (yaml: string, message: RegExp) => {
    try {
      flowFrom(yaml);
      t.fail('it is taken');
    } catch (error) {
      t.match(error instanceof TrunklineError ? error.detail : error, message);
    }
  };
  refused(
    sensitive.replace('"I know of {staff}."', '"You are a {trade}."'),
    /:\d+:\d+.*\{trade\} is sensitive, and whoever calls by the number would hear it/,
  );
  refused(
    sensitive.replace('ask: Shall we go on with that?', 'ask: "Are you a {trade}?"'),
    /\{trade\} is sensitive/,
  );
  refused(
    sensitive.replace('  ask: Shall', `${CONFIRM.replace('claims', 'trade')}  ask: Shall`),
    /trade is guessed too easily/,
  );
  refused(sensitive.replace('  ask: Shall', `${CONFIRM.replace('claims', 'nobody')}  ask: Shall`), /nobody/);
});

t.test('a call that was handed on is taken up where it had got to', async t => {
  const other = flowFrom(SALES.replace('name: rich', 'name: front'));
  const flows = new Map([
    ['front', other],
    ['rich', flow],
  ]);
  const call = new Talking(callFlow(flows, 'front', { onFault: () => undefined }), {
    earlier: { state: broken(...TOLD), minutesAgo: 1 },
  });
  t.equal(call.state.workflow, 'rich');
  const chain = callFlow(flows, 'front', { onFault: () => undefined });
  const start = { type: 'start', earlier: { state: broken(...TOLD), minutesAgo: 1 } } as const;
  const stored = JSON.parse(JSON.stringify(chain.initial)) as FlowState;
  t.equal(
    chain.next(stored, start, { todayIso: '2026-11-21' }).state.workflow,
    'rich',
    'stored before or not',
  );
  t.same(call.say('yes', 'yes').say.at(-1), 'How many claims?');
});

t.test('a PIN comes before all of it', async t => {
  const call = new Talking(pinGate(flow, '1234'), { earlier: { state: broken(...TOLD), minutesAgo: 1 } });
  call.hear({ type: 'silence' });
  call.hear({ type: 'keys', digits: '1234' });
  t.same(call.say('yes').say.slice(-4), ASKED);
});
