import t from 'tap';
import { CallerLevel } from '../../pipeline/turn/caller_level.ts';

function after(...windows: readonly (readonly [levelDb: number, count: number])[]): number {
  const level = new CallerLevel();
  for (const [levelDb, count] of windows) for (let i = 0; i < count; i += 1) level.heard(levelDb);
  return level.nearDb;
}

t.test('a voice is near when it is not far below the caller’s', async t => {
  t.equal(after(), -34, 'somebody nobody has heard yet');
  t.equal(after([-24, 1]), -36.5);
  t.equal(after([-6, 50]), -29, 'a loud caller may speak more softly once');
  t.equal(after([-70, 50]), -50, 'beneath that is nothing');
  t.ok(after([-40, 1], [-20, 30]) > -33, 'who comes nearer is known at once');
});

t.test('softer words lower it slowly, and another voice does not', async t => {
  const minute = 1875;
  const softer = after([-20, 1], [-26, minute]);
  t.ok(Math.abs(softer + 38.5) < 0.1, `${softer} dB after a minute`);
  t.ok(after([-20, 1], [-26, minute / 10]) > -33.5, 'not after a few seconds');
  t.equal(after([-20, 1], [-30, minute]), -32.5, 'a television in the room');
});
