import t from 'tap';
import { RoomLooks } from '../../src/signalling/room_looks.ts';
import { settle } from '../sip/far_end.ts';
import { HandClock } from '../sip/transport/hand_clock.ts';

function rig() {
  const clock = new HandClock();
  const people = new Set<string>();
  const looked: string[] = [];
  const hasPeople = async (room: string): Promise<boolean> => {
    looked.push(room);
    if (room === 'away') throw new Error('LiveKit is away');
    return people.has(room);
  };
  const looks = new RoomLooks(hasPeople, clock);
  const found: string[] = [];
  const wait = (room: string, name: string): (() => void) => looks.wait(room, () => found.push(name));
  const pass = async (turns: number): Promise<void> => {
    for (let turn = 0; turn < turns; turn += 1) {
      await settle();
      clock.turn(500);
    }
    await settle();
  };
  return { looks, people, looked, found, wait, pass };
}

t.test('a room is looked into once at a time, however many wait for it', async t => {
  const { looks, people, looked, found, wait, pass } = rig();
  wait('desk', 'one');
  wait('desk', 'two');
  await pass(3);
  wait('desk', 'three');
  await pass(1);
  t.same(looked.splice(0), ['desk', 'desk', 'desk', 'desk', 'desk']);
  t.equal(looks.count, 3);
  people.add('desk');
  await pass(1);
  t.same(found.splice(0), ['one', 'two', 'three']);
  t.equal(looks.count, 0);
  await pass(3);
  t.same([looked.splice(0), found], [['desk'], []], 'told once, and looked for no more');
  wait('desk', 'four');
  await settle();
  t.same(found, ['four'], 'at once where somebody is there');
});

t.test('who waits no more is told nothing, and a room for nobody is not looked into', async t => {
  const { looks, people, looked, found, wait, pass } = rig();
  const stop = wait('desk', 'one');
  stop();
  stop();
  wait('desk', 'two')();
  await pass(3);
  t.same([looked.length, looks.count], [1, 0]);
  const late = wait('desk', 'three');
  await pass(1);
  late();
  wait('desk', 'four');
  people.add('desk');
  await pass(2);
  t.same(found, ['four']);
});

t.test('while LiveKit is away nobody is found, and looking goes on', async t => {
  const { looked, found, wait, pass } = rig();
  wait('away', 'one');
  await pass(3);
  t.same([looked.length, found], [4, []]);
});
