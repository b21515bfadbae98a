import t from 'tap';
import { REGISTRATION_LIMITS } from '../../../sip/registration/limits.ts';
import type { Reply } from '../far_end.ts';
import { createRandom } from '../rtp/random.ts';
import { contactOf, Rig } from './registrar_rig.ts';

const STATUSES = [
  100, 180, 200, 200, 200, 202, 299, 300, 302, 305, 380, 401, 401, 403, 407, 408, 420, 423, 423, 480,
];
const MORE_STATUSES = [482, 491, 500, 503, 503, 504, 513, 600, 603, 699];

const CONTACTS = [
  '<sip:other.example>',
  '<sip:4930123@registrar.example;transport=tcp>',
  '<sips:registrar.example>',
  '<sip:registrar.example;maddr=224.0.0.1>',
  '<sip:0.0.0.0>',
  '<tel:+15550100>;expires=5',
  '<mailto:a@b>',
  '"x\\" <y>" <sip:4930123@192.0.2.99:5060>;expires=0;q=7',
];

const VALUES: Readonly<Record<string, readonly string[]>> = {
  Expires: ['0', '1', '60', '-1', '4294967296', '1e9', 'x'],
  'Min-Expires': ['0', '61', '90000', '3601', '', '١٢'],
  'Retry-After': ['0', '5', '99999999999', 'soon', '18 (tea) ;duration=x', ';', '-1'],
  'Service-Route': ['<sip:a.example;lr>', '<sip:a.example>', 'x', '<sip:b.example;lr>, <sip:'],
  'WWW-Authenticate': [
    'Digest realm="r", nonce="1", qop="auth"',
    'Digest realm="r", nonce="2", stale=true',
    'Digest realm="r", nonce="3", algorithm=SHA-1',
    'Digest realm="r", nonce="4", qop="auth-int"',
    'Basic realm="r"',
    `Digest realm="${'x'.repeat(5000)}", nonce="5"`,
    'Digest',
  ],
};

/** A registrar that has lost its mind, by numbers from 0 to 1. */
function madness(random: () => number): () => Reply | 'silence' | 'unreachable' {
  const one = <Value>(list: readonly Value[], fallback: Value): Value =>
    list[Math.floor(random() * list.length)] ?? fallback;
  return () => {
    const fate = random();
    if (fate < 0.1) return 'silence';
    if (fate < 0.2) return 'unreachable';
    const headers: Record<string, string[]> = {};
    for (const [name, values] of Object.entries(VALUES))
      if (random() < 0.6) headers[name] = [one(values, ''), ...(random() < 0.2 ? [one(values, '')] : [])];
    headers['Proxy-Authenticate'] = headers['WWW-Authenticate'] ?? [];
    const contacts = CONTACTS.filter(() => random() < 0.2);
    return { status: one([...STATUSES, ...MORE_STATUSES], 200), contacts, headers };
  };
}

t.test('a registrar that has lost its mind is asked no more than so often', async t => {
  for (let seed = 1; seed <= 60; seed += 1) {
    const random = createRandom(seed * 7919);
    const rig = new Rig({}, random);
    rig.resolver.hosts({ 'other.example': '192.0.2.20' });
    rig.far.answer = madness(random);
    await rig.start();
    await rig.far.turn(3 * 3_600_000);
    const gapsMs = rig.toldAtMs.slice(1).map((atMs, before) => atMs - (rig.toldAtMs[before] ?? 0));
    t.ok(Math.min(...gapsMs) >= REGISTRATION_LIMITS.leastRefreshMs, `seed ${seed}: ${gapsMs.length} tries`);
    rig.takeTold();
    const numbers = rig.far.take().map(({ cseq }) => cseq.number);
    t.same(
      numbers,
      numbers.map((_, at) => at + 1),
      'CSeq rises by one',
    );
    rig.far.answer = request => ({ status: 200, contacts: [contactOf(request, 600)] });
    await rig.far.turn(2 * REGISTRATION_LIMITS.mostRetryAfterS * 1000);
    t.match(rig.takeTold().at(-1), /^registered 600$/, 'and is believed again when it has come to itself');
    await rig.registration.end();
    await rig.far.turn(40_000);
    t.equal(rig.far.clock.waiting, 0, 'with nothing left');
  }
});

t.test('answers of an earlier try, and of nobody, change nothing', async t => {
  const rig = new Rig();
  rig.far.answer = () => 'silence';
  await rig.start();
  const [first] = rig.far.received;
  if (first === undefined) throw new Error('nothing was sent');
  await rig.far.turn(32_000);
  t.same(rig.takeTold(), ['failed unavailable undefined 30']);
  rig.far.respond(first.request, first.hop, { status: 200 });
  await rig.far.turn(1_000);
  t.same(rig.takeTold(), []);
  t.equal(rig.registration.binding, undefined);
});
