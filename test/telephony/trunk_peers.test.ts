import t from 'tap';
import { Locator } from '../../sip/locate/locator.ts';
import { formatUri } from '../../sip/message/uri.ts';
import { makeTrunk, type Trunk } from '../../src/config/trunks.ts';
import { TrunkPeers } from '../../src/telephony/trunk_peers.ts';
import { FarEnd, settle } from '../sip/far_end.ts';
import { HandResolver } from '../sip/locate/hand_resolver.ts';
import { contactOf } from '../sip/registration/registrar_rig.ts';

const ADDRESSES = {
  'registrar.example': '192.0.2.1',
  'gw1.example': '192.0.2.11',
  'gw2.example': '192.0.2.12',
  'proxy.example': '192.0.2.50',
};

function rig({
  env = { PASSWORD: 'secret' },
  isStarted = true,
}: {
  env?: NodeJS.ProcessEnv;
  isStarted?: boolean;
} = {}) {
  const far = new FarEnd();
  const resolver = new HandResolver().hosts(ADDRESSES);
  const told: string[] = [];
  const peers = new TrunkPeers({
    access: {
      requester: far.layer,
      locator: new Locator({ resolver, clock: far.clock, random: () => 0 }),
      contactOf: () => ({ host: '192.0.2.99', port: 5060 }),
    },
    events: {
      registered: name => told.push(`${name} registered`),
      notRegistered: (name, { cause }) => told.push(`${name} ${cause}`),
      gatewayChanged: (name, gateway, isUp) => told.push(`${name} ${gateway} ${isUp ? 'up' : 'down'}`),
    },
    folder: '.',
    env,
    clock: far.clock,
    random: () => 0,
  });
  if (isStarted) peers.start();
  /** Since the last look: `REGISTER 3600 a`, `OPTIONS gw1.example`. */
  const sent = (): string[] =>
    far.take().map(request => {
      const { method, uri, headers, to } = request;
      if (method !== 'REGISTER') return `${method} ${uri.kind === 'sip' ? uri.host : ''}`;
      return `${method} ${headers.get('expires')} ${to.uri.kind === 'sip' ? to.uri.user : ''}`;
    });
  return { far, peers, told, sent };
}

function trunk(name: string, settings: Partial<Parameters<typeof makeTrunk>[0]> = {}): Trunk {
  return makeTrunk({
    name,
    optionsEveryS: 0,
    register: { registrar: 'sip:registrar.example', addressOfRecord: `sip:${name}@example.com` },
    ...settings,
  });
}

t.test('what is registered stays so for trunks that do not change', async t => {
  const { far, peers, told, sent } = rig();
  peers.use([trunk('a'), trunk('b')]);
  await settle();
  t.same(sent(), ['REGISTER 3600 a', 'REGISTER 3600 b']);
  t.same(told.splice(0), ['a registered', 'b registered']);
  t.match(peers.of('a')?.binding, { hop: { address: '192.0.2.1' } });

  peers.use([trunk('a', { maxCalls: 5 }), trunk('c')]);
  await settle();
  t.same(sent(), ['REGISTER 0 b', 'REGISTER 3600 c'], 'b is gone, a is as it was');
  t.equal(peers.of('b'), undefined);

  await peers.end();
  t.same(sent(), ['REGISTER 0 a', 'REGISTER 0 c']);
  await far.turn(86_400_000);
  t.same(sent(), []);
  t.equal(far.clock.waiting, 0);
});

t.test('a trunk that changes gives back first, and then registers anew', async t => {
  const { far, peers, sent } = rig();
  peers.use([trunk('a')]);
  await settle();
  far.take();
  far.answer = () => 'silence';
  const changed = { registrar: 'sip:registrar.example', addressOfRecord: 'sip:a2@example.com' };
  peers.use([trunk('a', { register: changed })]);
  await settle();
  t.same(sent(), ['REGISTER 0 a']);
  peers.use([trunk('a', { register: { ...changed, expiresS: 600 } })]);
  await settle();
  t.same(sent(), [], 'nor does what replaces the one that has not begun');
  await far.turn(2_000);
  t.same(sent(), ['REGISTER 600 a2']);
});

t.test('a password that changed counts as a change; one that is missing changes nothing', async t => {
  const env: NodeJS.ProcessEnv = { PASSWORD: 'one' };
  const { peers, sent } = rig({ env });
  const withPassword = trunk('a', { outboundDigest: { user: 'u', passwordEnv: 'PASSWORD' } });
  peers.use([withPassword]);
  await settle();
  sent();
  peers.use([withPassword]);
  await settle();
  t.same(sent(), []);
  env.PASSWORD = 'two';
  peers.use([withPassword]);
  await settle();
  t.same(sent(), ['REGISTER 0 a', 'REGISTER 3600 a']);
  delete env.PASSWORD;
  t.throws(() => peers.use([trunk('b'), withPassword]), { code: 'CONFIG_INVALID' });
  await settle();
  t.same(sent(), []);
  t.ok(peers.of('a')?.binding);
});

t.test('the contact, the proxy and the credentials of a trunk', async t => {
  const { far, peers } = rig();
  far.answer = ({ headers }) =>
    headers.has('authorization')
      ? { status: 200 }
      : { status: 401, headers: { 'WWW-Authenticate': 'Digest realm="r", nonce="n", qop="auth"' } };
  const settings = {
    outboundProxy: 'sip:proxy.example',
    outboundDigest: { user: 'u', passwordEnv: 'PASSWORD', realm: 'r' },
  };
  const register = {
    registrar: 'sip:registrar.example',
    addressOfRecord: 'sip:a@b.example',
    contactUser: 'x1',
  };
  peers.use([trunk('a', { ...settings, register })]);
  await settle();
  const { request, hop } = far.received.at(-1) ?? {};
  t.equal(hop?.address, '192.0.2.50');
  t.equal(request && contactOf(request), '<sip:x1@192.0.2.99:5060>');
  t.match(request?.headers.get('authorization'), /username="u"/);
  const elsewhere = rig();
  elsewhere.far.answer = far.answer;
  elsewhere.peers.use([
    trunk('a', { ...settings, outboundDigest: { ...settings.outboundDigest, realm: 'q' } }),
  ]);
  await settle();
  t.same(elsewhere.told, ['a credentials'], 'a realm that was not expected learns nothing');
});

const CALLS = { directions: ['outbound' as const], register: undefined };

t.test('gateways are asked, and calls go by those that answer', async t => {
  const { far, peers, told, sent } = rig();
  const gateways = ['sip:gw1.example', 'sip:gw2.example'];
  far.answer = (_request, { address }) => (address === '192.0.2.11' ? { status: 503 } : { status: 200 });
  peers.use([trunk('a', { ...CALLS, gateways, optionsEveryS: 30 })]);
  await far.turn(6_000);
  t.same(sent(), ['OPTIONS gw1.example', 'OPTIONS gw2.example', 'OPTIONS gw1.example']);
  t.same(told, ['a 0 down']);
  const attempts = (await peers.of('a')?.route({ number: '+4930999' })) ?? [];
  t.same(
    attempts.map(({ target, hops }) => [formatUri(target), hops[0].address]),
    [
      ['sip:+4930999@gw2.example', '192.0.2.12'],
      ['sip:+4930999@gw1.example', '192.0.2.11'],
    ],
  );
  await peers.end();
  await far.turn(600_000);
  t.same(sent(), []);
});

t.test('calls take the Service-Route of the registrar', async t => {
  const { far, peers } = rig();
  far.answer = () => ({ status: 200, headers: { 'Service-Route': '<sip:proxy.example;lr>' } });
  peers.use([trunk('a', { directions: ['outbound'], gateways: ['sip:gw1.example'] })]);
  const before = await peers.of('a')?.route({ number: '1' });
  t.equal(before?.[0].hops[0].address, '192.0.2.11');
  await settle();
  const after = await peers.of('a')?.route({ number: '1' });
  t.equal(after?.[0].hops[0].address, '192.0.2.50');
  t.match(after?.[0].routes, [{ uri: { host: 'proxy.example' } }]);
});

t.test('calls that can go nowhere', async t => {
  const { peers } = rig();
  const gateways = ['sip:absent.example', 'sip:gw2.example'];
  peers.use([
    trunk('in'),
    trunk('one', { ...CALLS, gateways }),
    trunk('none', {
      ...CALLS,
      gateways: ['sip:absent.example', 'sips:gw1.example'],
    }),
  ]);
  t.equal((await peers.of('one')?.route({ number: '1' }))?.length, 1, 'what leads nowhere is left out');
  const call = (name: string, number: string) => async () => void (await peers.of(name)?.route({ number }));
  await t.rejects(call('none', '1'), { code: 'LINE_FAILED' });
  await t.rejects(call('in', '1'), { code: 'BAD_REQUEST' });
  await t.rejects(call('one', 'x'), { code: 'BAD_REQUEST' });
});

t.test('nothing is sent before there is something to send by; then for the trunks of that time', async t => {
  const { far, peers, told, sent } = rig({ isStarted: false });
  peers.use([trunk('a')]);
  peers.use([trunk('b')]);
  await far.turn(60_000);
  t.same([sent(), told], [[], []]);
  peers.start();
  await settle();
  t.same(sent(), ['REGISTER 3600 b']);
});
