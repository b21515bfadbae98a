import t from 'tap';
import { formatNameAddr } from '../../sip/message/name_addr.ts';
import { formatUri } from '../../sip/message/uri.ts';
import { makeTrunk, type Trunk } from '../../src/config/trunks.ts';
import { outboundTargets, type PeerState } from '../../src/telephony/outbound_target.ts';
import { address } from '../sip/transport/requests.ts';

const ALL_UP: PeerState = { isUp: () => true, serviceRoutes: [] };
const REGISTER = { registrar: 'sip:example.com', addressOfRecord: 'sip:4930123@example.com:5080' };

function trunkWith(settings: Partial<Parameters<typeof makeTrunk>[0]>): Trunk {
  return makeTrunk({
    name: 'a',
    directions: ['outbound'],
    gateways: ['sip:gw1.example', 'sip:gw2.example:5062;transport=tcp'],
    ...settings,
  });
}

function written(trunk: Trunk, call: Parameters<typeof outboundTargets>[1], state = ALL_UP) {
  return outboundTargets(trunk, call, state).map(({ target, from, routes }) => ({
    target: formatUri(target),
    from: formatNameAddr(from),
    routes: routes.map(formatNameAddr),
  }));
}

t.test('the number at each gateway, in the configured order', async t => {
  const from = '"Anonymous" <sip:anonymous@anonymous.invalid>';
  t.same(written(trunkWith({}), { number: '+4930999' }), [
    { target: 'sip:+4930999@gw1.example', from, routes: [] },
    { target: 'sip:+4930999@gw2.example:5062;transport=tcp', from, routes: [] },
  ]);
});

t.test('gateways that are down come last', async t => {
  const state = { ...ALL_UP, isUp: (gateway: string) => !gateway.includes('gw1') };
  t.same(
    outboundTargets(trunkWith({}), { number: '1' }, state).map(({ gateway }) => gateway),
    ['sip:gw2.example:5062;transport=tcp', 'sip:gw1.example'],
  );
  const none = { ...ALL_UP, isUp: () => false };
  t.equal(outboundTargets(trunkWith({}), { number: '1' }, none).length, 2, 'and are tried all the same');
});

t.test('who calls: the number given, else the account, by its domain', async t => {
  const fromOf = (settings: Parameters<typeof trunkWith>[0], callerNumber?: string): string | undefined =>
    written(trunkWith(settings), { number: '1', ...(callerNumber !== undefined && { callerNumber }) })[0]
      ?.from;
  const outboundDigest = { user: 'u ser', passwordEnv: 'P' };
  t.equal(fromOf({ register: REGISTER }), '<sip:4930123@example.com>');
  t.equal(fromOf({ register: REGISTER }, '+4930777'), '<sip:+4930777@example.com>');
  t.equal(fromOf({ outboundDigest }), '<sip:u%20ser@gw1.example>');
  t.equal(fromOf({ outboundDigest, register: REGISTER }), '<sip:4930123@example.com>');
  t.equal(fromOf({}, '+4930777'), '<sip:+4930777@gw1.example>');
});

t.test('routes: the proxy, then what the registrar named', async t => {
  const serviceRoutes = [address('<sip:edge.example;lr>'), address('<sip:core.example;lr>')];
  const routesOf = (outboundProxy: string, routes = serviceRoutes): readonly string[] | undefined =>
    written(trunkWith({ outboundProxy }), { number: '1' }, { ...ALL_UP, serviceRoutes: routes })[0]?.routes;
  t.same(routesOf(''), ['<sip:edge.example;lr>', '<sip:core.example;lr>']);
  t.same(routesOf('sip:proxy.example;transport=tcp', []), ['<sip:proxy.example;transport=tcp;lr>']);
  t.same(routesOf('sip:proxy.example'), [
    '<sip:proxy.example;lr>',
    '<sip:edge.example;lr>',
    '<sip:core.example;lr>',
  ]);
  t.same(routesOf('sip:edge.example'), ['<sip:edge.example;lr>', '<sip:core.example;lr>'], 'not twice');
});

t.test('only numbers are called', async t => {
  const trunk = trunkWith({});
  for (const number of ['+15550100', '110', '*21*5#', '000000000000000'])
    t.equal(outboundTargets(trunk, { number }, ALL_UP).length, 2, number);
  for (const number of ['', '+', 'alice', '1@evil.example', '1;a=b', '1\r\nX: y', '+1 555', '1'.repeat(16)]) {
    t.throws(() => outboundTargets(trunk, { number }, ALL_UP), { code: 'BAD_REQUEST' }, number);
    const call = { number: '1', callerNumber: number };
    t.throws(() => outboundTargets(trunk, call, ALL_UP), { code: 'BAD_REQUEST' });
  }
  t.equal(written(trunk, { number: '*21#' })[0]?.target, 'sip:*21%23@gw1.example');
});
