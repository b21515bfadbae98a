import t from 'tap';
import type { Flow } from '../../../sip/transport/transport.ts';
import { established, isClean, mediaAt, type Network, type Party, pair, seeded } from './session_rig.ts';

function flowTo(party: Party): Flow {
  return { protocol: 'UDP', local: party.local, remote: { address: '192.0.2.1', port: 5060 } };
}

let branches = 0;

/** A request of alice's in a dialog with bob, with fields of the test's choice. */
function requestText(party: Party, fields: Record<string, string | undefined>, body = ''): string {
  const { method = 'INFO', uri = 'sip:bob@192.0.2.2', ...given } = fields;
  const { callId, localTag, remoteTag } = party.call;
  branches += 1;
  const head: Record<string, string | undefined> = {
    Via: `SIP/2.0/UDP 192.0.2.1:5060;rport;branch=z9hG4bKhostile${branches}`,
    'Max-Forwards': '70',
    From: `<sip:alice@192.0.2.1>;tag=${remoteTag}`,
    To: `<sip:bob@192.0.2.2>;tag=${localTag}`,
    'Call-ID': callId,
    CSeq: `1000 ${method}`,
    Contact: '<sip:alice@192.0.2.1>',
    'Content-Length': String(Buffer.byteLength(body)),
    ...given,
  };
  const lines = Object.entries(head).flatMap(([name, value]) =>
    value === undefined ? [] : `${name}: ${value}\r\n`,
  );
  return `${method} ${uri} SIP/2.0\r\n${lines.join('')}\r\n${body}`;
}

function statusOf(network: Network): number | undefined {
  const last = network.messages.at(-1);
  return last?.kind === 'response' ? last.status : undefined;
}

t.test('wrong tags, wrong Call-ID and unknown dialogs: 481, and the call goes on', t => {
  const { network, bob, outbound } = established();
  for (const method of ['BYE', 'INVITE', 'INFO', 'UPDATE', 'PRACK', 'OPTIONS', 'REFER'])
    for (const fields of [
      { From: '<sip:alice@192.0.2.1>;tag=wrong' },
      { From: '<sip:alice@192.0.2.1>' },
      { To: '<sip:bob@192.0.2.2>;tag=wrong' },
      { 'Call-ID': 'wrong' },
    ]) {
      bob.receive(Buffer.from(requestText(bob, { method, ...fields })), flowTo(bob));
      t.equal(statusOf(network), 481, `${method} ${JSON.stringify(fields)}`);
    }
  t.equal(outbound.state, 'confirmed');
  t.equal(bob.call.state, 'confirmed');
  t.same(bob.take(), []);
  t.end();
});

t.test('numbers out of order: 500, gaps are none', t => {
  const { network, bob } = established();
  const send = (number: number) => {
    bob.receive(
      Buffer.from(requestText(bob, { CSeq: `${number} INFO`, 'Content-Type': 'text/plain' }, 'x')),
      flowTo(bob),
    );
    return statusOf(network);
  };
  t.equal(send(1), 500, 'that of the INVITE');
  t.equal(send(0), 500);
  t.equal(send(4_000_000_000), 200);
  t.equal(send(4_000_000_000), 500);
  t.equal(send(5), 500);
  t.equal(send(4_294_967_295), 200);
  t.same(bob.take(), ['info x', 'info x']);
  t.end();
});

t.test('what a request in the dialog may not be', t => {
  const { network, bob } = established();
  let number = 1_000;
  const send = (method: string, fields: Record<string, string>, body?: string) => {
    number += 1;
    bob.receive(
      Buffer.from(requestText(bob, { method, CSeq: `${number} ${method}`, ...fields }, body)),
      flowTo(bob),
    );
    return statusOf(network);
  };
  t.equal(send('INVITE', { Require: 'precondition' }), 420);
  t.equal(send('UPDATE', { 'Content-Type': 'text/html' }, '<p>'), 415);
  t.equal(send('INVITE', { 'Content-Type': 'application/sdp' }, 'garbage'), 400);
  t.equal(send('INVITE', { 'Content-Type': 'multipart/mixed;boundary=x' }, 'garbage'), 415);
  t.equal(send('UPDATE', { 'Session-Expires': '10', Supported: 'timer' }), 422);
  t.equal(send('REGISTER', {}), 405);
  t.equal(send('NONSENSE', {}), 405);
  t.equal(send('PRACK', { RAck: '1 1 INVITE' }), 481);
  t.equal(send('OPTIONS', {}), 200);
  t.equal(bob.call.state, 'confirmed');
  t.equal(send('INVITE', { uri: 'http://192.0.2.2' }), 416);
  t.end();
});

t.test('a flood of re-INVITEs leaves one alarm each way and one call', t => {
  const { network, bob, outbound } = established();
  const waiting = network.clock.waiting;
  const offer = `v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 30000 RTP/AVP 8\r\n`;
  for (let number = 2; number < 2_000; number++)
    bob.receive(
      Buffer.from(
        requestText(
          bob,
          { method: 'INVITE', CSeq: `${number} INVITE`, 'Content-Type': 'application/sdp' },
          offer,
        ),
      ),
      flowTo(bob),
    );
  t.ok(network.clock.waiting - waiting < 3 * 2_000 + 10, 'each transaction has its timer, the session two');
  t.equal(bob.agent.size, 1);
  network.take();
  network.run(1_000);
  const repeated = network.take().filter(one => one === 'bob 200 INVITE').length;
  t.ok(repeated <= 1, `${repeated} of 2000 answers are repeated`);
  network.run(40_000);
  t.equal(bob.call.state, 'ended', 'nobody acknowledged the last');
  t.equal(outbound.state, 'ended');
  t.end();
});

t.test('INVITEs beyond the limit of sessions get 503 with Retry-After', t => {
  const { network, alice, bob } = pair(1, { limits: { sessions: 3 } });
  for (let call = 0; call < 3; call++) alice.invite(bob);
  network.run();
  t.equal(bob.calls.length, 3);
  const { network: other, alice: carol } = pair();
  other.detach(carol.local);
  bob.receive(Buffer.from(newInvite()), flowTo(bob));
  t.equal(statusOf(network), 503);
  t.equal(network.messages.at(-1)?.headers.get('retry-after'), '10');
  for (const call of bob.calls) call.reject(486);
  network.run(40_000);
  bob.receive(Buffer.from(newInvite()), flowTo(bob));
  t.equal(bob.calls.length, 4, 'room is made when they are gone');
  t.end();
});

function newInvite(fields = ''): string {
  branches += 1;
  return `INVITE sip:bob@192.0.2.2 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKnew${branches}\r\nFrom: <sip:x@192.0.2.1>;tag=${branches}\r\nTo: <sip:bob@192.0.2.2>\r\nCall-ID: new${branches}\r\nCSeq: 1 INVITE\r\n${fields === '' ? 'Contact: <sip:x@192.0.2.1>\r\n' : fields}Content-Length: 0\r\n\r\n`;
}

t.test('an INVITE that no dialog can be made of', t => {
  const { network, bob } = pair();
  for (const [fields, status] of [
    ['Subject: none\r\n', 400],
    ['Contact: *\r\n', 400],
    ['Contact: <sip:x@192.0.2.1>\r\nRequire: replaces\r\n', 420],
    ['Contact: <sip:x@192.0.2.1>\r\nSupported: timer\r\nSession-Expires: 20\r\n', 422],
    ['Contact: <sip:x@192.0.2.1>\r\nAccept: text/html\r\n', 406],
  ] as const) {
    bob.receive(Buffer.from(newInvite(fields)), flowTo(bob));
    t.equal(statusOf(network), status, fields);
  }
  t.equal(bob.calls.length, 0);
  t.end();
});

t.test('targets and routes that lead nowhere harm nobody', t => {
  for (const contact of [
    '<tel:+49301234>',
    '<sip:x@no.such.host.invalid>',
    '<sip:0.0.0.0:1>',
    '<sip:a@[::1]:9;transport=tls>',
    '<http://x>',
    '<sip:a@192.0.2.250?Subject=x&method=BYE>',
    '<sip:a@192.0.2.1;method=INVITE;lr>',
  ]) {
    const { network, bob } = pair();
    bob.answers();
    const body = `v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 30000 RTP/AVP 8\r\n`;
    const text = newInvite(
      `Contact: ${contact}\r\nRecord-Route: <sip:strict.invalid>, <tel:1;lr>\r\nContent-Type: application/sdp\r\n`,
    );
    bob.receive(
      Buffer.from(text.replace('Content-Length: 0', `Content-Length: ${body.length}`) + body),
      flowTo(bob),
    );
    network.run();
    bob.call.hold();
    bob.call.hangUp();
    network.run(200_000);
    t.ok(isClean(network, bob), contact);
  }
  t.end();
});

t.test('thousands of broken requests inside a dialog: no throw, no change of who speaks', t => {
  const { bob } = established();
  const random = seeded(99);
  const words = [
    '',
    ' ',
    ';',
    '"',
    '<',
    '>',
    ',',
    '\u0000',
    '🙂',
    '-1',
    '4294967296',
    'x'.repeat(600),
    '%',
    '%zz',
    '\\',
  ];
  const names = [
    'Via',
    'From',
    'To',
    'CSeq',
    'Contact',
    'Content-Type',
    'Session-Expires',
    'Min-SE',
    'RAck',
    'Require',
    'Supported',
    'Allow',
    'Reason',
    'Record-Route',
    'Route',
    'Max-Forwards',
    'Content-Disposition',
  ];
  const methods = ['INVITE', 'UPDATE', 'INFO', 'PRACK', 'OPTIONS', 'NOTIFY', 'ACK', 'CANCEL'];
  const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)] as Item;
  for (let round = 0; round < 6_000; round++) {
    const method = pick(methods);
    const name = pick(names);
    const value = `${pick(words)}${random() < 0.5 ? pick(words) : 'INVITE'}${pick(words)}`;
    const text = requestText(
      bob,
      { method, CSeq: `${2 + round} ${method}`, [name]: value },
      pick(['', 'v=0', value]),
    );
    bob.receive(Buffer.from(text), flowTo(bob));
  }
  t.equal(bob.call.state, 'confirmed');
  t.equal(bob.agent.size, 1);
  t.end();
});

t.test('responses that nobody asked for', t => {
  const { network, alice, bob } = pair();
  const outbound = alice.invite(bob);
  network.run();
  bob.call.progress(180);
  network.run();
  const [invite] = network.messages;
  const branch = invite?.vias[0]?.params.find(({ name }) => name === 'branch')?.value ?? '';
  const random = seeded(5);
  const lines = [
    'RSeq: 1',
    'RSeq: x',
    'Require: 100rel',
    'Contact: *',
    'Contact: <tel:1>',
    'Session-Expires: 1',
    'Content-Type: application/sdp',
    'Record-Route: <sip:x>',
    'Warning: x',
    'Retry-After: x',
  ];
  for (let round = 0; round < 3_000; round++) {
    const chosen = lines.filter(() => random() < 0.3).map(line => `${line}\r\n`);
    const status = pickStatus(random);
    const text = `SIP/2.0 ${status} X\r\nVia: SIP/2.0/UDP 192.0.2.1:5060;branch=${branch}\r\nFrom: <sip:alice@192.0.2.1>;tag=${outbound.localTag}\r\nTo: <sip:bob@192.0.2.2>${random() < 0.7 ? `;tag=${Math.floor(random() * 40)}` : ''}\r\nCall-ID: ${outbound.callId}\r\nCSeq: 1 INVITE\r\n${chosen.join('')}Content-Length: 4\r\n\r\nv=0\n`;
    alice.receive(Buffer.from(text), flowTo(alice));
  }
  t.equal(outbound.state, 'ended', 'a 2xx without a description is none');
  network.run(400_000);
  t.equal(alice.agent.size, 0);
  t.end();
});

function pickStatus(random: () => number): number {
  return random() < 0.9 ? 100 + Math.floor(random() * 99) : 200;
}

t.test('a call whose media was never negotiated, and what its user may not do', t => {
  const { network, alice, bob } = pair();
  alice.invite(bob);
  network.run();
  t.throws(() => bob.call.accept(), TypeError);
  t.throws(() => bob.call.progress(183, { withMedia: true }), TypeError);
  bob.call.hold();
  bob.call.negotiate(mediaAt('192.0.2.2'));
  t.throws(() => bob.call.negotiate(mediaAt('192.0.2.2')), TypeError);
  bob.call.accept();
  network.run();
  t.same(bob.take(), ['confirmed sendonly'], 'held from the start');
  t.end();
});

t.test('re-INVITEs without ACKs, while one of ours waits, are taken as they come', t => {
  const { network, bob, outbound, inbound } = established();
  network.loses = message => message.kind === 'request' && message.method === 'ACK';
  outbound.hold();
  network.run(100);
  inbound.hold();
  network.take();
  const cseq = 1_000;
  bob.receive(Buffer.from(requestText(bob, { method: 'INVITE', CSeq: `${cseq} INVITE` })), flowTo(bob));
  t.same(network.take(), ['bob 200 INVITE'], 'ours does not cross theirs');
  const answer = `v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 30000 RTP/AVP 8\r\n`;
  const fields = { method: 'ACK', CSeq: `${cseq} ACK`, 'Content-Type': 'application/sdp' };
  bob.receive(Buffer.from(requestText(bob, fields, answer)), flowTo(bob));
  t.same(network.take(), ['bob INVITE'], 'ours comes after');
  network.run(100);
  t.equal(bob.call.state, 'confirmed');
  t.equal(bob.call.stream?.direction, 'inactive', 'held from both ends');
  t.end();
});

t.test('a re-INVITE that is refused lets ours go on', t => {
  const { network, bob, outbound, inbound } = established();
  network.loses = message => message.kind === 'request' && message.method === 'ACK';
  outbound.hold();
  network.run(100);
  inbound.hold();
  network.take();
  const fields = { method: 'INVITE', CSeq: '1000 INVITE', 'Content-Type': 'application/sdp' };
  bob.receive(Buffer.from(requestText(bob, fields, 'garbage')), flowTo(bob));
  t.same(network.take(), ['bob 400 INVITE', 'bob INVITE']);
  t.end();
});
