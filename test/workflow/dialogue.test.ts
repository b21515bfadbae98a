import t from 'tap';
import { loadFlow } from '../../src/workflow/load.ts';
import type { FlowEffect, Heard } from '../../src/workflow/types.ts';

const flow = await loadFlow('workflows', 'piano_removal');

function run(answers: readonly string[]): { said: string; effects: FlowEffect[]; done: boolean } {
  const heard: Heard[] = [
    { type: 'start' },
    ...answers.map(text => ({ type: 'speech', text, confidence: 0.9, alternatives: [] }) as const),
  ];
  let state = flow.initial;
  const said: string[] = [];
  const effects: FlowEffect[] = [];
  for (const one of heard) {
    const step = flow.next(state, one, { todayIso: '2026-11-21' });
    said.push(...step.say);
    effects.push(...step.effects);
    state = step.state;
  }
  return { said: said.join('\n'), effects, done: state.done };
}

t.test('a whole call from the disclosure to the booking', async t => {
  const call = run([
    'yes',
    "it's a baby grand",
    'four twenty one maple street',
    'uh in boston',
    'yes',
    'on the third floor',
    'no',
    'two flights of stairs',
    "that's right",
    'nine twelve river street in lowell',
    'correct',
    'the ground floor',
    'yes',
    'no',
    'march fourteenth',
    'yes',
    'yes',
    'yes',
  ]);
  t.ok(call.done);
  t.match(call.said, /automated assistant/);
  t.match(call.said, /The total is \w+/);
  t.has(call.effects.at(-1), { type: 'outcome', outcome: 'booked' });
  t.has(
    call.effects.find(effect => effect.type === 'slotSet' && effect.slot === 'move_date' && effect.confirmed),
    { value: '2027-03-14' },
  );
});

t.test('a refused yes is a no, as often as the caller says so', async t => {
  const asked = [
    'yes',
    'grand piano',
    'four twenty one maple street boston',
    'yes',
    'ground floor',
    'yes',
    'nine twelve river street lowell',
    'yes',
    'ground floor',
    'yes',
    'no',
    'march fourteenth',
    'yes',
    'no',
  ];
  t.match(run(asked).said, /You do not want to book the move\.\nIs that right\?$/);
  t.match(run([...asked, 'no']).said, /You would like to book the move\.\nIs that right\?$/);
  t.match(run([...asked, 'no', 'no']).said, /You do not want to book the move\.\nIs that right\?$/);
  const booked = run([...asked, 'no', 'yes']);
  t.has(booked.effects.at(-1), { type: 'outcome', outcome: 'booked' });
});

t.test('who cuts in may ask for a repetition in a person’s words', async t => {
  for (const request of ['sorry say that again', 'wait repeat that', 'excuse me what did you say']) {
    t.match(run([request]).said, /May I record this call\?[^?]*May I record this call\?$/, request);
  }
});
