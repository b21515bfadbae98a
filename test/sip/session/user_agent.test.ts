import t from 'tap';
import { Headers } from '../../../sip/message/headers.ts';
import { serialize } from '../../../sip/message/serialize.ts';
import { formatReason, readReasons } from '../../../sip/session/reason.ts';
import { UserAgent } from '../../../sip/session/user_agent.ts';
import { address, requestOf } from '../transport/requests.ts';
import { established, isClean, mediaAt, Network, Party, pair } from './session_rig.ts';

function ask(bob: Party, method: string, fields: Record<string, string> = {}, to = '<sip:bob@example.com>') {
  const request = requestOf(method, {
    headers: Headers.of(fields),
    to: address(to),
    via: `SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK${Math.random()}`,
  });
  bob.receive(serialize(request), {
    protocol: 'UDP',
    local: bob.local,
    remote: { address: '192.0.2.1', port: 5060 },
  });
  const last = bob.network.messages.at(-1);
  if (last?.kind !== 'response') throw new Error('no response');
  return last;
}

t.test('OPTIONS outside of a dialog tells what this end can do (§11.2)', t => {
  const { bob } = pair(1, { serverName: 'trunkline' });
  const { status, headers } = ask(bob, 'OPTIONS');
  t.equal(status, 200);
  t.same(headers.list('allow'), [
    'INVITE',
    'ACK',
    'CANCEL',
    'BYE',
    'OPTIONS',
    'PRACK',
    'UPDATE',
    'INFO',
    'NOTIFY',
  ]);
  t.same(headers.list('supported'), ['100rel', 'timer']);
  t.equal(headers.get('accept'), 'application/sdp');
  t.equal(headers.get('server'), 'trunkline');
  t.equal(bob.others.length, 1, 'the user was asked first');
  t.end();
});

t.test('what is not served', t => {
  const { bob } = pair();
  t.equal(ask(bob, 'REGISTER').status, 405);
  t.equal(ask(bob, 'MESSAGE').status, 405);
  t.equal(ask(bob, 'NOVEL').status, 405);
  t.equal(ask(bob, 'BYE').status, 481);
  t.equal(ask(bob, 'UPDATE').status, 481);
  t.equal(ask(bob, 'OPTIONS', { Require: 'timer, gruu, path' }).headers.get('unsupported'), 'gruu, path');
  t.equal(ask(bob, 'OPTIONS', {}, '<sip:bob@example.com>;tag=gone').status, 481);
  t.equal(bob.network.clock.waiting > 0, true);
  bob.network.run(60_000);
  t.ok(isClean(bob.network, bob));
  t.end();
});

t.test('who is admitted is decided before anything is kept', t => {
  const network = new Network();
  const told: string[] = [];
  const bob = new Party(network, 'bob', '192.0.2.2', {
    handler: {
      incoming: () => told.push('incoming'),
      admit: ({ method }) => (method === 'INVITE' ? 'silence' : { status: 403, headers: new Headers() }),
      rejected: () => false,
      fault: ({ cause }) => told.push(cause),
    },
  });
  t.equal(ask(bob, 'OPTIONS').status, 403);
  const said = network.messages.length;
  ask(bob, 'INVITE');
  t.equal(network.messages.length, said, 'silence is silence');
  bob.agent.fault({ cause: 'closed', detail: '' });
  t.same(told, ['closed']);
  t.equal(bob.transactions.size.servers, 0);
  t.end();
});

t.test('rejections and redirections', t => {
  const { network, alice, bob } = pair(1, { serverName: 'trunkline' });
  alice.invite(bob);
  network.run();
  bob.call.reject(486, {
    headers: Headers.of({ 'Retry-After': '60', Reason: 'Q.850;cause=17' }),
    reason: 'Engaged',
  });
  network.run();
  t.same(alice.take(), ['ended remote 486']);
  t.match(alice.endings[0], { response: { reason: 'Engaged' }, reasons: [{ protocol: 'Q.850', cause: 17 }] });
  t.equal(alice.endings[0]?.response?.headers.get('server'), 'trunkline');
  alice.invite(bob);
  network.run();
  bob.call.redirect([address('<sip:carol@example.com>;q=0.7')]);
  network.run();
  t.same(alice.take(), ['ended remote 302']);
  t.match(alice.endings[1]?.response?.contacts, [{ uri: { user: 'carol' } }]);
  alice.invite(bob);
  network.run();
  bob.call.hangUp({ reason: { protocol: 'Q.850', cause: 31 } });
  network.run();
  t.same(alice.take(), ['ended remote 480']);
  t.same(bob.take(), ['ended local 486', 'ended local 302', 'ended local 480']);
  network.run(200_000);
  t.ok(isClean(network, alice, bob));
  t.end();
});

t.test('other methods inside a dialog go to the user', t => {
  const { network, alice, bob, outbound, inbound } = established();
  const statuses: (number | undefined)[] = [];
  outbound.request('MESSAGE', { contentType: 'text/plain', body: Buffer.from('hi') }, response =>
    statuses.push(response?.status),
  );
  network.run();
  inbound.listen({
    ...bob.events(),
    request: server => {
      server.respond(202, { headers: Headers.of({ 'X-Method': server.request.method }) });
      return true;
    },
  });
  outbound.request('REFER', { headers: Headers.of({ 'Refer-To': '<sip:carol@example.com>' }) }, response =>
    statuses.push(response?.status),
  );
  network.run();
  t.same(statuses, [405, 202]);
  outbound.info('application/dtmf-relay', Buffer.from('Signal=5\r\nDuration=160\r\n'), status =>
    statuses.push(status),
  );
  inbound.listen({});
  network.run();
  t.equal(statuses.at(-1), 415, 'an INFO that nobody listens to');
  outbound.hangUp();
  outbound.info('text/plain', Buffer.from('late'), status => statuses.push(status));
  return Promise.resolve().then(() => {
    t.equal(statuses.at(-1), 408, 'after the end nothing is sent');
    t.same(alice.take(), ['ended local']);
  });
});

t.test('requests that nobody answers: the session ends; too many at once: they fail', async t => {
  const { network, alice, outbound } = established();
  const statuses: number[] = [];
  network.loses = () => true;
  for (let request = 0; request < 70; request++)
    outbound.info('text/plain', Buffer.from('1'), status => statuses.push(status));
  await Promise.resolve();
  t.equal(statuses.length, 6, 'those beyond the limit');
  network.run(33_000);
  t.same(alice.take(), ['ended timeout 408']);
  t.equal(statuses.length, 70);
});

t.test('closing hangs up whatever there is', async t => {
  const { network, alice, bob } = established();
  alice.invite(bob, { hops: [{ ...bob.hop, address: '192.0.2.99' }] });
  const carol = new Party(network, 'carol', '192.0.2.3');
  carol.invite(alice);
  network.run();
  t.equal(alice.calls.length, 1);
  const closed = alice.agent.close();
  network.run(25);
  await closed;
  t.same(carol.take(), ['ended remote 480']);
  t.same(bob.take(), ['ended remote']);
  network.run(400_000);
  t.ok(isClean(network, alice, bob, carol));
  await alice.agent.close();
  network.run(1_000);
});

t.test('closing waits no longer than a second for who does not answer', async t => {
  const { network, alice } = established();
  network.loses = () => true;
  const closed = alice.agent.close().then(() => 'closed');
  network.run(999);
  t.equal(await Promise.race([closed, Promise.resolve('open')]), 'open');
  network.run(1);
  t.equal(await closed, 'closed');
});

t.test('a user agent without transactions places no calls', t => {
  const agent = new UserAgent({
    handler: { incoming: () => undefined },
    contactOf: () => ({ host: '192.0.2.1' }),
  });
  t.throws(
    () =>
      agent.invite(
        {
          target: address('<sip:b@192.0.2.2>').uri,
          from: address('<sip:a@192.0.2.1>'),
          hops: [{ protocol: 'UDP', address: '192.0.2.2', port: 5060 }],
          media: mediaAt('192.0.2.1'),
        },
        {},
      ),
    TypeError,
  );
  t.equal(agent.size, 0);
  t.end();
});

t.test('Reason both ways (RFC 3326)', t => {
  const headers = Headers.of({
    Reason: ['SIP ;cause=600 ;text="Busy Everywhere"', 'Q.850;cause=16, preemption'],
  });
  t.match(readReasons(headers), [
    { protocol: 'SIP', cause: 600, text: 'Busy Everywhere' },
    { protocol: 'Q.850', cause: 16 },
    { protocol: 'preemption', cause: undefined },
  ]);
  for (const bad of ['', ';cause=1', '"x"', 'SIP;cause', 'SIP;cause=x', 'a b;cause=1'])
    t.notOk(
      readReasons(Headers.of({ Reason: bad })).some(({ cause }) => cause !== undefined),
      bad,
    );
  t.equal(
    formatReason({ protocol: 'Q.850', cause: 16, text: 'a "b" \\' }),
    'Q.850;cause=16;text="a \\"b\\" \\\\"',
  );
  t.equal(
    readReasons(Headers.of({ Reason: formatReason({ protocol: 'SIP', text: 'a;b,c' }) }))[0]?.text,
    'a;b,c',
  );
  t.end();
});
