import t from 'tap';
import { Nothing } from '../../pipeline/turn/nothing.ts';

function pass(nothing: Nothing, ticks: number): void {
  for (let i = 0; i < ticks; i += 1) nothing.tick();
}

t.test('a sound that was nothing is remembered for a while, longer each time', async t => {
  const nothing = new Nothing(100, 300);
  t.equal(nothing.leastDb, -Infinity);
  for (const ticks of [100, 200, 300, 300]) {
    nothing.note(-40);
    t.equal(nothing.leastDb, -30);
    pass(nothing, ticks - 1);
    t.equal(nothing.leastDb, -30, `${ticks} ticks`);
    pass(nothing, 1);
    t.equal(nothing.leastDb, -Infinity);
  }
});

t.test('as long as there is more of it, it is not forgotten', async t => {
  const nothing = new Nothing(100, 300);
  nothing.hear(-40);
  t.equal(nothing.leastDb, -Infinity, 'nobody said that this was nothing');
  nothing.note(-40);
  for (let i = 0; i < 5; i += 1) {
    pass(nothing, 90);
    nothing.hear(-54);
  }
  t.equal(nothing.leastDb, -30);
  pass(nothing, 90);
  nothing.hear(-56);
  pass(nothing, 10);
  t.equal(nothing.leastDb, -Infinity, 'what is much softer is something else');
});

t.test('what came once is rare, and what came twice in a while is not', async t => {
  const nothing = new Nothing(100, 300);
  nothing.note(-40);
  t.equal(nothing.isRare, true);
  nothing.note(-40);
  t.equal(nothing.isRare, false);
  pass(nothing, 1500);
  t.equal(nothing.isRare, true, 'after a while it is the first again');
});
