import t from 'tap';
import { HEALTH_LIMITS } from '../../../sip/health/limits.ts';
import { OptionsProbe, type ProbeOptions } from '../../../sip/health/options_probe.ts';
import { Locator } from '../../../sip/locate/locator.ts';
import { formatUri } from '../../../sip/message/uri.ts';
import { FarEnd, sipUri } from '../far_end.ts';
import { HandResolver } from '../locate/hand_resolver.ts';
import { address } from '../transport/requests.ts';

const EVERY_MS = 60_000;

/** A probe of a gateway in memory; draws are in the middle, so that intervals are as configured. */
function rig(options: Partial<ProbeOptions> = {}) {
  const far = new FarEnd();
  const resolver = new HandResolver().hosts({ 'gw.example': '192.0.2.10' });
  const told: boolean[] = [];
  const locator = new Locator({ resolver, clock: far.clock, random: () => 0 });
  const probe = new OptionsProbe({
    target: sipUri('sip:gw.example'),
    from: address('<sip:trunkline@192.0.2.99>'),
    routes: [],
    everyMs: EVERY_MS,
    requester: far.layer,
    locator,
    changed: isUp => told.push(isUp),
    clock: far.clock,
    random: () => 0.5,
    ...options,
  });
  return { far, resolver, told, probe, locator };
}

t.test('it asks at once, and then at its interval', async t => {
  const { far, probe, told } = rig();
  probe.start();
  await far.turn(HEALTH_LIMITS.doubtMs);
  const [request] = far.take();
  t.match(request, { method: 'OPTIONS', contacts: [] });
  t.equal(request && formatUri(request.uri), 'sip:gw.example');
  t.equal(request?.headers.get('accept'), 'application/sdp');
  for (let n = 0; n < 10; n += 1) await far.turn(EVERY_MS);
  t.equal(far.take().length, 10);
  t.same(told, []);
  t.equal(probe.isUp, true);
});

t.test('any answer but 408 and 503 says that somebody is there', async t => {
  for (const [status, isUp] of [
    [200, true],
    [401, true],
    [404, true],
    [405, true],
    [500, true],
    [603, true],
    [408, false],
    [503, false],
  ] as const) {
    const { far, probe } = rig();
    far.answer = () => ({ status });
    probe.start();
    await far.turn(5 * EVERY_MS);
    t.equal(probe.isUp, isUp, String(status));
  }
});

t.test('one lost answer changes nothing, two in a row do; the same for coming back', async t => {
  const { far, probe, told } = rig({ everyMs: 10_000 });
  let answers: string[] = [];
  far.answer = () => (answers.shift() === 'no' ? 'unreachable' : { status: 200 });
  const run = async (...next: string[]): Promise<boolean[]> => {
    answers = next;
    while (answers.length > 0) await far.turn(100);
    return told.splice(0);
  };
  probe.start();
  t.same(await run('yes', 'no', 'yes', 'no', 'yes'), []);
  t.same(await run('no', 'no', 'no', 'no'), [false]);
  t.equal(probe.isUp, false);
  t.same(await run('yes', 'no', 'yes', 'no'), []);
  t.same(await run('yes', 'yes', 'yes'), [true]);
  t.equal(probe.isUp, true);
});

t.test('in doubt it asks again soon', async t => {
  const { far, probe, told } = rig();
  far.answer = () => 'unreachable';
  probe.start();
  await far.turn(HEALTH_LIMITS.doubtMs / 2);
  t.equal(far.take().length, 1);
  await far.turn(HEALTH_LIMITS.doubtMs);
  t.equal(far.take().length, 1);
  t.same(told, [false]);
  await far.turn(EVERY_MS - 1);
  t.equal(far.take().length, 0, 'and no more often than told once that is clear');
});

t.test('silence is not waited for as long as a transaction lasts', async t => {
  const { far, probe, told } = rig();
  far.answer = () => 'silence';
  probe.start();
  await far.turn(HEALTH_LIMITS.doubtMs / 2 + 2 * HEALTH_LIMITS.answerMs + HEALTH_LIMITS.doubtMs);
  t.same(told, [false]);
});

t.test('an answer that comes too late is none', async t => {
  const { far, probe, told } = rig();
  far.answer = () => 'silence';
  probe.start();
  await far.turn(HEALTH_LIMITS.doubtMs + HEALTH_LIMITS.answerMs + 1);
  const [late] = far.received;
  if (late === undefined) throw new Error('nothing was sent');
  far.respond(late.request, late.hop, { status: 200 });
  await far.turn(2 * HEALTH_LIMITS.doubtMs + HEALTH_LIMITS.answerMs);
  t.same(told, [false]);
});

t.test('all hops of a gateway are asked, one after the other, and a name without any is down', async t => {
  const { far, resolver, probe, locator, told } = rig();
  resolver.addressRecords.set(
    'gw.example',
    [1, 2, 3].map(n => ({ address: `192.0.2.${n}`, ttlS: 600 })),
  );
  far.answer = (_request, { address: host }) => (host === '192.0.2.2' ? { status: 200 } : 'unreachable');
  probe.start();
  await far.turn(HEALTH_LIMITS.doubtMs);
  t.same(
    far.received.map(({ hop }) => hop.address),
    ['192.0.2.1', '192.0.2.2'],
  );
  const hops = await locator.locate(sipUri('sip:gw.example'));
  t.equal(typeof hops === 'string' ? hops : hops.at(-1)?.address, '192.0.2.1', 'the failed one is last');
  t.same(told, []);

  const absent = rig({ target: sipUri('sip:absent.example') });
  absent.probe.start();
  await absent.far.turn(2 * EVERY_MS);
  t.same(absent.told, [false]);
});

t.test('by way of an outbound proxy', async t => {
  const { far, probe } = rig({ routes: [address('<sip:192.0.2.50;lr>')] });
  probe.start();
  await far.turn(EVERY_MS);
  t.match(far.received[0], {
    hop: { address: '192.0.2.50' },
    request: { uri: { host: 'gw.example' }, routes: [{ uri: { host: '192.0.2.50' } }] },
  });
});

t.test('after its end it asks nobody, and tells nothing', async t => {
  const { far, probe, told } = rig();
  far.answer = () => 'unreachable';
  probe.start();
  far.clock.turn(HEALTH_LIMITS.doubtMs);
  probe.end();
  await far.turn(10 * EVERY_MS);
  t.equal(far.take().length <= 1, true);
  t.same(told, []);
  t.equal(far.clock.waiting, 0);
});
