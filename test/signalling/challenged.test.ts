import t, { type Test } from 'tap';
import { newResponse } from '../../sip/message/build.ts';
import { Headers } from '../../sip/message/headers.ts';
import type { SipRequest } from '../../sip/message/message.ts';
import { parseDatagram } from '../../sip/message/parse.ts';
import { serialize } from '../../sip/message/serialize.ts';
import { bareUdp } from '../sip/transport/transport_rig.ts';
import { EdgeRig, held, MEDIA } from './edge_rig.ts';

process.env.TEST_TRUNK_PASSWORD = 'secret';
const TRUNKS = `
trunks:
  - name: registrar
    allowedAddresses: [127.0.0.1]
    numbers: ['*']
    directions: [inbound, outbound]
    gateways: ['sip:127.0.0.1:9']
    outboundDigest: {user: trunkline, passwordEnv: TEST_TRUNK_PASSWORD}
`;
const CHALLENGE = 'Digest realm="example.com", nonce="abc", qop="auth", algorithm=SHA-256';

/** A far end that calls, and lets no BYE pass that proves nothing. */
class Distrustful {
  readonly #udp: Awaited<ReturnType<typeof bareUdp>>;
  readonly #edge: EdgeRig;

  constructor(udp: Awaited<ReturnType<typeof bareUdp>>, edge: EdgeRig) {
    this.#udp = udp;
    this.#edge = edge;
  }

  /** Calls; the edge answers. */
  async call() {
    const { port } = this.#udp;
    const sdp = `v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio ${port} RTP/AVP 0\r\n`;
    this.#send('INVITE', '', `Content-Type: application/sdp\r\nContent-Length: ${sdp.length}\r\n\r\n${sdp}`);
    const { call } = await this.#edge.next('assign');
    this.#edge.edge.calls.lineReady(call.callId);
    const text = await this.#next(/^SIP\/2\.0 200/);
    const tag = /^To:.*;tag=(\S+)/m.exec(text)?.[1];
    this.#send('ACK', `;tag=${tag}`, 'Content-Length: 0\r\n\r\n');
    await this.#edge.next('lineAnswered');
    return { call, snapshot: (await this.#edge.next('dialog')).snapshot };
  }

  /** Asks for proof, once; what the second BYE says. */
  async challengeBye(from: EdgeRig): Promise<SipRequest> {
    const bare = requestOf(await this.#next(/^BYE/));
    const headers = Headers.of({ 'WWW-Authenticate': CHALLENGE });
    this.#udp.send(serialize(newResponse(bare, 401, { headers })), from.port);
    return requestOf(await this.#next(/^BYE.*nonce="abc"/s));
  }

  #send(method: string, toTag: string, rest: string): void {
    const { port } = this.#udp;
    this.#udp.send(
      `${method} sip:+15550100@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:${port};branch=z9hG4bK${method}\r\n` +
        `From: <sip:+15557773000@127.0.0.1>;tag=caller\r\nTo: <sip:+15550100@127.0.0.1>${toTag}\r\nCall-ID: distrust\r\n` +
        `CSeq: 1 ${method}\r\nMax-Forwards: 70\r\nContact: <sip:caller@127.0.0.1:${port}>\r\n${rest}`,
      this.#edge.port,
    );
  }

  async #next(pattern: RegExp): Promise<string> {
    for (;;) {
      const text = await this.#udp.inbox.next();
      if (pattern.test(text)) return text;
    }
  }
}

function requestOf(text: string): SipRequest {
  const parsed = parseDatagram(Buffer.from(text));
  if (parsed.outcome !== 'message' || parsed.message.kind !== 'request') throw new Error('no request');
  return parsed.message;
}

async function called(t: Test) {
  const edge = await EdgeRig.open(t, TRUNKS);
  const farEnd = new Distrustful(await bareUdp(t), edge);
  return { edge, farEnd, ...(await farEnd.call()) };
}

t.test('a BYE of a call that came is proven by what the trunk proves', async t => {
  const { edge, farEnd, call } = await called(t);
  edge.edge.calls.lineClosed({ callId: call.callId, reason: 'localHangup' });
  const bye = await farEnd.challengeBye(edge);
  t.match(bye.headers.get('authorization'), /username="trunkline", realm="example.com"/);
});

t.test('so is one of a call that an edge before this one had', async t => {
  const { farEnd, call, snapshot } = await called(t);
  const next = await EdgeRig.open(t, TRUNKS);
  next.edge.calls.restore(held(call, snapshot), MEDIA);
  next.edge.calls.lineClosed({ callId: call.callId, reason: 'localHangup' });
  const bye = await farEnd.challengeBye(next);
  t.match(bye.headers.get('authorization'), /username="trunkline", realm="example.com"/);
});
