import t from 'tap';
import { SYSTEM_CLOCK } from '../../sip/clock.ts';

t.test('an alarm further off than the machine can count does not ring at once', async t => {
  let rings = 0;
  const alarm = SYSTEM_CLOCK.after(2 ** 31, () => rings++);
  const soon = new Promise<void>(resolve => setTimeout(resolve, 50));
  await soon;
  alarm.cancel();
  t.equal(rings, 0);
});
