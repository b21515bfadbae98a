import t from 'tap';
import { pinGate } from '../../src/workflow/pin_gate.ts';
import type { Flow, FlowState, Heard } from '../../src/workflow/types.ts';

const CONTEXT = { todayIso: '2026-03-02' };
const behind: Flow = {
  name: 'claims',
  version: '1',
  initial: { workflow: 'claims', version: '1', stage: 'greeting', slots: {}, memory: {}, done: false },
  next: (state, heard) => ({
    say: [`inner ${heard.type}`],
    state: { ...state, stage: 'asked' },
    effects: [],
    expect: { id: 'x', jsgf: '' },
    patience: 'normal',
    minConfidence: 0,
    interruptible: true,
  }),
};

/** What is said to each, one after the other, and the state at the end. */
function hold(...heard: Heard[]): { said: string[]; state: FlowState } {
  const gate = pinGate(behind, '4711');
  let state = gate.initial;
  const said = heard.map(one => {
    const step = gate.next(state, one, CONTEXT);
    state = step.state;
    t.equal(step.keysAreSecret, state.stage === '$pin' ? true : undefined);
    t.notMatch(JSON.stringify(step), /4711/, 'the PIN is in nothing that is kept');
    return step.say.join(' ');
  });
  return { said, state };
}

const keys = (digits: string): Heard => ({ type: 'keys', digits });
const speech: Heard = { type: 'speech', text: 'four seven one one', confidence: 1, alternatives: [] };

t.test('the right PIN begins the workflow, as if nothing had been before', async t => {
  const { said, state } = hold({ type: 'start' }, keys('4711'), speech);
  t.match(said[0], /PIN/);
  t.same(said.slice(1), ['inner start', 'inner speech']);
  t.equal(state.stage, 'asked');
});

t.test('what is said is no PIN, and three wrong ones end the call', async t => {
  const { said, state } = hold({ type: 'start' }, speech, { type: 'silence' }, keys('1'), keys('47110'));
  t.notOk(state.done);
  t.ok(said.every(text => !text.startsWith('inner')));
  const refused = hold({ type: 'start' }, keys('1'), speech, keys(''), keys('471'));
  t.ok(refused.state.done);
  t.match(refused.said.at(-1), /Goodbye/);
});
