import t, { type Test } from 'tap';
import {
  ack,
  answered,
  ask,
  described,
  expect,
  hangUp,
  invite,
  isHungUp,
  maybe,
  pause,
  refused,
  type Step,
  sameBranch,
  scenario,
} from '../../sip/judges/scenario.ts';
import { PhoneRig } from './phone_rig.ts';
import { callBySipp, SIPP_OR_SKIP, type SippCall } from './sipp.ts';
import { Wire } from './wire.ts';

/** SIPp finds nothing wrong, and no call reaches the media process. */
async function turnedAway(
  t: Test,
  steps: readonly Step[],
  call: Partial<SippCall> = {},
  trunks = '',
): Promise<PhoneRig> {
  const phone = await PhoneRig.open(t, { trunks });
  t.equal(await callBySipp(t, scenario(...steps), { port: phone.port, ...call }), '');
  t.equal(phone.calls.length, 0, 'no media was set up');
  return phone;
}

const TARGET = 'sip:+15550100@[remote_ip]:[remote_port]';
const FAX = described({ formats: '18', lines: [] });

/** Refusals by what is asked for; each is told why. */
const REFUSED: Readonly<Record<string, readonly [Step, Step]>> = {
  'an extension that we lack': [
    invite({ headers: ['Require: 100rel, teleport'] }),
    refused(420, { 'Unsupported:': 'teleport' }),
  ],
  'a body that we cannot read': [
    invite({ body: 'hello', contentType: 'text/plain' }),
    refused(415, { 'Accept:': 'application/sdp' }),
  ],
  'a body in another encoding': [
    invite({ headers: ['Content-Encoding: gzip'] }),
    refused(415, { 'Accept-Encoding:': 'identity' }),
  ],
  'no codec of ours': [invite({ body: FAX }), refused(488, { 'Warning:': '30[45]' })],
  'no audio': [invite({ body: described({}).replace('m=audio', 'm=video') }), refused(488)],
  'no session description': [invite({ body: 'v=1\nnonsense' }), refused(400)],
  'an answer in a format that we do not write': [invite({ headers: ['Accept: text/html'] }), refused(406)],
  'an INVITE of a call that is not there': [
    invite({ as: {} }).replace(/^(To: <[^>]*>)$/m, '$1;tag=gone'),
    refused(481),
  ],
  'nobody in particular': [invite({ uri: 'sip:[remote_ip]:[remote_port]' }), refused(404)],
};

for (const [what, steps] of Object.entries(REFUSED))
  t.test(`refused: ${what}`, SIPP_OR_SKIP, async t => {
    await turnedAway(t, steps);
  });

t.test('outside of a call', SIPP_OR_SKIP, async t => {
  const out = (method: string, cseq: number, status: number, says = {}): Step =>
    [ask(method, { cseq, uri: TARGET }).replace('[peer_tag_param]', ''), expect(status, { says })].join('\n');
  await turnedAway(t, [out('OPTIONS', 1, 200, { 'Allow:': 'INVITE', 'Accept:': 'application/sdp' })]);
  await turnedAway(t, [out('REGISTER', 1, 405, { 'Allow:': 'INVITE' })]);
  await turnedAway(t, [out('SUBSCRIBE', 1, 405)]);
  await turnedAway(t, [out('MESSAGE', 1, 405)]);
  await turnedAway(t, [out('TELEPORT', 1, 405)]);
  await turnedAway(t, [out('BYE', 1, 481)]);
  await turnedAway(t, [out('INFO', 1, 481)]);
});

t.test('an ACK of nothing is passed over', SIPP_OR_SKIP, async t => {
  const stray = ask('ACK', { cseq: 7, uri: TARGET });
  const phone = await PhoneRig.open(t);
  t.equal(await callBySipp(t, scenario(stray, answered(), hangUp()), phone), '');
});

t.test('a request that came by two ways is answered once', SIPP_OR_SKIP, async t => {
  const phone = await PhoneRig.open(t);
  const wire = await Wire.open(t, phone.port, kind => {
    if (kind === '482 INVITE') setImmediate(() => phone.hangUp());
    return 'pass';
  });
  const copy = invite().replace(/branch=\S+/, 'branch=z9hG4bK-other-way');
  const steps = [answered(), copy, expect(482), isHungUp()];
  t.equal(await callBySipp(t, scenario(...steps), { port: phone.port, via: wire.port }), '');
  t.equal(phone.calls.length, 1);
});

t.test('Max-Forwards is for proxies: 0 reaches us', SIPP_OR_SKIP, async t => {
  const phone = await PhoneRig.open(t);
  const last = invite().replace('Max-Forwards: 70', 'Max-Forwards: 0');
  t.equal(await callBySipp(t, scenario(last, maybe(100), expect(200), ack(), hangUp()), phone), '');
});

const NUMBERS = `
trunks:
  - {name: first, allowedAddresses: [127.0.0.1], numbers: ["+15550100"]}
  - {name: second, allowedAddresses: [127.0.0.2], numbers: ["+4930*"], numbering: {nationalPrefix: "0", countryCode: "49"}}
`;

t.test('a number that nobody here has', SIPP_OR_SKIP, async t => {
  await turnedAway(t, [invite(), refused(404)], { number: '+15559999' }, NUMBERS);
  await turnedAway(t, [invite(), refused(404)], { host: '127.0.0.2' }, NUMBERS);
});

t.test('the address that calls decides about the trunk, and that about the number', SIPP_OR_SKIP, async t => {
  const phone = await PhoneRig.open(t, { trunks: NUMBERS });
  const call = { port: phone.port, host: '127.0.0.2', number: '0301234' };
  t.equal(await callBySipp(t, scenario(answered(), hangUp()), call), '');
  t.match(phone.calls, [{ line: { trunk: 'second', to: '+49301234' } }]);
});

t.test('strangers hear nothing, whatever they ask', SIPP_OR_SKIP, async t => {
  const phone = await PhoneRig.open(t, { trunks: NUMBERS });
  const stranger = { port: phone.port, host: '127.0.0.9', options: { '-timeout': '1s' } };
  const options = ask('OPTIONS', { cseq: 1, uri: TARGET });
  const broken = ask('OPTIONS', { cseq: 1, uri: TARGET }).replace('CSeq: 1 ', 'CSeq: one ');
  for (const step of [invite(), options, broken]) {
    const heard = await callBySipp(t, scenario(step, expect(200)), stranger);
    t.match(heard, /timed out/);
    t.notMatch(heard, /unexpected/);
  }
  t.match(phone.turnedAway, [{ type: 'sipTurnedAway', cause: 'unknownAddress' }]);
  t.equal(phone.calls.length, 0);
});

const RETRY = { 'Retry-After:': '[1-9][0-9]*' };

t.test('a node that is full says when to try again, before anything is set up', SIPP_OR_SKIP, async t => {
  const phone = await PhoneRig.open(t, { slots: 1 });
  const first = callBySipp(t, scenario(answered(), pause(4_000), hangUp()), phone);
  await phone.told('lineAnswered');
  t.equal(await callBySipp(t, scenario(invite(), refused(503, RETRY)), phone), '');
  t.equal(await first, '');
  t.equal(phone.calls.length, 1);
  t.equal(await callBySipp(t, scenario(answered(), hangUp()), phone), '', 'the slot is free again');
});

t.test('a trunk that has all its calls, and one whose calls come too fast', SIPP_OR_SKIP, async t => {
  const limited = (limits: string): string =>
    `trunks: [{name: one, allowedAddresses: [127.0.0.1], numbers: ["*"], ${limits}}]`;
  for (const limits of ['maxCalls: 1', 'maxCallsPerSecond: 0.1']) {
    const phone = await PhoneRig.open(t, { trunks: limited(limits) });
    const first = callBySipp(t, scenario(answered(), pause(4_000), hangUp()), phone);
    await phone.told('lineAnswered');
    t.equal(await callBySipp(t, scenario(invite(), refused(503, RETRY)), phone), '', limits);
    t.equal(await first, '');
    t.equal(phone.calls.length, 1);
  }
});

t.test('a node that is being emptied', SIPP_OR_SKIP, async t => {
  const phone = await PhoneRig.open(t);
  phone.admission.drain(true);
  t.equal(await callBySipp(t, scenario(invite(), refused(503, RETRY)), phone), '');
});

const DIGEST = `
trunks:
  - name: guarded
    allowedAddresses: [127.0.0.1]
    numbers: ["*"]
    inboundDigest: {user: carrier, realm: judges, passwordEnv: JUDGED_PASSWORD, algorithms: [MD5]}
`;

/** SIPp fills in the response to the challenge that came last. */
function proven(password: string): string {
  return `[authentication username=carrier password=${password}]`;
}

/** By itself it names another resource than the one that it asks for. */
function guarded({ port }: PhoneRig): SippCall {
  return { port, options: { '-auth_uri': `+15550100@127.0.0.1:${port}` } };
}

const CHALLENGED: Step = [invite(), maybe(100), '<recv response="401" auth="true"/>', sameBranch('ACK')].join(
  '\n',
);

t.test('a caller proves who it is', SIPP_OR_SKIP, async t => {
  process.env.JUDGED_PASSWORD = 'secret';
  const phone = await PhoneRig.open(t, { trunks: DIGEST });
  const steps = [
    CHALLENGED,
    invite({ cseq: 2, headers: [proven('secret')] }),
    maybe(100),
    expect(200),
    ack({ cseq: 2 }),
    hangUp(3),
  ];
  t.equal(await callBySipp(t, scenario(...steps), guarded(phone)), '');
  t.equal(phone.calls.length, 1);
});

t.test('a caller that does not', SIPP_OR_SKIP, async t => {
  process.env.JUDGED_PASSWORD = 'secret';
  const phone = await PhoneRig.open(t, { trunks: DIGEST });
  const steps = [
    CHALLENGED,
    invite({ cseq: 2, headers: [proven('guess')] }),
    maybe(100),
    expect(401, { says: { 'WWW-Authenticate:': 'Digest realm' } }),
    sameBranch('ACK', { cseq: 2 }),
  ];
  t.equal(await callBySipp(t, scenario(...steps), guarded(phone)), '');
  t.equal(phone.calls.length, 0);
});
