import t, { type Test } from 'tap';
import { Dialog } from '../../../sip/dialog/dialog.ts';
import type { Credentials } from '../../../sip/digest/algorithm.ts';
import { DigestClient } from '../../../sip/digest/client.ts';
import { Headers } from '../../../sip/message/headers.ts';
import type { SipMessage, SipResponse } from '../../../sip/message/message.ts';
import { REFER_LIMITS } from '../../../sip/refer/limits.ts';
import { type ReferralNews, Referrals } from '../../../sip/refer/referrals.ts';
import type { ServerTransaction } from '../../../sip/transaction/server_transaction.ts';
import { established } from '../session/session_rig.ts';
import { address } from '../transport/requests.ts';

const SALES = address('<sip:+15550111@192.0.2.1>');
const US = address('<sip:192.0.2.2>');

interface Told {
  readonly event?: string;
  readonly state?: string;
  readonly type?: string;
  readonly body?: string;
}

/** Alice's phone has called bob, who refers it to others. */
function call(credentials?: Credentials) {
  const rig = established(1, {}, credentials && new DigestClient(() => credentials));
  const { network, alice, bob, outbound, inbound } = rig;
  const referrals = new Referrals(inbound, network.clock);
  inbound.listen({ ...bob.events(), request: server => referrals.receive(server) });
  const refers: ServerTransaction[] = [];
  // A session would take a 481 for its end.
  const words = new Dialog(outbound.snapshot()!.dialog);
  /** What alice answers a REFER with; nothing at first. */
  let answer: (server: ServerTransaction) => void = () => undefined;
  outbound.listen({
    ...alice.events(),
    request: server => {
      refers.push(server);
      answer(server);
      return true;
    },
  });
  const news: string[] = [];
  const told = ({ what, status }: ReferralNews): void =>
    void news.push(status === undefined ? what : `${what} ${status}`);
  return {
    ...rig,
    referrals,
    refers,
    news,
    told,
    answers: (by: (server: ServerTransaction) => void) => {
      answer = by;
    },
    refer: () => referrals.refer(SALES, US, told),
    /** Alice tells what becomes of it; returns how bob answers. */
    notify: ({
      event = 'refer',
      state = 'active;expires=60',
      type = 'message/sipfrag;version=2.0',
      body = '',
    }: Told) => {
      let status: number | undefined;
      const headers = Headers.of({ ...(event !== '' && { Event: event }), 'Subscription-State': state });
      if (body !== '') headers.set('Content-Type', type);
      const request = words.request('NOTIFY', { headers, body: Buffer.from(body) });
      const response = (heard: SipResponse): void => {
        status = heard.status;
      };
      alice.transactions.send(request, bob.hop, { response, failed: () => undefined });
      network.run();
      return status;
    },
  };
}

const accepted = (server: ServerTransaction): void => void server.respond(202);
const sent = (messages: readonly SipMessage[], method: string) =>
  messages.filter(message => message.kind === 'request' && message.method === method);

t.test('a referral, from 100 to 200', t => {
  const { network, refers, news, answers, refer, notify, referrals } = call();
  answers(accepted);
  t.ok(refer());
  t.ok(referrals.isUnderWay);
  t.same(news, [], 'nothing is told before it has returned');
  network.run();
  const [server] = refers;
  t.equal(server?.request.headers.get('refer-to'), '<sip:+15550111@192.0.2.1>');
  t.equal(server?.request.headers.get('referred-by'), '<sip:192.0.2.2>');
  t.equal(notify({ body: 'SIP/2.0 100 Trying' }), 200);
  t.equal(
    notify({
      body: 'SIP/2.0 180 Ringing\r\nContact: <sip:x@y>\r\n',
      event: `refer;id=${server?.request.cseq.number}`,
    }),
    200,
  );
  t.ok(referrals.isUnderWay);
  t.equal(notify({ body: 'SIP/2.0 200 OK\r\n', state: 'terminated;reason=noresource' }), 200);
  t.same(news, ['accepted 202', 'progress 100', 'progress 180', 'taken 200']);
  t.notOk(referrals.isUnderWay);
  t.equal(notify({ body: 'SIP/2.0 503 Late', state: 'terminated' }), 481, 'the subscription is over');
  t.equal(news.length, 4);
  network.run(2 * REFER_LIMITS.lastWordMs);
  t.equal(news.length, 4);
  t.end();
});

t.test('whoever it was referred to does not answer', t => {
  for (const status of [301, 404, 486, 487, 503, 603]) {
    const { network, news, answers, refer, notify } = call();
    answers(accepted);
    refer();
    network.run();
    t.equal(notify({ body: `SIP/2.0 ${status} No`, state: 'terminated;reason=noresource' }), 200);
    t.same(news, ['accepted 202', `failed ${status}`]);
  }
  t.end();
});

t.test('a far end that refers nobody, or challenges and then does', t => {
  for (const status of [403, 405, 420, 488, 501, 603]) {
    const { network, bob, news, answers, refer, inbound } = call();
    answers(server => void server.respond(status));
    refer();
    network.run();
    t.same(news, [`refused ${status}`]);
    t.equal(inbound.state, 'confirmed', 'the call goes on');
    t.same(bob.take(), []);
  }
  t.end();
});

t.test('a far end that says nothing loses its call for it neither now nor later', t => {
  const { network, news, refer, inbound, notify, bob } = call();
  refer();
  network.run(60_000);
  t.equal(inbound.state, 'confirmed');
  t.same(news, [], 'it may have come there all the same');
  t.notOk(refer(), 'so it is not sent once more');
  t.equal(notify({ body: 'SIP/2.0 200 OK', state: 'terminated' }), 200);
  t.same(news, ['taken 200']);
  t.same(bob.take(), []);

  const never = call();
  never.refer();
  never.network.run(REFER_LIMITS.lastWordMs + 1_000);
  t.same(never.news, ['unknown']);
  t.equal(never.notify({ body: 'SIP/2.0 200 OK' }), 481, 'too late');
  t.equal(sent(never.network.messages, 'BYE').length, 0);
  t.equal(new Set(sent(never.network.messages, 'REFER').map(({ cseq }) => cseq.number)).size, 1);
  t.end();
});

t.test('a far end that has forgotten the call has ended it', t => {
  const { network, news, answers, refer, inbound } = call();
  answers(server => void server.respond(481));
  refer();
  network.run();
  t.same(news, ['refused 481']);
  t.equal(inbound.state, 'ended');
  t.end();
});

t.test('a NOTIFY overtakes the answer to the REFER, and the last word comes first', t => {
  const { network, refers, news, refer, notify } = call();
  refer();
  network.run();
  t.equal(notify({ body: 'SIP/2.0 200 OK', state: 'terminated' }), 200);
  refers[0]?.respond(202);
  network.run();
  t.same(news, ['taken 200']);
  t.end();
});

t.test('nothing is told where the far end says so', t => {
  const { network, news, answers, refer } = call();
  answers(server => void server.respond(202, { headers: Headers.of({ 'Refer-Sub': 'false' }) }));
  refer();
  network.run();
  t.same(news, ['taken 202'], 'RFC 4488');
  t.end();
});

t.test('what is no word of a referral changes nothing', t => {
  const { network, news, answers, refer, notify, referrals } = call();
  t.equal(notify({ body: 'SIP/2.0 200 OK' }), 481, 'nobody was referred');
  answers(accepted);
  refer();
  network.run();
  const odd: [Told, number][] = [
    [{ event: 'presence', body: 'SIP/2.0 200 OK' }, 489],
    [{ event: 'referral', body: 'SIP/2.0 200 OK' }, 489],
    [{ event: '', body: 'SIP/2.0 200 OK' }, 489],
    [{ event: 'refer;id=abc', body: 'SIP/2.0 200 OK' }, 400],
    [{ event: 'refer;id=99999', body: 'SIP/2.0 200 OK' }, 481],
    [{ event: 'refer;id=0', body: 'SIP/2.0 200 OK' }, 481],
    [{ event: 'refer;id=99999999999', body: 'SIP/2.0 200 OK' }, 400],
    [{ type: 'text/plain', body: 'SIP/2.0 200 OK' }, 415],
    [{ body: 'SIP/2.0 999 No' }, 400],
    [{ body: 'SIP/2.0 2000 OK' }, 400],
    [{ body: 'HTTP/1.1 200 OK' }, 400],
    [{ body: `\r\nSIP/2.0 200 OK` }, 400],
    [{ body: `SIP/2.0${' '.repeat(4_000)}200 OK` }, 400],
    [{ body: '\0\xff'.repeat(99) }, 400],
    [{ body: 'INVITE sip:x@y SIP/2.0', state: 'terminated' }, 400],
  ];
  for (const [told, status] of odd) t.equal(notify(told), status, JSON.stringify(told).slice(0, 60));
  t.same(news, ['accepted 202']);
  t.ok(referrals.isUnderWay);
  t.equal(notify({ state: 'terminated;reason=timeout' }), 200);
  t.same(news.slice(1), ['unknown'], 'it ends without a word');
  t.end();
});

t.test('a flood of words ends in 481', t => {
  const { network, news, answers, refer, notify } = call();
  answers(accepted);
  refer();
  network.run();
  const statuses = Array.from({ length: REFER_LIMITS.notices + 3 }, () =>
    notify({ body: 'SIP/2.0 100 Trying' }),
  );
  t.equal(statuses.filter(status => status === 200).length, REFER_LIMITS.notices);
  t.same(statuses.slice(-3), [481, 481, 481]);
  t.equal(news.at(-1), 'unknown');
  t.end();
});

t.test('a word that comes again, or late, is none', t => {
  const { network, news, answers, refer, outbound } = call();
  answers(accepted);
  refer();
  network.run();
  const say = (body: string): void =>
    outbound.request('NOTIFY', {
      headers: Headers.of({ Event: 'refer', 'Subscription-State': 'active' }),
      contentType: 'message/sipfrag',
      body: Buffer.from(body),
    });
  network.weather = { loss: 0, copies: 1, jitterMs: 0 };
  say('SIP/2.0 180 Ringing');
  network.run();
  t.same(news, ['accepted 202', 'progress 180'], 'each comes twice');
  network.weather = { loss: 0, copies: 0, jitterMs: 0 };
  // The first of two is lost, and comes again after the second: out of order (RFC 3261 §12.2.2).
  let lost = 0;
  network.loses = message => message.kind === 'request' && message.method === 'NOTIFY' && ++lost === 1;
  say('SIP/2.0 183 Progress');
  say('SIP/2.0 200 OK');
  network.run(5_000);
  t.same(news, ['accepted 202', 'progress 180', 'taken 200']);
  t.ok(network.seen.includes('bob 500 NOTIFY'));
  t.end();
});

t.test('a second referral has words of its own', t => {
  const { network, news, refers, answers, refer, notify } = call();
  answers(accepted);
  refer();
  network.run();
  t.notOk(refer(), 'one at a time');
  notify({ body: 'SIP/2.0 486 Busy', state: 'active' });
  news.splice(0);
  t.ok(refer());
  network.run();
  const [first, second] = refers.map(({ request }) => request.cseq.number);
  t.equal(notify({ body: 'SIP/2.0 200 OK' }), 481, 'whose word is it?');
  t.equal(notify({ body: 'SIP/2.0 200 OK', event: `refer;id=${first}` }), 481);
  t.same(news, ['accepted 202']);
  t.equal(notify({ body: 'SIP/2.0 200 OK', event: `Refer ; id=${second}` }), 200);
  t.same(news, ['accepted 202', 'taken 200']);
  t.end();
});

t.test('a challenge is answered, and the subscription is that of the second try', t => {
  const { network, news, refers, answers, refer, notify, bob } = call({ user: 'bob', password: 'secret' });
  answers(server => {
    const isProven = server.request.headers.has('proxy-authorization');
    const challenge = Headers.of({ 'Proxy-Authenticate': 'Digest realm="pbx", nonce="abc", algorithm=MD5' });
    if (isProven) server.respond(202);
    else server.respond(407, { headers: challenge });
  });
  refer();
  network.run();
  t.same(news, ['accepted 202']);
  const [first, second] = refers.map(({ request }) => request.cseq.number);
  t.equal(notify({ body: 'SIP/2.0 200 OK', event: `refer;id=${first}` }), 481);
  t.equal(notify({ body: 'SIP/2.0 200 OK', event: `refer;id=${second}` }), 200);
  t.same(news, ['accepted 202', 'taken 200']);

  const wrong = call({ user: 'bob', password: 'wrong' });
  wrong.answers(server => {
    const headers = Headers.of({ 'WWW-Authenticate': 'Digest realm="pbx", nonce="abc", algorithm=MD5' });
    server.respond(401, { headers });
  });
  wrong.refer();
  wrong.network.run();
  t.same(wrong.news, ['refused 401']);
  t.equal(wrong.refers.length, 2, 'it is proven once');
  t.same(bob.take(), []);
  t.end();
});

t.test('the next process hears the rest, and sends nothing', t => {
  const { network, inbound, news, told, answers, refer, notify, referrals } = call();
  answers(accepted);
  let begun = '';
  t.ok(
    referrals.refer(SALES, US, told, () => {
      begun = JSON.stringify(referrals.state);
      t.equal(sent(network.messages, 'REFER').length, 0);
    }),
  );
  t.match(JSON.parse(begun), { isOver: false, notices: 0 }, 'it can be kept before anything is sent');
  const state = JSON.parse(begun);
  referrals.close();
  network.run();
  const next = new Referrals(inbound, network.clock);
  inbound.listen({ request: server => next.receive(server) });
  next.goOn(state, told);
  t.ok(next.isUnderWay);
  t.notOk(next.refer(SALES, US, told), 'not sent twice');
  t.equal(notify({ body: 'SIP/2.0 200 OK', state: 'terminated' }), 200);
  t.same(news, ['taken 200']);
  t.equal(sent(network.messages, 'REFER').length, 1);
  t.notOk(refer() && news.length > 1);
  t.end();
});

t.test('a session that ends takes its referral with it, and a re-INVITE meanwhile does it nothing', t => {
  const { network, news, answers, refer, outbound, referrals, inbound } = call();
  answers(accepted);
  refer();
  outbound.hold();
  network.run();
  t.equal(inbound.stream?.direction, 'recvonly');
  outbound.request('NOTIFY', {
    headers: Headers.of({ Event: 'refer', 'Subscription-State': 'active' }),
    contentType: 'message/sipfrag',
    body: Buffer.from('SIP/2.0 180 Ringing'),
  });
  network.run();
  t.same(news, ['accepted 202', 'progress 180']);
  inbound.hangUp();
  network.run();
  referrals.close();
  network.run(2 * REFER_LIMITS.lastWordMs);
  t.same(news, ['accepted 202', 'progress 180']);
  t.notOk(refer(), 'there is nobody to refer');
  t.end();
});

function declines(t: Test, headers: Headers, expected: number): void {
  const { network, outbound, inbound } = call();
  const statuses: (number | undefined)[] = [];
  outbound.request('REFER', { headers }, response => statuses.push(response?.status));
  network.run();
  t.same(statuses, [expected]);
  t.equal(inbound.state, 'confirmed');
}

t.test('a far end that refers this end is declined', t => {
  declines(t, Headers.of({ 'Refer-To': '<sip:premium@evil.example>' }), 603);
  declines(
    t,
    Headers.of({ 'Refer-To': '<sip:x@y?Replaces=abc%3Bto-tag%3D1%3Bfrom-tag%3D2>', 'Refer-Sub': 'false' }),
    603,
  );
  declines(t, Headers.of({}), 400);
  t.end();
});
