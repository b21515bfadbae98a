import { randomBytes } from 'node:crypto';
import t from 'tap';
import { readDigestParams } from '../../../sip/digest/auth_params.ts';
import { DigestClient } from '../../../sip/digest/client.ts';
import { makeNonce, NonceUses, nonceMadeMs } from '../../../sip/digest/nonce.ts';
import { DigestServer, type DigestServerOptions, type Verdict } from '../../../sip/digest/server.ts';

const URI = 'sip:+15550100@pbx.example.com';
const KEY = randomBytes(32);

interface Bench {
  readonly server: DigestServer;
  readonly clock: { nowMs: number };
}

function makeServer(options: Partial<DigestServerOptions> = {}): Bench {
  const clock = { nowMs: 1_700_000_000_000 };
  const server = new DigestServer({
    as: 'server',
    realm: 'pbx',
    key: KEY,
    algorithms: ['SHA-256', 'MD5'],
    passwordOf: user => (user === 'alice' ? 'secret' : undefined),
    windowMs: 60_000,
    usesPerNonce: 3,
    nowMs: () => clock.nowMs,
    ...options,
  });
  return { server, clock };
}

function challengesOf(verdict: Verdict): readonly string[] {
  if (verdict.kind !== 'challenge') throw new Error(verdict.kind);
  return verdict.values;
}

function ask(server: DigestServer): readonly string[] {
  return challengesOf(server.verify({ method: 'INVITE', uri: URI, authorizations: [] }));
}

/** The credentials with which a client answers these challenges. */
function answer(values: readonly string[], user = 'alice', password = 'secret'): string {
  const client = new DigestClient(() => ({ user, password }));
  const again = client.challenged(
    client.authorize('INVITE', URI),
    values.map(value => ({ from: 'server', value })),
  );
  if (typeof again === 'string') throw new Error(again);
  return again.sent[0]?.value ?? '';
}

function verify(server: DigestServer, ...authorizations: string[]): Verdict {
  return server.verify({ method: 'INVITE', uri: URI, authorizations });
}

function reasonOf(verdict: Verdict): string {
  if (verdict.kind === 'challenge') return verdict.reason;
  return verdict.kind === 'accepted' ? verdict.user : verdict.problem;
}

t.test('the first request is challenged, one header an algorithm, the preferred first', async t => {
  const { server } = makeServer();
  const verdict = verify(server);
  t.match(verdict, { kind: 'challenge', reason: 'missing', status: 401, header: 'WWW-Authenticate' });
  const params = challengesOf(verdict).map(value => readDigestParams(value));
  t.same(
    params.map(found => found?.get('algorithm')),
    ['SHA-256', 'MD5'],
  );
  t.same(
    params.map(found => [found?.get('realm'), found?.get('qop'), found?.get('stale')]),
    [
      ['pbx', 'auth', undefined],
      ['pbx', 'auth', undefined],
    ],
  );
  const proxy = makeServer({ as: 'proxy' });
  t.match(verify(proxy.server), { status: 407, header: 'Proxy-Authenticate' });
});

t.test('right credentials are let in, by either algorithm, also among those for others', async t => {
  const { server } = makeServer();
  const [strong = '', weak = ''] = ask(server);
  t.same(verify(server, answer([strong, weak])), { kind: 'accepted', user: 'alice' });
  t.equal(reasonOf(verify(server, answer([ask(server)[1] ?? '']))), 'alice');
  const foreign = 'Digest username="x", realm="elsewhere", nonce="n", uri="u", response="r"';
  t.equal(reasonOf(verify(server, 'Basic abc', foreign, answer(ask(server)))), 'alice');
  const sess = makeServer({ algorithms: ['MD5-sess'] });
  t.equal(reasonOf(verify(sess.server, answer(ask(sess.server)))), 'alice');
});

t.test('wrong passwords and unknown users get the same challenge, never marked stale', async t => {
  const { server } = makeServer();
  for (const value of [answer(ask(server), 'alice', 'Secret'), answer(ask(server), 'bob', 'secret')]) {
    const verdict = verify(server, value);
    t.equal(reasonOf(verdict), 'wrong');
    t.notMatch(challengesOf(verdict)[0], /stale/);
  }
});

t.test('the stand-in for the password of unknown users lets nobody in', async t => {
  const { server } = makeServer();
  t.equal(reasonOf(verify(server, answer(ask(server), 'bob', KEY.toString('hex')))), 'wrong');
});

t.test('other methods and other targets are not signed by it', async t => {
  const { server } = makeServer();
  const value = answer(ask(server));
  t.equal(reasonOf(server.verify({ method: 'BYE', uri: URI, authorizations: [value] })), 'wrong');
  const elsewhere = { method: 'INVITE', uri: 'sip:+19005550199@pbx.example.com', authorizations: [value] };
  t.match(server.verify(elsewhere), { kind: 'badRequest', status: 400, problem: 'otherUri' });
  const proxied = makeServer({ sameUri: signed => signed.startsWith('sip:+15550100@') });
  t.equal(
    reasonOf(proxied.server.verify({ ...elsewhere, authorizations: [answer(ask(proxied.server))] })),
    'alice',
  );
});

t.test('a nonce is good for its window, and then stale for who knows the password', async t => {
  const { server, clock } = makeServer();
  const value = answer(ask(server));
  const wrong = answer(ask(server), 'alice', 'guess');
  clock.nowMs += 60_001;
  const verdict = verify(server, value);
  t.equal(reasonOf(verdict), 'stale');
  t.match(challengesOf(verdict)[0], /stale=true/);
  t.equal(reasonOf(verify(server, wrong)), 'wrong');
  t.equal(reasonOf(verify(server, answer(challengesOf(verdict)))), 'alice');
  clock.nowMs -= 120_000;
  t.equal(reasonOf(verify(server, answer(challengesOf(verdict)))), 'stale', 'nor for one of the future');
});

t.test('each count of a nonce is good once, up to the limit, in any order', async t => {
  const { server } = makeServer();
  const client = new DigestClient(() => ({ user: 'alice', password: 'secret' }));
  const first = client.challenged(
    client.authorize('INVITE', URI),
    ask(server).map(value => ({ from: 'server', value })),
  );
  if (typeof first === 'string') throw new Error(first);
  const counted = [first, ...Array.from({ length: 3 }, () => client.authorize('INVITE', URI))].map(
    ({ sent }) => sent[0]?.value ?? '',
  );
  const order = [2, 0, 0, 1, 2, 3].map(index => reasonOf(verify(server, counted[index] ?? '')));
  t.same(order, ['alice', 'alice', 'replayed', 'alice', 'replayed', 'stale']);
});

t.test('answers without qop are good once', async t => {
  const { server } = makeServer();
  const value = answer([(ask(server)[1] ?? '').replace(', qop="auth"', '')]);
  t.notMatch(value, /qop|nc=/);
  t.equal(reasonOf(verify(server, value)), 'alice');
  t.equal(reasonOf(verify(server, value)), 'replayed');
});

t.test('nonces of other makers are stale, and a nonce has one spelling', async t => {
  const { server } = makeServer();
  const value = answer(ask(makeServer({ key: randomBytes(32) }).server));
  t.equal(reasonOf(verify(server, value)), 'stale');
  const nonce = makeNonce(KEY, 'pbx', 1234);
  t.equal(nonce.length, 38);
  t.equal(nonceMadeMs(KEY, 'pbx', nonce), 1234);
  t.not(makeNonce(KEY, 'pbx', 1234), nonce, 'two of one millisecond differ');
  t.equal(nonceMadeMs(KEY, 'other realm', nonce), undefined);
  const last = nonce.at(-1) ?? '';
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const sibling = alphabet[alphabet.indexOf(last) ^ 1] ?? '';
  for (const forged of [
    '',
    'x',
    `${nonce}=`,
    nonce.slice(0, -1),
    nonce.slice(0, -1) + sibling,
    `B${nonce.slice(1)}`,
    '\u{1F600}'.repeat(19),
  ])
    t.equal(nonceMadeMs(KEY, 'pbx', forged), undefined, forged);
});

t.test('a full memory of nonces refuses what it may have forgotten', async t => {
  const uses = new NonceUses(2);
  t.ok(uses.take('a', 10, 1));
  t.ok(uses.take('b', 20, 32));
  t.ok(uses.take('c', 30, 1), 'a is forgotten');
  t.notOk(uses.take('a', 10, 1), 'and with it what it was used for');
  t.notOk(uses.take('z', 5, 1), 'and all that is as old');
  t.notOk(uses.take('b', 20, 32));
  t.ok(uses.take('b', 20, 31));
  t.ok(uses.take('d', 40, 1));
  t.notOk(uses.take('b', 20, 1));
});

t.test('hostile credentials', async t => {
  const { server } = makeServer();
  const good = (): string => answer(ask(server));
  const problem = (value: string): string => reasonOf(verify(server, value));
  t.equal(problem('Digest'), 'missing');
  t.equal(problem('Digest x'), 'malformed');
  t.equal(problem(`${good()}, nc=00000002`), 'malformed', 'said twice');
  t.equal(problem(good().replace('nc=00000001', 'nc=1')), 'malformed');
  t.equal(problem(good().replace('nc=00000001', 'nc=00000000')), 'malformed');
  t.equal(problem(good().replace('nc=00000001', 'nc=ffffffff')), 'wrong');
  t.equal(problem(good().replace(/cnonce="\w+"/, 'cnonce=""')), 'malformed');
  t.equal(problem(good().replace('qop=auth,', 'qop=auth-int,')), 'unknownQop');
  t.equal(problem(good().replace(/response="\w+"/, 'response=""')), 'wrong');
  t.equal(problem(good().replace(/response="/, 'response="0')), 'wrong');
  t.equal(problem(good().replace(/, response="\w+"/, '')), 'malformed');
  t.equal(problem(good().replace('algorithm=SHA-256', 'algorithm=MD5')), 'wrong');
  t.equal(problem(good().replace('algorithm=SHA-256', 'algorithm=SHA-512-256')), 'otherAlgorithm');
  t.equal(problem(`${good()}, userhash=true`), 'userhash');
  t.equal(problem(good().replace('username="alice"', "username*=UTF-8''alice")), 'userhash');
  t.equal(problem(good().replace('username="alice"', 'username="alice\r\n"')), 'malformed');
  t.equal(problem(good().replace('realm="pbx"', 'realm="p"')), 'missing');
  t.equal(reasonOf(verify(server, ...Array<string>(9).fill('Digest realm="p", x=y'), good())), 'missing');
  t.match(verify(server, `${good()}, userhash=true`), { kind: 'badRequest', status: 400 });
});

t.test('options that would let in too much are refused', async t => {
  t.throws(() => makeServer({ key: randomBytes(16) }), RangeError);
  t.throws(() => makeServer({ usesPerNonce: 33 }), RangeError);
  t.throws(() => makeServer({ algorithms: [] }), RangeError);
});
