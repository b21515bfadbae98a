import t, { type Test } from 'tap';
import {
  ack,
  answer,
  answered,
  ask,
  expect,
  hangUp,
  hear,
  invite,
  isHungUp,
  pause,
  type Step,
  sameBranch,
  scenario,
} from '../../sip/judges/scenario.ts';
import { PhoneRig } from './phone_rig.ts';
import { callBySipp, SIPP_OR_SKIP } from './sipp.ts';
import { type Weather, Wire } from './wire.ts';

type RigOptions = Parameters<typeof PhoneRig.open>[1];

/** A call by SIPp through that weather, on which it finds nothing wrong. */
async function weathered(
  t: Test,
  steps: readonly Step[],
  weather: (phone: PhoneRig) => Weather,
  options: RigOptions = {},
): Promise<{ readonly phone: PhoneRig; readonly wire: Wire }> {
  const phone = await PhoneRig.open(t, options);
  const wire = await Wire.open(t, phone.port, weather(phone));
  t.equal(await callBySipp(t, scenario(...steps), { port: phone.port, via: wire.port }), '');
  t.equal(phone.live, 0, 'nothing is left of the call');
  return { phone, wire };
}

const first =
  (kind: string, fate: 'lose' | 'copy'): (() => Weather) =>
  () =>
  (seen, nth) =>
    seen === kind && nth === 1 ? fate : 'pass';

/** The first wait for an ACK is 500 ms. */
const ACK_AGAIN_MS = 600;
const WHOLE_CALL = [answered(), pause(20), hangUp()];
const LONGER_CALL = [answered(), pause(ACK_AGAIN_MS), hangUp()];

// Each has sockets of its own, and mostly waits.
t.jobs = 4;

for (const kind of ['INVITE', '200 INVITE', 'ACK', 'BYE', '200 BYE'])
  t.test(`the first ${kind} is lost`, SIPP_OR_SKIP, async t => {
    const { phone, wire } = await weathered(
      t,
      kind === 'ACK' ? LONGER_CALL : WHOLE_CALL,
      first(kind, 'lose'),
    );
    t.ok(wire.count(kind) > 1, 'it was sent again');
    t.equal(phone.calls.length, 1);
    t.match(await phone.told('lineGone'), { reason: 'remoteHangup' });
  });

for (const kind of ['INVITE', '200 INVITE', 'ACK', 'BYE'])
  t.test(`${kind} comes twice`, SIPP_OR_SKIP, async t => {
    const { phone, wire } = await weathered(t, WHOLE_CALL, first(kind, 'copy'));
    t.equal(phone.calls.length, 1, 'one call is made of it');
    t.equal(wire.count('BYE'), 1);
  });

t.test('INVITE and its copy while it waits for the media process', SIPP_OR_SKIP, async t => {
  const { phone, wire } = await weathered(
    t,
    [invite({ as: { retrans: '100' } }), expect(100), expect(200), ack(), hangUp()],
    callee => (kind, nth) => {
      if (kind === '100 INVITE' && nth === 2) setImmediate(() => callee.ready());
      return kind === '100 INVITE' && nth === 1 ? 'lose' : 'pass';
    },
    { isQuick: false },
  );
  t.ok(wire.count('INVITE') > 1);
  t.equal(phone.calls.length, 1);
});

t.test('CANCEL before the answer', SIPP_OR_SKIP, async t => {
  const { phone } = await weathered(
    t,
    [
      invite(),
      expect(100),
      sameBranch('CANCEL'),
      expect(200, { says: { 'CSeq:': 'CANCEL' } }),
      expect(487, { says: { 'CSeq:': 'INVITE' } }),
      sameBranch('ACK'),
    ],
    () => () => 'pass',
    { isQuick: false },
  );
  t.match(await phone.told('lineGone'), { reason: 'remoteHangup' });
});

t.test('CANCEL crosses the answer', SIPP_OR_SKIP, async t => {
  const { phone, wire } = await weathered(
    t,
    [
      invite(),
      expect(100),
      sameBranch('CANCEL'),
      expect(200, { says: { 'CSeq:': 'INVITE' } }),
      ack(),
      expect(200, { says: { 'CSeq:': 'CANCEL' } }),
      hangUp(),
    ],
    callee => (kind, nth) => {
      if (kind !== 'CANCEL' || nth > 1) return 'pass';
      callee.ready();
      return 'hold';
    },
    { isQuick: false },
  );
  t.equal(wire.count('487 INVITE'), 0);
  t.match(await phone.told('lineGone'), { reason: 'remoteHangup' });
});

t.test('a CANCEL of nothing', SIPP_OR_SKIP, async t => {
  await weathered(t, [sameBranch('CANCEL'), expect(481)], () => () => 'pass');
});

t.test('both hang up at the same time', SIPP_OR_SKIP, async t => {
  const { phone, wire } = await weathered(
    t,
    [answered(), pause(50), ask('BYE', { cseq: 2 }), hear('BYE'), answer(200), expect(200)],
    callee => (kind, nth) => {
      if (kind !== 'BYE' || nth > 1) return 'pass';
      callee.hangUp();
      return 'hold';
    },
  );
  t.equal(wire.count('BYE'), 2);
  t.match(await phone.told('lineGone'), { reason: 'localHangup' });
});

t.test('the agent hangs up before the ACK: its BYE waits', SIPP_OR_SKIP, async t => {
  const { phone, wire } = await weathered(t, [answered(), isHungUp()], callee => (kind, nth) => {
    if (kind !== 'ACK' || nth > 1) return 'pass';
    callee.hangUp();
    return 'lose';
  });
  t.ok(wire.count('200 INVITE') > 1, 'the answer was repeated for want of its ACK');
  t.equal(wire.count('BYE'), 1);
  t.match(await phone.told('lineGone'), { reason: 'localHangup' });
});

t.test('the caller hangs up and its ACK never comes', SIPP_OR_SKIP, async t => {
  const { phone, wire } = await weathered(
    t,
    [answered(), hangUp()],
    () => kind => (kind === 'ACK' ? 'lose' : 'pass'),
  );
  t.ok(wire.count('ACK') > 0);
  t.match(await phone.told('lineGone'), { reason: 'remoteHangup' });
});

t.test('our BYE is lost', SIPP_OR_SKIP, async t => {
  const { phone, wire } = await weathered(t, [answered(), isHungUp()], callee => (kind, nth) => {
    // Once this one has arrived.
    if (kind === 'ACK') setTimeout(() => callee.hangUp(), 50);
    return kind === 'BYE' && nth === 1 ? 'lose' : 'pass';
  });
  t.equal(wire.count('BYE'), 2);
  t.match(await phone.told('lineGone'), { reason: 'localHangup' });
});
