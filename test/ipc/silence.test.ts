import t from 'tap';
import { Silence } from '../../src/ipc/silence.ts';

function ticked(silence: Silence<string>, ticks: number): readonly string[] {
  for (let tick = 0; tick < ticks; tick += 1) silence.tick();
  return silence.tooLong;
}

t.test('who is silent for the limit is told, who gives a sign of life is not', async t => {
  const silence = new Silence(3);
  silence.expect('a');
  silence.expect('b');
  t.same(ticked(silence, 2), []);
  silence.heard('b');
  t.same(ticked(silence, 1), ['a']);
  silence.heard('a');
  t.same(silence.tooLong, [], 'it is back');
  t.same(ticked(silence, 2), ['b']);
});

t.test('only those that are expected are listened for', async t => {
  const silence = new Silence(1);
  silence.heard('stranger');
  t.same(ticked(silence, 5), []);
  silence.expect('a');
  silence.forget('a');
  t.same(ticked(silence, 5), []);
  silence.expect('a');
  t.same(silence.tooLong, [], 'a new start counts anew');
  t.same(ticked(silence, 1), ['a']);
});
