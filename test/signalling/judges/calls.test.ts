import t, { type Test } from 'tap';
import {
  ack,
  answer,
  answered,
  ask,
  described,
  expect,
  hangUp,
  hear,
  invite,
  isHungUp,
  maybe,
  OFFER,
  pause,
  refused,
  type Step,
  sameBranch,
  scenario,
} from '../../sip/judges/scenario.ts';
import { PhoneRig } from './phone_rig.ts';
import { callBySipp, SIPP_OR_SKIP } from './sipp.ts';

/** A phone on which SIPp finds nothing wrong. */
async function judged(t: Test, ...steps: Step[]): Promise<PhoneRig> {
  const phone = await PhoneRig.open(t);
  t.equal(await callBySipp(t, scenario(...steps), phone), '');
  return phone;
}

for (const protocol of ['UDP', 'TCP'] as const)
  t.test(`SIPp calls over ${protocol}, and hangs up`, SIPP_OR_SKIP, async t => {
    const phone = await PhoneRig.open(t);
    const calls = scenario(
      invite(),
      maybe(100),
      expect(200, {
        says: {
          'Contact:': 'sip:.*@127',
          'Allow:': 'PRACK',
          body: 'm=audio 1[01][0-9]{3} RTP/AVP 0 101',
        },
      }),
      ack(),
      hangUp(),
    );
    t.equal(await callBySipp(t, calls, { port: phone.port, protocol }), '');
    t.match(phone.calls, [{ line: { from: '+15550123', to: '+15550100', stream: { codec: 'PCMU' } } }]);
    t.match(await phone.told('lineAnswered'), { stream: { codec: 'PCMU', sends: true, receives: true } });
    t.match(await phone.told('lineGone'), { reason: 'remoteHangup' });
    t.equal(phone.live, 0);
  });

t.test('SIPp finds fault with what is not as in its scenario', SIPP_OR_SKIP, async t => {
  const phone = await PhoneRig.open(t);
  const wrong = scenario(
    invite(),
    maybe(100),
    expect(200, { says: { 'Allow:': 'TELEPORT' } }),
    ack(),
    hangUp(),
  );
  t.match(await callBySipp(t, wrong, phone), /ended with 1/);
  const refusing = scenario(invite(), maybe(100), expect(486));
  t.match(await callBySipp(t, refusing, phone), /ended with 1/);
});

t.test('the caller leaves the offer to us', SIPP_OR_SKIP, async t => {
  const phone = await judged(
    t,
    invite({ body: '' }),
    maybe(100),
    expect(200, { says: { 'Content-Type:': 'application/sdp', body: 'RTP/AVP 9 0 8 101' } }),
    ack({ body: described({ formats: '8', lines: [] }) }),
    hangUp(),
  );
  t.match(phone.calls, [{ line: { stream: null } }]);
  t.match(await phone.told('lineAnswered'), { stream: { codec: 'PCMA', sendEvents: null } });
});

t.test('our codec goes before theirs, and an offer of many makes one', SIPP_OR_SKIP, async t => {
  const offer = described({ formats: '18 8 0 9 96', lines: ['a=rtpmap:96 opus/48000/2'] });
  const phone = await judged(t, answered({ body: offer }), hangUp());
  t.match(await phone.told('lineAnswered'), { stream: { codec: 'G722' } });
});

t.test('the agent hangs up', SIPP_OR_SKIP, async t => {
  const phone = await PhoneRig.open(t);
  const calls = scenario(answered(), isHungUp({ 'Reason:': 'Q.850.*cause=16' }));
  const verdict = callBySipp(t, calls, phone);
  await phone.told('lineAnswered');
  phone.hangUp();
  t.equal(await verdict, '');
  t.match(await phone.told('lineGone'), { reason: 'localHangup' });
  t.equal(phone.live, 0);
});

const HOLDS = {
  sendonly: described({ direction: 'sendonly', version: 2 }),
  inactive: described({ direction: 'inactive', version: 2 }),
  'no address': described({ host: '0.0.0.0', version: 2 }),
};
const ANSWERS = { sendonly: 'recvonly', inactive: 'inactive', 'no address': 'sendrecv|recvonly' };

for (const style of ['sendonly', 'inactive', 'no address'] as const)
  for (const method of ['INVITE', 'UPDATE'])
    t.test(`hold by ${style} and resume, by ${method}`, SIPP_OR_SKIP, async t => {
      const change = (cseq: number, body: string, says: string): Step =>
        [
          ask(method, { cseq, body }),
          maybe(100),
          expect(200, { says: { body: `a=(${says})` } }),
          method === 'INVITE' ? ack({ cseq }) : '',
        ].join('\n');
      const phone = await judged(
        t,
        answered(),
        change(2, HOLDS[style], ANSWERS[style]),
        change(3, described({ version: 3 }), 'sendrecv'),
        hangUp(4),
      );
      t.match(await phone.told('lineChanged'), { stream: { held: true, sends: false } });
      t.match(await phone.told('lineChanged'), { stream: { held: false, sends: true, receives: true } });
    });

t.test('a re-INVITE without an offer is answered with ours', SIPP_OR_SKIP, async t => {
  const phone = await judged(
    t,
    answered(),
    ask('INVITE', { cseq: 2 }),
    maybe(100),
    expect(200, { says: { body: 'm=audio.*RTP/AVP' } }),
    ack({ cseq: 2, body: described({ formats: '8', version: 2, lines: [] }) }),
    hangUp(3),
  );
  t.match(await phone.told('lineChanged'), { stream: { codec: 'PCMA' } });
});

t.test(
  're-INVITEs that change nothing: one that no codec fits, and one out of order',
  SIPP_OR_SKIP,
  async t => {
    const foreign = described({ formats: '18', version: 2, lines: [] });
    const phone = await judged(
      t,
      answered(),
      ask('INVITE', { cseq: 3, body: foreign }),
      maybe(100),
      expect(488, { says: { 'Warning:': '30[45]' } }),
      sameBranch('ACK', { cseq: 3 }),
      ask('INVITE', { cseq: 2, body: OFFER }),
      maybe(100),
      expect(500),
      sameBranch('ACK', { cseq: 2 }),
      hangUp(4),
    );
    t.match(await phone.told('lineGone'), { reason: 'remoteHangup' }, 'the call went on as it was');
  },
);

t.test('keys by INFO, and what is none', SIPP_OR_SKIP, async t => {
  const info = (cseq: number, contentType: string, body: string, status: number): Step =>
    [ask('INFO', { cseq, contentType, body }), expect(status)].join('\n');
  const phone = await judged(
    t,
    answered(),
    info(2, 'application/dtmf-relay', 'Signal=5\nDuration=240\n', 200),
    info(3, 'application/dtmf', '#\n', 200),
    info(4, 'application/dtmf-relay', 'Signal=hello\n', 400),
    info(5, 'text/plain', 'hello\n', 415),
    hangUp(6),
  );
  t.match(await phone.told('lineKey'), { key: '5', durationMs: 240 });
  t.match(await phone.told('lineKey'), { key: '#', durationMs: 160 });
  t.match(await phone.told('lineGone'), { reason: 'remoteHangup' });
});

t.test('OPTIONS inside the call, and methods that mean nothing in one', SIPP_OR_SKIP, async t => {
  await judged(
    t,
    answered(),
    ask('OPTIONS', { cseq: 2 }),
    expect(200, { says: { 'Allow:': 'UPDATE', 'Supported:': '100rel' } }),
    ask('REFER', { cseq: 3, headers: ['Refer-To: sip:elsewhere@127.0.0.1'] }),
    expect(603),
    ask('MESSAGE', { cseq: 4, body: 'hello', contentType: 'text/plain' }),
    expect(405, { says: { 'Allow:': 'INVITE' } }),
    ask('PRACK', { cseq: 5, headers: ['RAck: 1 1 INVITE'] }),
    expect(481),
    hangUp(6),
  );
});

t.test(
  'session timers: one that is too short, then refreshes by UPDATE and re-INVITE',
  SIPP_OR_SKIP,
  async t => {
    const timer = (seconds: number): readonly string[] => [
      'Supported: timer',
      `Session-Expires: ${seconds};refresher=uac`,
      'Min-SE: 90',
    ];
    await judged(
      t,
      invite({ headers: ['Supported: timer', 'Session-Expires: 60'] }),
      refused(422, { 'Min-SE:': '90' }),
      invite({ cseq: 2, headers: timer(120) }),
      maybe(100),
      expect(200, { says: { 'Session-Expires:': '120;refresher=uac', 'Require:': 'timer' } }),
      ack({ cseq: 2 }),
      ask('UPDATE', { cseq: 3, headers: timer(120) }),
      expect(200, { says: { 'Session-Expires:': '120' } }),
      ask('INVITE', { cseq: 4, headers: timer(90), body: described({ version: 1 }) }),
      maybe(100),
      expect(200, { says: { 'Session-Expires:': '90', body: 'm=audio' } }),
      ack({ cseq: 4 }),
      hangUp(5),
    );
  },
);

t.test('a caller that requires reliable responses is answered all the same', SIPP_OR_SKIP, async t => {
  const phone = await judged(t, answered({ headers: ['Require: 100rel'] }), pause(50), hangUp());
  t.equal(phone.calls.length, 1);
});

t.test('a far end that has forgotten the call', SIPP_OR_SKIP, async t => {
  const phone = await PhoneRig.open(t);
  const calls = scenario(answered(), hear('BYE'), answer(481));
  const verdict = callBySipp(t, calls, phone);
  await phone.told('lineAnswered');
  phone.hangUp();
  t.equal(await verdict, '');
  t.match(
    await phone.told('lineGone'),
    { reason: 'localHangup' },
    'a far end that forgot the call ends it too',
  );
});
