import { createHash } from 'node:crypto';
import t from 'tap';
import { answerChallenge } from '../../../bench/wire/sip_digest.ts';
import { algorithmNamed, type DigestInput, digestResponse } from '../../../sip/digest/algorithm.ts';
import { DigestClient } from '../../../sip/digest/client.ts';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

const rfc2617: DigestInput = {
  algorithm: 'MD5',
  user: 'Mufasa',
  password: 'Circle Of Life',
  realm: 'testrealm@host.com',
  nonce: 'dcd98b7102dd2f0e8b11d0f600bfb0c093',
  method: 'GET',
  uri: '/dir/index.html',
  use: { nc: '00000001', cnonce: '0a4f113b' },
};

const rfc7616: DigestInput = {
  algorithm: 'SHA-256',
  user: 'Mufasa',
  password: 'Circle of Life',
  realm: 'http-auth@example.org',
  nonce: '7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v',
  method: 'GET',
  uri: '/dir/index.html',
  use: { nc: '00000001', cnonce: 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ' },
};

t.test('RFC 2617 §3.5', async t => {
  t.equal(digestResponse(rfc2617), '6629fae49393a05397450978507c4ef1');
});

t.test('RFC 7616 §3.9.1, both answers', async t => {
  t.equal(digestResponse(rfc7616), '753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1');
  t.equal(digestResponse({ ...rfc7616, algorithm: 'MD5' }), '8ca523f5e9506fed4657c9700eebdbec');
});

t.test('without qop the answer is H(H(A1):nonce:H(A2)), RFC 2617 §3.2.2.1', async t => {
  const key = sha256('Mufasa:http-auth@example.org:Circle of Life');
  t.equal(
    digestResponse({ ...rfc7616, use: undefined }),
    sha256(`${key}:${rfc7616.nonce}:${sha256('GET:/dir/index.html')}`),
  );
});

t.test('-sess hashes the secret with both nonces, RFC 7616 §3.4.2', async t => {
  const { nonce, use } = rfc7616;
  const secret = sha256('Mufasa:http-auth@example.org:Circle of Life');
  const key = sha256(`${secret}:${nonce}:${use?.cnonce}`);
  t.equal(
    digestResponse({ ...rfc7616, algorithm: 'SHA-256-sess' }),
    sha256(`${key}:${nonce}:00000001:${use?.cnonce}:auth:${sha256('GET:/dir/index.html')}`),
  );
});

t.test('algorithms are named in any case, and MD5 if not at all', async t => {
  t.equal(algorithmNamed(undefined), 'MD5');
  t.equal(algorithmNamed('sha-256-SESS'), 'SHA-256-sess');
  t.equal(algorithmNamed('SHA-512-256'), 'SHA-512-256');
  t.equal(algorithmNamed('AKAv1-MD5'), undefined);
  t.equal(algorithmNamed(''), undefined);
});

t.test('the challenges of RFC 7616 §3.9.1 are answered as there, the stronger one', async t => {
  const challenge = (algorithm: string): string =>
    `Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=${algorithm}, ` +
    `nonce="${rfc7616.nonce}", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"`;
  const client = new DigestClient(
    () => rfc7616,
    () => rfc7616.use?.cnonce ?? '',
  );
  const again = client.challenged(
    client.authorize('GET', '/dir/index.html'),
    ['SHA-256', 'MD5'].map(name => ({ from: 'server', value: challenge(name) })),
  );
  if (typeof again === 'string') throw new Error(again);
  t.same(
    again.sent.map(({ header, value }) => [header, value]),
    [
      [
        'Authorization',
        'Digest username="Mufasa", realm="http-auth@example.org", ' +
          'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", uri="/dir/index.html", ' +
          'response="753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1", algorithm=SHA-256, ' +
          'opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS", qop=auth, nc=00000001, ' +
          'cnonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"',
      ],
    ],
  );
});

t.test("the measuring side's own digest says the same", async t => {
  const request = { method: 'REGISTER', uri: 'sip:pbx.example.com', cnonce: 'abc' };
  for (const [algorithm, qop] of [
    ['MD5', ', qop="auth"'],
    ['SHA-256', ', qop="auth"'],
    ['MD5', ''],
  ]) {
    const value = `Digest realm="a \\"b\\" c", nonce="n1", algorithm=${algorithm}${qop}`;
    const client = new DigestClient(
      () => rfc7616,
      () => 'abc',
    );
    const again = client.challenged(client.authorize(request.method, request.uri), [
      { from: 'server', value },
    ]);
    if (typeof again === 'string') throw new Error(again);
    const responseOf = (text: string | undefined): string | undefined =>
      /response="(\w+)"/.exec(text ?? '')?.[1];
    t.equal(responseOf(again.sent[0]?.value), responseOf(answerChallenge(value, rfc7616, request)));
    t.ok(responseOf(again.sent[0]?.value));
  }
});
