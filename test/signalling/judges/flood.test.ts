import t from 'tap';
import { FLOOD_KINDS } from '../../../bench/hostile/flood.ts';
import { runFlood } from '../../../bench/hostile/under_flood.ts';
import { answered, hangUp, scenario } from '../../sip/judges/scenario.ts';
import { PhoneRig } from './phone_rig.ts';
import { callBySipp, SIPP_OR_SKIP } from './sipp.ts';

const TRUNK = 'trunks: [{name: one, allowedAddresses: [127.0.0.1], numbers: ["+15550100"], maxCalls: 4}]';
const SECONDS = 0.5;
const PER_SECOND = 1000;

for (const kind of FLOOD_KINDS)
  t.test(`a call goes through a flood of ${kind}`, SIPP_OR_SKIP, async t => {
    const phone = await PhoneRig.open(t, { trunks: TRUNK, slots: 100 });
    const flood = runFlood({
      kind,
      port: phone.port,
      rtpPorts: [18_000, 18_400],
      seconds: SECONDS,
      perSecond: kind === 'streams' ? 20 : PER_SECOND,
    });
    // Those of a flood of peers have all the calls of their trunk for a moment.
    if (kind !== 'peers' && kind !== 'mutated')
      t.equal(await callBySipp(t, scenario(answered(), hangUp()), phone), '');
    const { sent, answers } = await flood;
    t.ok(sent > 0);
    if (kind === 'strangers' || kind === 'rtp') t.equal(answers, 0, 'strangers hear nothing');
    t.ok(phone.live <= 4, 'there are no more calls than the trunk may have');
  });
