import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { publicLookup } from '../../../src/agent/tools/public_lookup.ts';
import { ToolReceivers } from '../../../src/agent/tools/tool_receivers.ts';
import { requestOf } from '../../../src/agent/tools/tool_request.ts';
import { isPublicAddress } from '../../../src/config/public_address.ts';
import { configSchema } from '../../../src/config/schema.ts';
import { assertWithinReach, type Reached, ToolReach } from '../../../src/workflow/versions/reach.ts';
import { DESK, flowsOf } from '../../workflow/desk_flows.ts';
import { startToolServer } from './tool_server.ts';

const TOOLS = (
  url: string,
  secret = '',
) => `${DESK.replace('next: [{ to: pass_on }]', 'next: [{ to: looking }]')}
  looking:
    kind: act
    tool: look_up
    next: [{ to: pass_on }]
    failed: later
tools:
  look_up:
    description: Looks up.
    http: { method: GET, url: "${url}/x"${secret} }
`;

function deskWith(url: string, secret?: string) {
  return flowsOf([TOOLS(url, secret)]).get('desk')!;
}

t.test('addresses of the open internet, and all others', async t => {
  for (const address of [
    '8.8.8.8',
    '1.1.1.1',
    '172.15.0.1',
    '172.32.0.1',
    '2606:4700:4700::1111',
    '2a00:1450::1',
  ])
    t.ok(isPublicAddress(address), address);
  const inside =
    '127.0.0.1 127.9.9.9 0.0.0.0 10.1.2.3 172.16.0.1 172.31.255.255 192.168.1.1 169.254.169.254 100.100.100.200 168.63.129.16 ' +
    '192.0.0.192 224.0.0.1 255.255.255.255 :: ::1 fe80::1 fd00:ec2::254 fc00::1 ff02::1 ::ffff:127.0.0.1 ::ffff:8.8.8.8 ' +
    '64:ff9b::7f00:1 2002:7f00:1:: 2001:0:7f00:1:: 2001:db8::1 shop.example';
  for (const address of [...inside.split(' '), '']) t.notOk(isPublicAddress(address), address);
});

t.test('where tools may go, by the configuration and by the folder', async t => {
  const reach = (hosts: readonly string[], ...files: string[]) =>
    new ToolReach({ hosts, trusted: files.map(url => deskWith(url)) });
  const cases: readonly (readonly [Reached, string, ToolReach])[] = [
    ['public', 'https://shop.example', reach(['public'])],
    ['yes', 'https://8.8.8.8', reach(['public'])],
    ['no', 'http://127.0.0.1:8090', reach(['public'])],
    ['no', 'http://0x7f.1:8090', reach(['public'])],
    ['no', 'http://2130706433', reach(['public'])],
    ['no', 'http://[::1]:8090', reach(['public'])],
    ['no', 'http://[::ffff:169.254.169.254]', reach(['public'])],
    ['no', 'http://localhost:8090', reach(['public'])],
    ['no', 'http://a.localhost.', reach(['public'])],
    ['yes', 'http://127.0.0.1:8090', reach(['public', '127.0.0.1:8090'])],
    ['no', 'http://127.0.0.1:8091', reach(['public', '127.0.0.1:8090'])],
    ['yes', 'http://127.0.0.1:8091', reach(['127.0.0.1'])],
    ['yes', 'https://crm.inside.example', reach(['*.inside.example'])],
    ['no', 'https://crm-inside.example', reach(['*.inside.example'])],
    ['yes', 'https://shop.example', reach(['shop.example:443'])],
    ['no', 'https://shop.example', reach([])],
    ['yes', 'http://127.0.0.1:8090', reach(['public'], 'http://127.0.0.1:8090')],
    ['no', 'http://127.0.0.1:8091', reach(['public'], 'http://127.0.0.1:8090')],
  ];
  for (const [reached, url, one] of cases) t.equal(one.of(new URL(url)), reached, url);
  t.throws(() => assertWithinReach(deskWith('http://127.0.0.1:1'), reach(['public'])), {
    code: 'WORKFLOW_INVALID',
    detail: /^desk\.yaml: tools\.look_up: .*toolHosts/,
  });
  assertWithinReach(deskWith('https://shop.example'), reach(['public']));
  const hosts = (toolHosts: readonly string[]) =>
    configSchema.safeParse({ workflows: { toolHosts } }).success;
  t.ok(hosts(['public', 'shop.example', '*.example.com', '[::1]:8090', '127.0.0.1:8090']));
  for (const odd of ['https://shop.example', 'Shop.example', 'shop.example/x', '*', ''])
    t.notOk(hosts([odd]), odd);
});

t.test('a name is looked at when it is connected to: what is inside is not asked', async t => {
  const server = await startToolServer();
  t.teardown(() => server.close());
  const url = server.url.replace('127.0.0.1', 'localhost');
  const [tool] = deskWith(url).tools;
  const wanted = requestOf(tool!, {}, {});
  const { signal } = new AbortController();
  const run = async (reached: Reached) => {
    const tools = new ToolReceivers({ folder: '/', env: {}, reach: { of: () => reached } }, () => undefined);
    if ('fault' in wanted) throw new Error(wanted.fault);
    const outcome = await tools.run({ tool: tool!, request: wanted, key: 'k', signal });
    await tools.close();
    return outcome;
  };
  t.match(await run('public'), { status: 'failed', why: 'unreachable' });
  t.match(await run('no'), { status: 'failed', why: 'unreachable' });
  t.equal(server.asked.length, 0);
  t.match(await run('yes'), { status: 'done' });
  t.equal(server.asked.length, 1);
  const asked = request(url, { lookup: publicLookup });
  const [error] = await once(asked, 'error');
  t.equal(error.code, 'EACCES');
});

t.test('a tool that goes where it may not is off, and says why', async t => {
  const off: string[] = [];
  const reach = new ToolReach({ hosts: ['public'], trusted: [] });
  const tools = new ToolReceivers({ folder: '/', env: {}, reach }, ({ name }, why) =>
    off.push(`${name}: ${why}`),
  );
  t.teardown(() => tools.close());
  t.notOk(tools.has(deskWith('https://169.254.169.254').tools[0]!));
  t.ok(tools.has(deskWith('https://shop.example').tools[0]!));
  t.same(off, ['look_up: its server is not among workflows.toolHosts']);
});

t.test('a tool comes on when its secret is there', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'trunkline-tools-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const off: string[] = [];
  const tools = new ToolReceivers({ folder, env: {} }, ({ name }, why) => off.push(`${name}: ${why}`));
  t.teardown(() => tools.close());
  const [tool] = deskWith('https://shop.example', ', headers: { X-Key: { secretFile: office.key } }').tools;
  t.notOk(tools.has(tool!));
  t.notOk(tools.has(tool!));
  t.equal(off.length, 1, 'told once');
  t.match(off[0], /^look_up: .*office\.key/);
  writeFileSync(join(folder, 'office.key'), 'a-key-for-the-office\n', { mode: 0o600 });
  for (let i = 0; i < 400 && !tools.has(tool!); i += 1) await new Promise(resolve => setTimeout(resolve, 25));
  t.ok(tools.has(tool!));
});
