import t from 'tap';
import { PhoneRig } from './phone_rig.ts';
import { callBySipp, SIPP_OR_SKIP } from './sipp.ts';

/** What a user agent alone is judged by holds for the edge as well, save what needs it to ring or to call. */
const SCENARIOS = [
  'basic_call',
  'late_cancel',
  'delayed_offer',
  'update',
  'hold',
  'reinvite_without_offer',
  'session_timer',
  'out_of_order',
  'options',
];
/** Over a stream nothing is lost. */
const OVER_DATAGRAMS = ['lost_ack', 'lost_200', 'invite_twice'];

for (const protocol of ['UDP', 'TCP'] as const)
  t.test(`the scenarios of sessions over ${protocol}`, SIPP_OR_SKIP, async t => {
    const scenarios = protocol === 'UDP' ? [...SCENARIOS, ...OVER_DATAGRAMS] : SCENARIOS;
    const phone = await PhoneRig.open(t, { slots: scenarios.length });
    await Promise.all(
      scenarios.map(async name => {
        const scenario = new URL(`../../sip/sipp/${name}.xml`, import.meta.url);
        t.equal(await callBySipp(t, scenario, { port: phone.port, protocol }), '', name);
      }),
    );
    t.equal(phone.live, 0, 'nothing is left');
  });
