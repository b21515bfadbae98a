import { existsSync } from 'node:fs';
import t from 'tap';
import { answered, ask, expect, hangUp, pause, type Step, scenario } from '../../sip/judges/scenario.ts';
import { EchoingMedia } from './echoing_media.ts';
import { PhoneRig } from './phone_rig.ts';
import { callBySipp, SIPP_OR_SKIP } from './sipp.ts';

/** Packets of real phones that come with SIPp: they have 101 for their payload type. */
const CAPTURES = '/usr/share/sip-tester';
/** It sends captured packets with addresses of its own making. */
const skip =
  SIPP_OR_SKIP.skip ||
  (process.getuid?.() === 0 && existsSync(CAPTURES) ? false : 'needs SIPp’s captures, and root to send them');

function pressed(key: string): Step {
  const play = `<nop><action><exec play_pcap_audio="${CAPTURES}/dtmf_2833_${key}.pcap"/></action></nop>`;
  return [play, pause(500)].join('\n');
}

t.test('keys as RTP events and by INFO reach the call, once each', { skip }, async t => {
  const phone = await PhoneRig.open(t, { isQuick: false });
  const media = await EchoingMedia.open(t, message => phone.fromMedia(message));
  phone.media = message => media.receive(message);
  const info = [
    ask('INFO', { cseq: 2, contentType: 'application/dtmf-relay', body: 'Signal=7\nDuration=160\n' }),
    expect(200),
    pause(50),
  ].join('\n');
  const calls = scenario(answered(), pressed('5'), pressed('star'), info, hangUp(3));
  t.equal(await callBySipp(t, calls, phone), '');
  t.same([await media.keys.next(), await media.keys.next(), await media.keys.next()], ['5', '*', '7']);
  t.equal(media.keys.length, 0);
});
