import t, { type Test } from 'tap';
import type { MessageOf } from '../../../src/ipc/messages.ts';
import {
  ack,
  answer,
  answered,
  ask,
  described,
  expect,
  hangUp,
  hear,
  isHungUp,
  maybe,
  pause,
  type Step,
  scenario,
} from '../../sip/judges/scenario.ts';
import { PhoneRig } from './phone_rig.ts';
import { callBySipp, SIPP_OR_SKIP } from './sipp.ts';
import { Wire } from './wire.ts';

process.env.TEST_TRUNK_PASSWORD = 'secret';
const TRUNK = 'name: pbx, allowedAddresses: [127.0.0.1], numbers: ["*"]';

// Each has sockets of its own, and mostly waits.
t.jobs = 3;

interface Said {
  readonly cseq: number;
  readonly line?: string;
  readonly event?: string;
  readonly state?: string;
  readonly type?: string;
}

/** SIPp tells what becomes of the REFER. */
function notify({
  cseq,
  line = '',
  event = 'refer',
  state = 'active;expires=60',
  type = 'message/sipfrag',
}: Said): Step {
  const headers = [`Event: ${event}`, `Subscription-State: ${state}`];
  return ask('NOTIFY', { cseq, headers, body: line, contentType: type });
}

function told(cseq: number, line: string, state = 'active;expires=60'): Step {
  return [notify({ cseq, line, state }), expect(200)].join('\n');
}

/** A call in which the agent has the caller referred as soon as they are there. */
async function referred(
  t: Test,
  steps: readonly Step[],
  { trunks = '', wish = {}, weather }: Options = {},
): Promise<{ phone: PhoneRig; news: MessageOf<'referral'>['news'][]; gone: string }> {
  const phone = await PhoneRig.open(t, { trunks });
  const via = weather && (await Wire.open(t, phone.port, weather)).port;
  const verdict = callBySipp(t, scenario(answered(), ...steps), { port: phone.port, ...(via && { via }) });
  const news: MessageOf<'referral'>['news'][] = [];
  phone.media = message => {
    if (message.type === 'referral') news.push(message.news);
  };
  await phone.told('lineAnswered');
  phone.refer('first', wish);
  t.equal(await verdict, '');
  const { reason } = await phone.told('lineGone');
  t.equal(phone.live, 0, 'nothing is left of the call');
  return { phone, news, gone: reason };
}

interface Options {
  readonly trunks?: string;
  readonly wish?: Parameters<PhoneRig['refer']>[1];
  readonly weather?: Parameters<typeof Wire.open>[2];
}

const REFER = hear('REFER', {
  says: { 'Refer-To:': '.sip:.15550111@127\\.0\\.0\\.1', 'Referred-By:': '.sip:' },
});

t.test('a person answers: the caller is theirs, and hung up here', SIPP_OR_SKIP, async t => {
  const { news, gone } = await referred(t, [
    REFER,
    answer(202),
    told(2, 'SIP/2.0 100 Trying'),
    told(3, 'SIP/2.0 180 Ringing'),
    told(4, 'SIP/2.0 200 OK', 'terminated;reason=noresource'),
    isHungUp({ 'Reason:': 'Q.850.*cause=16' }),
  ]);
  t.match(news[0], { what: 'begun', to: /^sip:\+15550111@127\.0\.0\.1:\d+$/ });
  t.same(news.slice(1), [
    { what: 'progress', status: 202 },
    { what: 'progress', status: 100 },
    { what: 'progress', status: 180 },
    { what: 'over', result: 'taken', status: 200 },
  ]);
  t.equal(gone, 'localHangup', 'also where no agent does so any more');
});

for (const [status, result] of [
  [486, 'busy'],
  [603, 'declined'],
  [480, 'noAnswer'],
  [404, 'unreachable'],
  [488, 'rejected'],
] as const)
  t.test(`a person does not answer: ${status}`, SIPP_OR_SKIP, async t => {
    const { news, gone } = await referred(t, [
      REFER,
      answer(202),
      told(2, 'SIP/2.0 100 Trying'),
      told(3, `SIP/2.0 ${status} No`, 'terminated;reason=noresource'),
      pause(100),
      hangUp(4),
    ]);
    t.same(news.at(-1), { what: 'over', result, status });
    t.equal(gone, 'remoteHangup', 'the call has gone on');
  });

for (const status of [405, 403, 501])
  t.test(`a far end that does not do it: ${status}`, SIPP_OR_SKIP, async t => {
    const { news, gone } = await referred(t, [REFER, answer(status), pause(100), hangUp()]);
    t.same(news.at(-1), { what: 'over', result: 'refused', status });
    t.equal(gone, 'remoteHangup');
  });

t.test('a far end that never answers keeps its call, and is asked nothing else', SIPP_OR_SKIP, async t => {
  const phone = await PhoneRig.open(t);
  const calls = scenario(answered(), REFER, pause(1_200), hangUp());
  const verdict = callBySipp(t, calls, phone);
  await phone.told('lineAnswered');
  phone.refer('first');
  t.match(await phone.told('referral'), { transferId: 'first', news: { what: 'begun' } });
  phone.refer('second');
  const over = { what: 'over', result: 'unknown' };
  t.match(await phone.told('referral'), { transferId: 'second', news: over }, 'one at a time');
  t.equal(await verdict, '');
  t.match(await phone.told('lineGone'), { reason: 'remoteHangup' });
});

t.test('words that make no sense', SIPP_OR_SKIP, async t => {
  const odd = (said: Said, status: number): Step => [notify(said), expect(status)].join('\n');
  const { news, gone } = await referred(t, [
    REFER,
    answer(202),
    odd({ cseq: 3, line: 'SIP/2.0 200 OK', event: 'dialog' }, 489),
    odd({ cseq: 4, line: 'SIP/2.0 200 OK', event: 'refer;id=4294967295' }, 481),
    odd({ cseq: 5, line: 'SIP/2.0 200 OK', type: 'application/sdp' }, 415),
    odd({ cseq: 6, line: 'SIP/3.0 2OO OK' }, 400),
    odd({ cseq: 7, line: '%00%ff &amp; &lt;refer&gt;' }, 400),
    odd({ cseq: 6, line: 'SIP/2.0 200 OK' }, 500),
    told(8, 'SIP/2.0 486 Busy Here', 'terminated'),
    odd({ cseq: 9, line: 'SIP/2.0 200 OK' }, 481),
    pause(100),
    hangUp(10),
  ]);
  t.same(
    news.map(({ what }) => what),
    ['begun', 'progress', 'over'],
  );
  t.equal(gone, 'remoteHangup');
});

t.test('a flood of words', SIPP_OR_SKIP, async t => {
  const flood = Array.from({ length: 70 }, (_, i) =>
    [notify({ cseq: i + 2, line: 'SIP/2.0 180 Ringing' }), expect(i < 64 ? 200 : 481)].join('\n'),
  );
  const { news } = await referred(t, [REFER, answer(202), ...flood, hangUp(99)]);
  t.equal(news.length, 2 + 64 + 1);
  t.same(news.at(-1), { what: 'over', result: 'unknown' });
});

t.test('the far end hangs up in the middle', SIPP_OR_SKIP, async t => {
  const unanswered = await referred(t, [REFER, hangUp(2)]);
  t.same(
    unanswered.news.map(({ what }) => what),
    ['begun'],
  );
  const accepted = await referred(t, [REFER, answer(202), told(2, 'SIP/2.0 100 Trying'), hangUp(3)]);
  t.same(
    accepted.news.map(({ what }) => what),
    ['begun', 'progress', 'progress'],
  );
  t.equal(accepted.gone, 'remoteHangup');
});

t.test('a REFER that is challenged proves itself', SIPP_OR_SKIP, async t => {
  const trunks = `trunks: [{${TRUNK}, outboundDigest: {user: us, passwordEnv: TEST_TRUNK_PASSWORD}}]`;
  const challenge = 'Proxy-Authenticate: Digest realm="pbx", nonce="abc", qop="auth", algorithm=MD5';
  const { news } = await referred(
    t,
    [
      REFER,
      answer(407, { headers: [challenge] }),
      hear('REFER', { says: { 'Proxy-Authorization:': 'username="us".*realm="pbx"' } }),
      answer(202),
      told(2, 'SIP/2.0 200 OK', 'terminated'),
      isHungUp(),
    ],
    { trunks },
  );
  t.same(news.slice(1), [
    { what: 'progress', status: 202 },
    { what: 'over', result: 'taken', status: 200 },
  ]);
});

t.test('the caller is held, and keys are pressed, while a person is called', SIPP_OR_SKIP, async t => {
  const { phone, news } = await referred(t, [
    REFER,
    answer(202),
    told(2, 'SIP/2.0 180 Ringing'),
    ask('INVITE', { cseq: 3, body: described({ direction: 'sendonly', version: 2 }) }),
    maybe(100),
    expect(200, { says: { body: 'a=recvonly' } }),
    ack({ cseq: 3 }),
    ask('INFO', { cseq: 4, body: 'Signal=5\nDuration=160\n', contentType: 'application/dtmf-relay' }),
    expect(200),
    told(5, 'SIP/2.0 486 Busy Here', 'terminated'),
    ask('INVITE', { cseq: 6, body: described({ version: 3 }) }),
    maybe(100),
    expect(200, { says: { body: 'a=sendrecv' } }),
    ack({ cseq: 6 }),
    hangUp(7),
  ]);
  t.same(news.at(-1), { what: 'over', result: 'busy', status: 486 });
  t.equal(phone.live, 0);
});

t.test('what is lost comes again, and counts once', SIPP_OR_SKIP, async t => {
  const lost = new Set<string>();
  const { news } = await referred(
    t,
    [REFER, answer(202), told(2, 'SIP/2.0 100 Trying'), told(3, 'SIP/2.0 200 OK', 'terminated'), isHungUp()],
    {
      weather: kind => {
        if (!/REFER|NOTIFY/.test(kind) || lost.has(kind)) return 'copy';
        lost.add(kind);
        return 'lose';
      },
    },
  );
  t.ok(lost.has('REFER') && lost.has('200 NOTIFY'), [...lost].join());
  t.same(
    news.map(({ what }) => what),
    ['begun', 'progress', 'progress', 'over'],
  );
});

t.test("where it goes is the configuration's", SIPP_OR_SKIP, async t => {
  const ends = [answer(202), told(2, 'SIP/2.0 200 OK', 'terminated'), isHungUp()];
  const to = (pattern: string): Step => hear('REFER', { says: { 'Refer-To:': pattern } });
  await referred(t, [to('.sip:.15550111@pbx\\.example\\.com;transport=tcp.'), ...ends], {
    trunks: `trunks: [{${TRUNK}, transferBy: refer, transferHost: "sip:pbx.example.com;transport=tcp"}]`,
    wish: { isWished: false },
  });
  await referred(t, [to('.sip:6001@pbx\\.example\\.com.'), ...ends], {
    wish: { to: { kind: 'uri', uri: 'sip:6001@pbx.example.com' } },
  });
  await referred(t, [to('.sip:.15550111@127\\.0\\.0\\.1:9.'), ...ends], {
    trunks: `trunks: [{${TRUNK}, directions: [inbound, outbound], optionsEveryS: 0, gateways: ["sip:127.0.0.1:9"]}]`,
  });
  const { news } = await referred(t, [pause(200), hangUp()], { wish: { isWished: false } });
  t.same(news, [{ what: 'notBegun' }], 'not where neither the trunk nor anybody else wants it so');
});
