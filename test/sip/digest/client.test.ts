import t from 'tap';
import { readDigestParams } from '../../../sip/digest/auth_params.ts';
import { type AuthorizedRequest, DigestClient, type Refusal } from '../../../sip/digest/client.ts';

const credentials = { user: 'alice', password: 'secret' };
const URI = 'sip:+15550100@pbx.example.com';

function challenge(realm: string, nonce: string, more = ''): string {
  return `Digest realm="${realm}", nonce="${nonce}", qop="auth"${more}`;
}

function sentOf(outcome: AuthorizedRequest | Refusal): AuthorizedRequest {
  if (typeof outcome === 'string') throw new Error(outcome);
  return outcome;
}

function paramsOf(request: AuthorizedRequest, index = 0): Record<string, string> {
  return Object.fromEntries(readDigestParams(request.sent[index]?.value ?? '') ?? []);
}

t.test('nothing is sent before a challenge; then every request is counted on the same nonce', async t => {
  const client = new DigestClient(() => credentials);
  const first = client.authorize('INVITE', URI);
  t.same(first, { method: 'INVITE', uri: URI, attempt: 1, sent: [] });
  const second = sentOf(client.challenged(first, [{ from: 'server', value: challenge('pbx', 'n1') }]));
  t.equal(second.attempt, 2);
  t.match(paramsOf(second), { nonce: 'n1', nc: '00000001', qop: 'auth', uri: URI, username: 'alice' });
  const third = client.authorize('BYE', URI);
  t.match(paramsOf(third), { nonce: 'n1', nc: '00000002', cnonce: paramsOf(second).cnonce });
  t.not(paramsOf(third).response, paramsOf(second).response);
});

t.test('a fresh nonce that is refused means a wrong password', async t => {
  const client = new DigestClient(() => credentials);
  const first = client.authorize('INVITE', URI);
  const second = sentOf(client.challenged(first, [{ from: 'server', value: challenge('pbx', 'n1') }]));
  t.equal(client.challenged(second, [{ from: 'server', value: challenge('pbx', 'n2') }]), 'rejected');
  t.same(client.authorize('INVITE', URI).sent, [], 'and the nonce is not used again');
});

t.test('a stale nonce is replaced, also one that went stale unsaid', async t => {
  const client = new DigestClient(() => credentials);
  const first = client.authorize('INVITE', URI);
  sentOf(client.challenged(first, [{ from: 'server', value: challenge('pbx', 'n1') }]));
  const later = client.authorize('BYE', URI);
  const again = sentOf(client.challenged(later, [{ from: 'server', value: challenge('pbx', 'n2') }]));
  t.match(paramsOf(again), { nonce: 'n2', nc: '00000001' });
  const stale = challenge('pbx', 'n3', ', stale=TRUE');
  t.match(paramsOf(sentOf(client.challenged(again, [{ from: 'server', value: stale }]))), { nonce: 'n3' });
});

t.test('a server that calls everything stale is given up', async t => {
  const client = new DigestClient(() => credentials);
  let request = client.authorize('INVITE', URI);
  const outcomes: unknown[] = [];
  for (let n = 0; n < 5; n += 1) {
    const value = challenge('pbx', `n${n}`, ', stale=true');
    const outcome = client.challenged(request, [{ from: 'server', value }]);
    outcomes.push(typeof outcome === 'string' ? outcome : outcome.attempt);
    if (typeof outcome === 'string') break;
    request = outcome;
  }
  t.same(outcomes, [2, 3, 'tooManyAttempts']);
});

t.test('proxies and server each get their own answer', async t => {
  const client = new DigestClient(realm => ({ user: `of ${realm}`, password: 'x' }));
  const first = client.authorize('INVITE', URI);
  const second = sentOf(client.challenged(first, [{ from: 'proxy', value: challenge('edge', 'p1') }]));
  const third = sentOf(client.challenged(second, [{ from: 'server', value: challenge('edge', 's1') }]));
  t.same(
    third.sent.map(({ header, from, realm, fresh }) => [header, from, realm, fresh]),
    [
      ['Proxy-Authorization', 'proxy', 'edge', false],
      ['Authorization', 'server', 'edge', true],
    ],
  );
  t.equal(paramsOf(third, 0).nc, '00000002');
  t.equal(paramsOf(third, 1).username, 'of edge');
});

t.test('several realms in one response', async t => {
  const client = new DigestClient(realm => (realm === 'c' ? undefined : credentials));
  const first = client.authorize('INVITE', URI);
  const both = [
    { from: 'proxy' as const, value: challenge('a', 'n1') },
    { from: 'proxy' as const, value: challenge('b', 'n2') },
  ];
  t.same(
    sentOf(client.challenged(first, both)).sent.map(({ realm }) => realm),
    ['a', 'b'],
  );
  t.equal(client.challenged(first, [{ from: 'proxy', value: challenge('c', 'n3') }]), 'noCredentials');
});

t.test('of several challenges the strongest known is answered, wherever it stands', async t => {
  const chosen = (algorithms: readonly string[]): string | undefined => {
    const client = new DigestClient(() => credentials);
    const values = algorithms.map(name => challenge('pbx', 'n', name === '' ? '' : `, algorithm=${name}`));
    const outcome = client.challenged(
      client.authorize('INVITE', URI),
      values.map(value => ({ from: 'server', value })),
    );
    return typeof outcome === 'string' ? outcome : paramsOf(outcome).algorithm;
  };
  t.equal(chosen(['', 'SHA-256']), 'SHA-256');
  t.equal(chosen(['SHA-256', 'MD5']), 'SHA-256');
  t.equal(chosen(['MD5', 'MD5-sess', 'AKAv2-MD5']), 'MD5-sess');
  t.equal(chosen(['SHA3-512', 'SHA-512-256', 'SHA-256']), 'SHA-512-256');
  t.equal(chosen(['SHA3-512', 'nonsense']), 'unknownAlgorithm');
});

t.test('challenges without qop are answered as RFC 2069 has it, auth-int alone is not', async t => {
  const client = new DigestClient(() => credentials);
  const first = client.authorize('INVITE', URI);
  const old = 'Digest realm="pbx", nonce="n1", opaque=""';
  const answer = paramsOf(sentOf(client.challenged(first, [{ from: 'server', value: old }])));
  t.equal(answer.qop, undefined);
  t.equal(answer.nc, undefined);
  t.equal(answer.cnonce, undefined);
  t.equal(answer.opaque, '', 'opaque comes back, empty too');
  const integrity = 'Digest realm="pbx", nonce="n1", qop="auth-int"';
  t.equal(client.challenged(first, [{ from: 'server', value: integrity }]), 'unknownQop');
});

t.test('a server that knows hashed names gets a plain one', async t => {
  const client = new DigestClient(() => credentials);
  const value = challenge('pbx', 'n', ', userhash=true, charset=UTF-8');
  const again = sentOf(client.challenged(client.authorize('INVITE', URI), [{ from: 'server', value }]));
  t.match(paramsOf(again), { username: 'alice' });
  t.equal(paramsOf(again).userhash, undefined);
});

t.test('quotes and backslashes survive the way there and back', async t => {
  const user = 'a"b\\c';
  const client = new DigestClient(() => ({ user, password: 'x' }));
  const value = 'Digest realm="say \\"hi\\", \\\\o/", nonce="n=,1" ,qop=auth';
  const again = sentOf(client.challenged(client.authorize('INVITE', URI), [{ from: 'server', value }]));
  t.match(paramsOf(again), { username: user, realm: 'say "hi", \\o/', nonce: 'n=,1' });
});

t.test('what no header can carry is not sent', async t => {
  const client = new DigestClient(() => ({ user: 'a\r\nEvil: 1', password: 'x' }));
  t.throws(
    () =>
      client.challenged(client.authorize('INVITE', URI), [{ from: 'server', value: challenge('pbx', 'n') }]),
    RangeError,
  );
});

t.test('hostile challenges are told apart and answered with nothing', async t => {
  const client = new DigestClient(() => credentials);
  const first = client.authorize('INVITE', URI);
  for (const value of [
    '',
    'Basic realm="pbx"',
    'Digest',
    'Digest realm="pbx"',
    'Digest realm="pbx", nonce=""',
    'Digest realm="pbx, nonce="n"',
    'Digest realm="pbx", nonce="n", nonce="m"',
    'Digest realm="pbx", nonce="n\r\nX: y"',
    'Digest realm=pbx nonce=n',
    'Digest =, ==, realm="pbx"',
    `Digest realm="pbx", nonce="${'n'.repeat(5000)}"`,
    `Digest realm="pbx", nonce="n", ${Array.from({ length: 40 }, (_, n) => `p${n}=1`).join(', ')}`,
    `Digest realm="${'\\'.repeat(4001)}`,
  ])
    t.equal(
      client.challenged(first, [{ from: 'server', value }]),
      'malformed',
      JSON.stringify(value.slice(0, 60)),
    );
  t.equal(client.challenged(first, []), 'malformed');
  const many = Array.from({ length: 100 }, (_, n) => ({
    from: 'server' as const,
    value: challenge(`r${n}`, 'n'),
  }));
  t.equal(sentOf(client.challenged(first, many)).sent.length, 8);
  t.equal(sentOf(client.challenged(first, many.slice(50))).sent.length, 8, 'old realms are forgotten');
});
