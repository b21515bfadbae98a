import t from 'tap';
import { onCallTime } from '../../src/calls/call_time.ts';

t.test('every time in an event of a line that was taken over is on the clock of the call', t => {
  const startMs = 60_000;
  t.same(onCallTime({ type: 'backchannel', atMs: 100, untilMs: 400, hold: 1 }, startMs), {
    type: 'backchannel',
    atMs: 60_100,
    untilMs: 60_400,
    hold: 1,
  });
  t.same(onCallTime({ type: 'speechStarted', atMs: 100, noticedMs: 160 }, startMs), {
    type: 'speechStarted',
    atMs: 60_100,
    noticedMs: 60_160,
  });
  t.same(onCallTime({ type: 'turnEnded', atMs: 900, lastSoundMs: 200 }, startMs), {
    type: 'turnEnded',
    atMs: 60_900,
    lastSoundMs: 60_200,
  });
  t.same(onCallTime({ type: 'silence', atMs: 7000, silentForMs: 7000 }, startMs), {
    type: 'silence',
    atMs: 67_000,
    silentForMs: 7000,
  });
  t.end();
});
