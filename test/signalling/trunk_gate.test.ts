import { createHash } from 'node:crypto';
import t, { type Test } from 'tap';
import type { SipRequest } from '../../sip/message/message.ts';
import { parseNameAddr } from '../../sip/message/name_addr.ts';
import { parseDatagram } from '../../sip/message/parse.ts';
import { parseConfig } from '../../src/config/load.ts';
import { callAttributes } from '../../src/signalling/call_attributes.ts';
import { callingNumber } from '../../src/signalling/calling_number.ts';
import { readInfoKey } from '../../src/signalling/info_keys.ts';
import { SourceGuard } from '../../src/signalling/source_guard.ts';
import { TrunkCredentials } from '../../src/signalling/trunk_credentials.ts';
import { type Decision, TrunkGate, type TurnedAway } from '../../src/signalling/trunk_gate.ts';
import { trunkTable } from '../../src/telephony/trunk_table.ts';

const PROVIDER = '192.0.2.10';

function invite(target: string, headers: readonly string[] = []): SipRequest {
  const lines = [
    `INVITE ${target} SIP/2.0`,
    'Via: SIP/2.0/UDP 192.0.2.10;branch=z9hG4bK1',
    'Max-Forwards: 70',
    'From: <sip:a@b>;tag=1',
    'To: <sip:c@d>',
    'Call-ID: 1',
    'CSeq: 1 INVITE',
    ...headers,
    'Content-Length: 0',
  ];
  const outcome = parseDatagram(Buffer.from(`${lines.join('\r\n')}\r\n\r\n`));
  if (outcome.outcome !== 'message' || outcome.message.kind !== 'request') throw new Error('no request');
  return outcome.message;
}

function gateOf(yaml: string, folder = '.') {
  let nowMs = 0;
  const away: TurnedAway[] = [];
  const table = trunkTable(parseConfig(yaml, 'test', {}));
  const gate = new TrunkGate(table, TrunkCredentials.read(table, folder, {}), {
    nowMs: () => nowMs,
    turnedAway: why => away.push(why),
  });
  return { gate, away, pass: (ms: number) => (nowMs += ms) };
}

const TRUNKS = `
trunks:
  - name: provider
    allowedAddresses: [${PROVIDER}]
    numbers: ["+4930123*"]
    numbering: {nationalPrefix: "0", countryCode: "49"}
    maxCalls: 2
    maxCallsPerSecond: 2
    dispatch: [{numbers: ["+49301239"], workflow: claims}]
`;

t.test('strangers hear nothing, peers hear what is wrong, and numbers find their workflow', async t => {
  const { gate, away } = gateOf(TRUNKS);
  t.equal(gate.decide(invite('sip:+49301230@x'), '198.51.100.1'), 'silence');
  t.match(gate.decide(invite('sip:+15550100@x'), PROVIDER), { status: 404 });
  t.match(gate.decide(invite('sip:030-1239@x'), PROVIDER), { number: '+49301239', workflow: 'claims' });
  t.match(gate.decide(invite('tel:+49301231'), PROVIDER), { number: '+49301231', workflow: 'piano_removal' });
  t.same(away, ['unknownAddress', 'unknownNumber']);
  t.equal(gate.isKnown(PROVIDER), true);
  t.equal(gate.isKnown('198.51.100.1'), false);
});

t.test('a trunk has so many calls at once, and so many a second; who waits is told how long', async t => {
  const { gate, away, pass } = gateOf(TRUNKS);
  const call = () => gate.decide(invite('sip:+49301230@x'), PROVIDER);
  t.match(call(), { number: '+49301230' });
  t.match(call(), { number: '+49301230' });
  const third = call();
  t.match(third, { status: 503 });
  t.equal(third !== 'silence' && 'status' in third && third.headers.get('retry-after'), '1');
  pass(500);
  t.match(call(), { number: '+49301230' }, 'half a second is one call more');
  gate.count('provider', 1);
  gate.count('provider', 1);
  pass(5000);
  t.match(call(), { status: 503 });
  gate.count('provider', -1);
  t.match(call(), { number: '+49301230' });
  t.same(away, ['trunkRate', 'trunkCalls']);
});

const PASSWORD = 'open sesame';

/** A trunk that everybody may call who knows the password. */
function cave(t: Test) {
  return gateOf(
    `
trunks:
  - name: phones
    allowedAddresses: ["0.0.0.0/0"]
    numbers: ["7*"]
    inboundDigest: {user: ali, realm: cave, passwordFile: secret, algorithms: [MD5]}
`,
    t.testdir({ secret: `${PASSWORD}\n` }),
  );
}

/** What is decided of a caller who is asked for a password and says this one. */
function say(gate: TrunkGate, password: string, { number = '7', from = PROVIDER } = {}): Decision {
  const uri = `sip:${number}@x`;
  const asked = gate.decide(invite(uri), from);
  const challenge = asked !== 'silence' && 'status' in asked ? asked.headers.get('www-authenticate') : '';
  const nonce = /nonce="([^"]+)"/.exec(challenge ?? '')?.[1];
  if (nonce === undefined) throw new Error('nobody asked for a password');
  const md5 = (text: string) => createHash('md5').update(text).digest('hex');
  const proof = md5(`${md5(`ali:cave:${password}`)}:${nonce}:00000001:c:auth:${md5(`INVITE:${uri}`)}`);
  const answer = `Digest username="ali", realm="cave", nonce="${nonce}", uri="${uri}", response="${proof}", qop=auth, cnonce="c", nc=00000001, algorithm=MD5`;
  return gate.decide(invite(uri, [`Authorization: ${answer}`]), from);
}

t.test('credentials: asked for, wrong, of garbage, right', async t => {
  const { gate, away } = cave(t);
  t.match(say(gate, 'wrong'), { status: 401 });
  t.match(gate.decide(invite('sip:7@x', ['Authorization: Digest realm="cave", x']), PROVIDER), {
    status: 400,
  });
  t.match(say(gate, PASSWORD), { number: '7' });
  t.same(away, ['unauthenticated', 'unauthenticated', 'badCredentials', 'unauthenticated']);
});

t.test('who guesses passwords is passed over after some, right ones too; nobody else is', async t => {
  const { gate, away, pass } = cave(t);
  for (let guess = 0; guess < 10; guess += 1) t.match(say(gate, `guess ${guess}`), { status: 401 });
  t.equal(say(gate, 'one more'), 'silence');
  t.equal(say(gate, PASSWORD), 'silence', 'it does not hear that this one was right');
  t.same(away.slice(-2), ['unauthenticated', 'badCredentials']);
  t.match(say(gate, PASSWORD, { from: '198.51.100.1' }), { number: '7' });
  pass(10_000);
  t.match(say(gate, 'wrong'), { status: 401 });
  t.equal(say(gate, PASSWORD), 'silence');
  pass(10_000);
  t.match(say(gate, PASSWORD), { number: '7' });
  for (let guess = 0; guess < 10; guess += 1) t.match(say(gate, 'wrong'), { status: 401 }, 'counted anew');
});

t.test('who has no password does not hear what numbers there are', async t => {
  const { gate } = cave(t);
  t.match(gate.decide(invite('sip:8@x'), PROVIDER), { status: 401 });
  t.match(say(gate, 'wrong', { number: '8' }), { status: 401 });
  t.match(say(gate, PASSWORD, { number: '8' }), { status: 404 });
});

t.test('whoever everybody may be is a stranger', async t => {
  const { gate } = cave(t);
  t.equal(gate.isKnown(PROVIDER), true);
  t.equal(gate.isNamed(PROVIDER), false);
  const named = gateOf('sip: {allowedAddresses: ["10.0.0.0/8", "2000::/3", "2001:db8::/32"]}').gate;
  t.equal(named.isNamed('10.1.2.3'), true);
  t.equal(named.isNamed('2001:db8::1'), true);
  t.equal(named.isNamed('2001:db9::1'), false);
});

t.test('a number behind a PIN', async t => {
  const folder = t.testdir({ pin: '4711\n' });
  const { gate } = gateOf(
    `
trunks:
  - name: phones
    allowedAddresses: [${PROVIDER}]
    numbers: ["*"]
    dispatch: [{numbers: ["7*"], workflow: claims, pinFile: pin}]
`,
    folder,
  );
  t.match(gate.decide(invite('sip:70@x'), PROVIDER), { workflow: 'claims', pin: '4711' });
  t.match(gate.decide(invite('sip:80@x'), PROVIDER), { workflow: 'piano_removal', pin: undefined });
});

t.test('a flood of strangers is hardly read, whether from one address or from all of them', async t => {
  let nowMs = 0;
  const guard = new SourceGuard({
    isKnown: address => address === PROVIDER,
    isAwaited: () => false,
    nowMs: () => nowMs,
  });
  const read = (count: number, from: (index: number) => string) =>
    Array.from({ length: count }, (_, index) => guard.accepts(from(index))).filter(Boolean).length;
  t.equal(
    read(1000, () => '198.51.100.1'),
    10,
  );
  t.ok(read(30_000, index => `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`) <= 200);
  t.ok(guard.size <= 10_000);
  t.equal(
    read(1000, () => PROVIDER),
    1000,
    'a peer is not held up by them',
  );
  t.equal(guard.refused, 990 + 30_000 - 190);
  nowMs += 1000;
  t.equal(
    read(10, () => '198.51.100.1'),
    10,
    'forgotten among so many, it is new again',
  );
});

t.test('who calls: what a trunk asserts goes before what a phone says, and some withhold it', async t => {
  const from = parseNameAddr('"A" <sip:0301234567@phone>;tag=1')!;
  const asserted = [parseNameAddr('<tel:+49-30-7654321>')!];
  const [trunk] = trunkTable(parseConfig(TRUNKS, 'test', {}));
  const identity = { from, to: from, asserted: [], privacy: [] };
  t.equal(callingNumber(trunk!, identity), '+49301234567');
  t.equal(callingNumber(trunk!, { ...identity, asserted }), '+49307654321');
  t.equal(callingNumber(trunk!, { ...identity, asserted, privacy: ['id'] }), '');
  const anonymous = parseNameAddr('<sip:anonymous@anonymous.invalid>')!;
  t.equal(callingNumber(trunk!, { ...identity, from: anonymous }), '');
  t.equal(callingNumber(trunk!, { ...identity, from: parseNameAddr('<sip:al%69ce@x>')! }), 'alice');
});

t.test('headers become attributes of the call, cut and clean', async t => {
  const trunk = {
    attributes: { 'X-Customer': 'customer', 'X-Long': 'long', 'X-None': 'none', 'X-Empty': 'empty' },
  };
  const { headers } = invite('sip:1@x', [
    'x-customer: 4711\t\t; "Ü"',
    `X-Long: ${'a'.repeat(1000)}`,
    'X-Empty:  ',
    'X-Other: not asked for',
  ]);
  t.same(callAttributes(trunk, headers), { customer: '4711 ; "Ü"', long: 'a'.repeat(256) });
});

t.test('keys that come by INFO, in both formats, and what is none', async t => {
  const relay = (text: string) => readInfoKey('application/dtmf-relay', Buffer.from(text));
  t.same(relay('Signal=5\r\nDuration=250\r\n'), { key: '5', durationMs: 250 });
  t.same(relay('signal= *\nduration = nonsense'), { key: '*', durationMs: 160 });
  t.same(relay('Signal=11\r\n'), { key: '#', durationMs: 160 });
  t.same(readInfoKey('application/dtmf; charset=x', Buffer.from(' d\r\n')), { key: 'D', durationMs: 160 });
  for (const text of ['', 'Signal=', 'Signal=55', 'Signal=5\0', 'Duration=5', `Signal=5${' '.repeat(300)}`])
    t.equal(relay(text), undefined, JSON.stringify(text).slice(0, 30));
  t.equal(readInfoKey('application/sdp', Buffer.from('5')), 'unknownType');
});
