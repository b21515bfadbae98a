import t, { type Test } from 'tap';
import { CODECS, type Codec } from '../../bench/wire/codec.ts';
import { parseImpairment } from '../../bench/wire/impaired_path.ts';
import { parseRtp } from '../../bench/wire/rtp_packet.ts';
import { SipFailure } from '../../bench/wire/sip_client.ts';
import { headerOf, headersOf, type SipRequest, type SipResponse } from '../../bench/wire/sip_message.ts';
import { placeCall, type WireCall } from '../../bench/wire/wire_call.ts';
import { Phone } from './phone.ts';

/** Runs RFC 3261's timers 25 times faster: retransmission after 20 ms, giving up after 1.3 s. */
const T1_MS = 20;

interface Placed {
  readonly call: Promise<WireCall>;
  readonly abort: AbortController;
  readonly ended: Promise<'agent' | 'caller'>;
  readonly provisionals: number[];
  readonly heard: Int16Array[];
}

function place(
  t: Test,
  phone: Phone,
  { password = '', answerTimeoutMs = 5000, codecs = [CODECS.PCMU] as Codec[], network = '' } = {},
): Placed {
  const abort = new AbortController();
  const ended = Promise.withResolvers<'agent' | 'caller'>();
  const provisionals: number[] = [];
  const heard: Int16Array[] = [];
  const call = placeCall(
    {
      target: phone.target,
      fromUser: '+15557770001',
      codecs,
      localHost: '127.0.0.1',
      credentials: password === '' ? undefined : { user: 'u', password },
      answerTimeoutMs,
      network: network === '' ? undefined : { impairment: parseImpairment(network), seed: 5 },
      t1Ms: T1_MS,
      signal: abort.signal,
    },
    {
      provisional: status => provisionals.push(status),
      audio: () => ({ source: frame => frame.fill(3000), sent: () => {}, received: pcm => heard.push(pcm) }),
      ended: by => ended.resolve(by),
    },
  );
  t.teardown(async () => {
    await call.then(answered => answered.hangUp()).catch(() => {});
    phone.close();
  });
  return { call, abort, ended: ended.promise, provisionals, heard };
}

function answerer(phone: Phone, request: SipRequest): void {
  if (request.method === 'INVITE') phone.respond(request, 200, 'OK', phone.sdp());
  else if (request.method !== 'ACK') phone.respond(request, 200, 'OK');
}

async function failure(placed: Placed): Promise<SipFailure> {
  const error = await placed.call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof SipFailure) return error;
  throw new Error('the call should have failed', { cause: error });
}

t.test('a call with ringing, audio both ways, keys, and our BYE', async t => {
  const phone = await Phone.start((self, request) => {
    if (request.method !== 'INVITE') return answerer(self, request);
    self.respond(request, 100, 'Trying');
    self.respond(request, 180, 'Ringing');
    self.respond(request, 200, 'OK', self.sdp(), { 'X-Test-Call-ID': 'SCL_1' });
  });
  phone.echo();
  const placed = place(t, phone);
  const call = await placed.call;
  t.same(placed.provisionals, [100, 180]);
  t.equal(call.serverCallId, 'SCL_1');
  await phone.until(({ rtp }) => rtp.length >= 5);
  t.equal(parseRtp(phone.rtp[4]!)!.payload.length, 160);
  t.equal(call.pressKeys('1'), true);
  await phone.until(({ rtp }) =>
    rtp.some(packet => (parseRtp(packet)!.payload[1]! & 0x80) !== 0 && parseRtp(packet)!.payloadType === 101),
  );
  t.ok(Math.abs(placed.heard.at(-1)![0]! - 3000) < 100, 'the echo is heard');
  await call.hangUp();
  t.equal(await placed.ended, 'caller');
  t.same(phone.methods(), ['INVITE', 'ACK', 'BYE']);
  const [invite, ack, bye] = phone.requests as [SipRequest, SipRequest, SipRequest];
  t.match(headerOf(ack, 'cseq'), '1 ACK');
  t.match(headerOf(bye, 'cseq'), '2 BYE');
  t.match(headerOf(bye, 'to'), 'tag=phone-tag');
  t.equal(headerOf(bye, 'from'), headerOf(invite, 'from'));
});

t.test('the far end hangs up, twice because it lost our answer', async t => {
  const phone = await Phone.start(answerer);
  const placed = place(t, phone);
  await placed.call;
  await phone.until(self => self.methods().includes('ACK'));
  phone.ask('BYE');
  t.equal(await placed.ended, 'agent');
  phone.ask('BYE', '', { sequence: 1 });
  await phone.until(({ responses }) => responses.length === 2);
  t.same(
    phone.responses.map(({ status }) => status),
    [200, 200],
  );
});

t.test('a lost INVITE is sent again, a repeated 200 acknowledged again', async t => {
  let invites = 0;
  const phone = await Phone.start((self, request) => {
    if (request.method === 'INVITE') {
      invites += 1;
      if (invites < 3) return;
    }
    answerer(self, request);
  });
  const placed = place(t, phone);
  await placed.call;
  const invite = phone.requests[0]!;
  phone.respond(invite, 200, 'OK', phone.sdp());
  await phone.until(({ copies }) => copies.filter(({ method }) => method === 'ACK').length >= 2);
  const branches = phone.copies
    .filter(({ method }) => method === 'INVITE')
    .map(request => headerOf(request, 'via'));
  t.equal(new Set(branches).size, 1, 'as the same transaction');
});

t.test('nobody there: given up after 64 × T1', async t => {
  const phone = await Phone.start(() => {});
  const error = await failure(place(t, phone));
  t.equal(error.kind, 'noResponse');
  t.ok(phone.copies.length >= 6, `${phone.copies.length} INVITEs`);
});

for (const [status, reason] of [
  [486, 'Busy Here'],
  [503, 'Service Unavailable'],
  [603, 'Decline'],
  [302, 'Moved Temporarily'],
] as const) {
  t.test(`${status} ends the attempt and is acknowledged`, async t => {
    const phone = await Phone.start((self, request) => {
      if (request.method === 'INVITE') self.respond(request, status, reason);
    });
    const error = await failure(place(t, phone));
    t.match(error, { kind: 'rejected', status, message: `${status} ${reason}` });
    await phone.until(self => self.methods().includes('ACK'));
    const [invite, ack] = phone.requests as [SipRequest, SipRequest];
    t.equal(headerOf(ack, 'via'), headerOf(invite, 'via'), 'in the transaction of the INVITE');
  });
}

t.test('it rings too long: cancelled in the transaction of the INVITE', async t => {
  const phone = await Phone.start((self, request) => {
    if (request.method === 'INVITE') self.respond(request, 180, 'Ringing');
    if (request.method !== 'CANCEL') return;
    self.respond(request, 200, 'OK');
    self.respond(self.requests[0]!, 487, 'Request Terminated');
  });
  const error = await failure(place(t, phone, { answerTimeoutMs: 60 }));
  t.equal(error.kind, 'noAnswer');
  const cancel = phone.requests.find(({ method }) => method === 'CANCEL')!;
  t.equal(headerOf(cancel, 'via'), headerOf(phone.requests[0]!, 'via'));
  await phone.until(self => self.methods().includes('ACK'));
});

t.test('given up just as it is answered: acknowledged and hung up', async t => {
  const phone = await Phone.start((self, request) => {
    if (request.method === 'INVITE') self.respond(request, 180, 'Ringing');
    if (request.method === 'CANCEL') {
      self.respond(request, 200, 'OK');
      self.respond(self.requests[0]!, 200, 'OK', self.sdp());
    }
    if (request.method === 'BYE') self.respond(request, 200, 'OK');
  });
  const placed = place(t, phone);
  await phone.until(self => self.methods().includes('INVITE'));
  placed.abort.abort();
  t.equal((await failure(placed)).kind, 'cancelled');
  t.ok(phone.methods().includes('ACK') && phone.methods().includes('BYE'), phone.methods().join());
});

t.test('given up before any response', async t => {
  const phone = await Phone.start(() => {});
  const placed = place(t, phone);
  await phone.until(self => self.methods().includes('INVITE'));
  placed.abort.abort();
  t.equal((await failure(placed)).kind, 'cancelled');
});

t.test('challenged by registrar and proxy', async t => {
  const phone = await Phone.start((self, request) => {
    if (request.method !== 'INVITE') return answerer(self, request);
    const challenge = 'Digest realm="r", nonce="n", qop="auth"';
    if (headerOf(request, 'authorization') !== undefined) self.respond(request, 200, 'OK', self.sdp());
    else self.respond(request, 401, 'Unauthorized', '', { 'WWW-Authenticate': challenge });
  });
  await place(t, phone, { password: 'p' }).call;
  const invites = phone.requests.filter(({ method }) => method === 'INVITE');
  t.same(
    invites.map(invite => headerOf(invite, 'cseq')),
    ['1 INVITE', '2 INVITE'],
  );
  t.match(headerOf(invites[1]!, 'authorization'), 'username="u"');
  await phone.until(self => self.methods().filter(method => method === 'ACK').length === 2);
  t.match(headerOf(phone.requests.findLast(({ method }) => method === 'ACK')!, 'cseq'), '2 ACK');
});

t.test('a wrong password is not tried for ever', async t => {
  const phone = await Phone.start((self, request) => {
    const challenge = { 'Proxy-Authenticate': 'Digest realm="r", nonce="n"' };
    if (request.method === 'INVITE')
      self.respond(request, 407, 'Proxy Authentication Required', '', challenge);
  });
  t.equal((await failure(place(t, phone, { password: 'wrong' }))).status, 407);
});

t.test('requests within the call', async t => {
  const phone = await Phone.start(answerer);
  const placed = place(t, phone);
  const call = await placed.call;
  await phone.until(self => self.methods().includes('ACK'));
  const answerTo = async (
    method: string,
    body = '',
    options = {},
  ): Promise<{ status: number; body: string }> => {
    const sequence = phone.ask(method, body, options);
    const answer = (): SipResponse | undefined =>
      phone.responses.find(response => headerOf(response, 'cseq') === `${sequence} ${method}`);
    await phone.until(() => answer() !== undefined);
    return answer()!;
  };
  t.equal((await answerTo('OPTIONS')).status, 200);
  t.equal((await answerTo('INFO')).status, 200);
  t.equal((await answerTo('REFER')).status, 603);
  t.equal((await answerTo('PUBLISH')).status, 501);
  const held = await answerTo('INVITE', phone.sdp().replace('sendrecv', 'sendonly'));
  t.equal(held.status, 200);
  t.match(held.body, 'a=recvonly');
  // It is sent again until it is acknowledged.
  const copiesOfHeld = ({ responses }: Phone): number =>
    responses.filter(({ body }) => body === held.body).length;
  await phone.until(self => copiesOfHeld(self) >= 3);
  phone.ask('ACK', '', { sequence: 5 });
  const resumed = await answerTo('UPDATE', phone.sdp(), { sequence: 6 });
  t.match(resumed.body, 'a=sendrecv');
  t.equal((await answerTo('INVITE', 'garbage', { sequence: 7 })).status, 488);
  t.equal(
    (await answerTo('INFO', '', { sequence: 3, branch: 'old' })).status,
    500,
    'older than the last one',
  );
  t.ok(call.up);
});

t.test('requests that belong to no call', async t => {
  const phone = await Phone.start(answerer);
  await place(t, phone).call;
  const stray = (method: string): Buffer =>
    Buffer.from(
      `${method} sip:x SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1;rport;branch=z9hG4bKs${method}\r\n` +
        `From: <sip:a>;tag=1\r\nTo: <sip:b>\r\nCall-ID: other\r\nCSeq: 1 ${method}\r\n\r\n`,
    );
  for (const method of ['ACK', 'BYE', 'OPTIONS']) phone.raw(stray(method));
  await phone.until(({ responses }) => responses.length === 2);
  t.same(
    phone.responses.map(({ status }) => status),
    [481, 200],
  );
});

t.test('a flood of garbage on both ports changes nothing', async t => {
  const phone = await Phone.start(answerer);
  phone.echo();
  const placed = place(t, phone);
  const call = await placed.call;
  await phone.until(({ rtp }) => rtp.length > 0);
  for (let i = 0; i < 300; i += 1) {
    phone.raw(Buffer.alloc(i, i));
    phone.sendRtp(Buffer.alloc(i % 40, i));
  }
  const before = phone.rtp.length;
  await phone.until(({ rtp }) => rtp.length > before + 5);
  t.ok(call.up);
  t.ok(placed.heard.length > 0);
});

t.test('proxies in the path are passed through in order', async t => {
  const phone = await Phone.start((self, request) => {
    const { port } = self.sip.address();
    const route = { 'Record-Route': `<sip:127.0.0.1:${port};lr;n=2>, <sip:127.0.0.1:${port};lr;n=1>` };
    if (request.method === 'INVITE') self.respond(request, 200, 'OK', self.sdp(), route);
    else answerer(self, request);
  });
  const call = await place(t, phone).call;
  await call.hangUp();
  t.match(headersOf(phone.requests.at(-1)!, 'route'), [/n=1/, /n=2/]);
});

for (const [name, damage] of [
  ['no description', () => ''],
  ['garbage', () => 'v=0\r\n\0\0m=;;;\r\na=\r\n'],
  ['a refused stream', (sdp: string) => sdp.replace(/m=audio \d+/, 'm=audio 0')],
  ['a port out of range', (sdp: string) => sdp.replace(/m=audio \d+/, 'm=audio 99999')],
  ['a multicast address', (sdp: string) => sdp.replaceAll('127.0.0.1', '239.1.2.3')],
  ['a host name for an address', (sdp: string) => sdp.replaceAll('127.0.0.1', 'example.com')],
  ['another codec', (sdp: string) => sdp.replace(/RTP\/AVP 0 /, 'RTP/AVP 3 ')],
  [
    'our codec under a foreign number',
    (sdp: string) => sdp.replace('RTP/AVP 0 ', 'RTP/AVP 96 ').replace('rtpmap:0', 'rtpmap:96'),
  ],
  ['encryption', (sdp: string) => sdp.replace('RTP/AVP', 'RTP/SAVP')],
  ['a thousand streams', (sdp: string) => sdp + 'm=video 1 RTP/AVP 0\r\n'.repeat(1000)],
] as const) {
  t.test(`an answer with ${name} ends the call with a BYE and an error`, async t => {
    const phone = await Phone.start((self, request) => {
      if (request.method === 'INVITE') self.respond(request, 200, 'OK', damage(self.sdp()));
      else answerer(self, request);
    });
    await t.rejects(place(t, phone).call, { name: 'SdpError' });
    t.same(phone.methods(), ['INVITE', 'ACK', 'BYE']);
  });
}

t.test('the far end chooses among the codecs', async t => {
  const phone = await Phone.start((self, request) => {
    if (request.method === 'INVITE') self.respond(request, 200, 'OK', self.sdp(CODECS.G722));
    else answerer(self, request);
  });
  const call = await place(t, phone, { codecs: [CODECS.PCMU, CODECS.G722] }).call;
  t.equal(call.codec.name, 'G722');
  t.match(phone.requests[0]!.body, /m=audio \d*[02468] RTP\/AVP 0 9 101/);
});

t.test('through a bad network packets get lost both ways', async t => {
  const phone = await Phone.start(answerer);
  phone.echo();
  const call = await place(t, phone, { network: 'loss=20,jitter=30' }).call;
  await phone.until(({ rtp }) => rtp.length >= 80);
  const { packets, lost } = call.stats;
  t.ok(packets > 20 && packets < 75, `${packets} of what the phone sent back`);
  t.ok(lost >= 8, `${lost} missing`);
});
