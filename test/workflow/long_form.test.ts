import t from 'tap';
import type { FlowState } from '../../src/workflow/types.ts';
import { longForm, slotAt } from './long_form.ts';
import { Talking } from './rich_flows.ts';

const flow = longForm();
const NUMBERS = ['three', 'seven', 'twelve', 'twenty', 'thirty', 'forty'];
const VALUES = [3, 7, 12, 20, 30, 40];

function answerOf(form: number, place: number): { readonly said: string; readonly value: unknown } {
  if (place % 4 === 0) {
    const value = ['alpha', 'beta', 'gamma', 'delta'][(form + place) % 4]!;
    return { said: value, value };
  }
  if (place % 4 === 1) return { said: form % 2 === 0 ? 'yes' : 'no', value: form % 2 === 0 };
  const at = (form * 5 + place) % NUMBERS.length;
  return { said: NUMBERS[at]!, value: VALUES[at] };
}

/** Everything that makes a call long: questions back, mishearings, silence, corrections, lines that drop. */
function longCall(): { readonly call: Talking; readonly turns: number; readonly asked: Map<string, number> } {
  let call = new Talking(flow);
  const asked = new Map<string, number>();
  let turns = 0;
  const turn = (text: string): void => {
    call.say(text);
    turns += 1;
  };
  for (let form = 0; form < 10; form += 1) {
    for (let place = 0; place < 8; place += 1) {
      const prompt = `What is ${slotAt(form, place)}?`;
      t.equal(call.step.say.at(-1), prompt, 'what is asked is what is still to be known');
      asked.set(prompt, (asked.get(prompt) ?? 0) + 1);
      turn('why do you ask');
      turn('blah blah blah blah');
      turn('this takes so long');
      for (let times = 0; times < 2; times += 1) {
        call.hear({ type: 'silence' });
        turns += 1;
      }
      t.equal(call.step.say.at(-1), prompt);
      turn(answerOf(form, place).said);
      // As after a crash: out of a checkpoint.
      if (place % 3 === 0)
        call.step = { ...call.step, state: JSON.parse(JSON.stringify(call.state)) as FlowState };
    }
    t.equal(call.step.say.at(-1), 'Right?');
    turn('how come');
    turn('why do you need that');
    if (form === 4) {
      const { effects } = call;
      call = new Talking(flow, { earlier: { state: call.state, minutesAgo: 3 } });
      call.effects.unshift(...effects);
      t.same(call.step.say, ['Part 0.', 'We had got to part 4.', 'Go on?']);
      turn('yes');
      t.equal(call.step.say.at(-1), 'Right?');
    }
    turn('yes');
  }
  return { call, turns, asked };
}

t.test('over five hundred turns nothing is lost and nothing asked twice', async t => {
  const { call, turns, asked } = longCall();
  t.ok(turns > 500, `${turns} turns`);
  t.equal(call.state.stage, 'done');
  t.equal(asked.size, 80);
  t.ok([...asked.values()].every(times => times === 1));
  for (let form = 0; form < 10; form += 1) {
    for (let place = 0; place < 8; place += 1) {
      const slot = slotAt(form, place);
      t.same(call.state.slots[slot], { value: answerOf(form, place).value, confirmed: true }, slot);
    }
  }
  t.ok(JSON.stringify(call.state).length < 12_000, 'and what is kept of it stays small');
  t.match(call.effects.at(-2), { type: 'scored', score: 'risk' });
});
