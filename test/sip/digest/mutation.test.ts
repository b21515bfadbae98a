import t from 'tap';
import { readDigestParams } from '../../../sip/digest/auth_params.ts';
import { DigestClient } from '../../../sip/digest/client.ts';
import { DigestServer } from '../../../sip/digest/server.ts';

/** More by hand: DIGEST_MUTATIONS=100000. */
const MUTATIONS = Number(process.env.DIGEST_MUTATIONS ?? 2000);
const URI = 'sip:pbx.example.com';
const SIGNED = ['username', 'realm', 'nonce', 'uri', 'response', 'cnonce', 'nc'];

/** A linear congruence (Numerical Recipes): equal seeds, equal numbers in [0, below). */
function makeRandom(seed: number): (below: number) => number {
  let state = seed;
  return below => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

function makeServer(): DigestServer {
  return new DigestServer({
    as: 'server',
    realm: 'pbx',
    key: Buffer.alloc(32, 7),
    algorithms: ['SHA-256'],
    passwordOf: () => 'secret',
    windowMs: 60_000,
    usesPerNonce: 32,
  });
}

function signedRequest(server: DigestServer): string {
  const asked = server.verify({ method: 'REGISTER', uri: URI, authorizations: [] });
  const client = new DigestClient(() => ({ user: 'alice', password: 'secret' }));
  const again = client.challenged(
    client.authorize('REGISTER', URI),
    asked.kind === 'challenge' ? asked.values.map(value => ({ from: 'server', value })) : [],
  );
  if (typeof again === 'string') throw new Error(again);
  return again.sent[0]?.value ?? '';
}

t.test('no character of what is signed can change', async t => {
  const random = makeRandom(4475);
  const server = makeServer();
  const verify = (value: string): string =>
    server.verify({ method: 'REGISTER', uri: URI, authorizations: [value] }).kind;
  const good = signedRequest(server);
  const accepted: string[] = [];
  for (let n = 0; n < MUTATIONS; n += 1) {
    const at = random(good.length);
    const forged = good.slice(0, at) + String.fromCharCode(32 + random(95)) + good.slice(at + 1);
    const [before, after] = [readDigestParams(good), readDigestParams(forged)];
    // The case of hexadecimal digits, of the algorithm and of qop is free, and so is white space between parameters.
    const same = SIGNED.every(name => before?.get(name)?.toLowerCase() === after?.get(name)?.toLowerCase());
    if (!same && verify(forged) === 'accepted') accepted.push(forged);
  }
  t.same(accepted, []);
  t.equal(verify(good), 'accepted', 'and none of the forgeries used it up');
});

t.test('no text makes the reader throw', async t => {
  const random = makeRandom(7616);
  const pieces = [
    'Digest ',
    '"',
    '\\',
    ',',
    '=',
    ' ',
    '\t',
    'realm',
    'nonce',
    '\r\n',
    '\u0000',
    'é',
    'x'.repeat(500),
  ];
  let read = 0;
  for (let n = 0; n < MUTATIONS; n += 1) {
    let text = 'Digest ';
    for (let length = random(12); length > 0; length -= 1) text += pieces[random(pieces.length)];
    if (readDigestParams(text) !== undefined) read += 1;
  }
  t.ok(read > 0, 'some of it is even well formed');
});
