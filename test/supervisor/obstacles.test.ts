import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import t from 'tap';
import { type NodeEnvironment, nodeEnvironment, processesOf, startNode } from './node_rig.ts';

/** The services that need nothing built. */
const SERVICES = ['--without', 'livekit', '--without', 'roles', '--no-install'];

t.test('each obstacle is told in one sentence, and nothing is left running', async t => {
  const busy = createServer().listen(0, '127.0.0.1');
  t.teardown(() => busy.close());
  await once(busy, 'listening');
  const { port } = busy.address() as { port: number };
  const obstacles: [string, Readonly<Record<string, string>>, RegExp][] = [
    [
      'busy port',
      { TRUNKLINE_REDIS__PORT: `${port}` },
      /redis\.port .* is held by .*process \d+\).*another port\.$/,
    ],
    [
      'missing tool',
      { TRUNKLINE_VOICE__FLITE: 'no-such-flite' },
      /no-such-flite; the command is: sudo apt-get .* install -y flite/,
    ],
    ['unknown key', { TRUNKLINE_HTP__PORT: '1' }, /unknown key htp/],
    ['foreign Postgres', { TRUNKLINE_POSTGRES__URL: 'postgres://x:y@127.0.0.1:1/z' }, /database/],
  ];
  for (const [name, settings, sentence] of obstacles) {
    const env = { ...(await nodeEnvironment(t)), ...settings };
    const node = startNode(t, env, SERVICES);
    t.equal(await node.ended, 1, name);
    const told = node.lines.filter(line => line.startsWith('✗'));
    t.equal(told.length, 1, `${name}: one sentence`);
    t.match(told[0], sentence);
    t.notMatch(node.lines.join('\n'), /^\s+at /m, `${name}: no stack`);
    t.same(processesOf(env), []);
  }
});

t.test('a file where a folder should be', async t => {
  const env = await nodeEnvironment(t);
  const data = env.TRUNKLINE_DATA_DIR ?? '';
  mkdirSync(data, { recursive: true });
  writeFileSync(join(data, 'logs'), '');
  const node = startNode(t, env, SERVICES);
  t.equal(await node.ended, 1);
  t.equal(node.lines.length, 1);
  t.match(node.lines[0], /^✗ a start-up step failed: EEXIST.*data\/logs.* start again\.$/);
});

t.test('a PATH without the system’s folders hides nothing; a wrong key file', async t => {
  const env: NodeEnvironment = { ...(await nodeEnvironment(t)), PATH: '/nowhere:relative' };
  const keys = join(env.TRUNKLINE_DATA_DIR ?? '', 'keys');
  const first = startNode(t, env, SERVICES);
  await first.said(/Trunkline is up/);
  first.child.kill('SIGTERM');
  t.equal(await first.ended, 0);
  const right = readFileSync(join(keys, 'seal.key'), 'utf8');

  const other = JSON.parse(right);
  other.sealing.k1 = Buffer.alloc(32, 7).toString('base64');
  for (const [content, sentence] of [
    ['garbage', /seal\.key is not a key file/],
    [JSON.stringify(other), /sealed with another key/],
  ] as const) {
    writeFileSync(join(keys, 'seal.key'), content);
    const refused = startNode(t, env, SERVICES);
    t.equal(await refused.ended, 1);
    t.match(refused.lines.at(-1), sentence);
    t.same(processesOf(env), []);
  }
  rmSync(join(keys, 'seal.key'));
  const missing = startNode(t, env, SERVICES);
  t.equal(await missing.ended, 1);
  t.match(missing.lines.at(-1), /seal\.key is missing/);

  writeFileSync(join(keys, 'seal.key'), right);
  const restored = startNode(t, env, SERVICES);
  await restored.said(/Trunkline is up/);
  restored.child.kill('SIGTERM');
  t.equal(await restored.ended, 0);
});

t.test('a check only reports', async t => {
  const env = await nodeEnvironment(t);
  const report = startNode(t, env, ['--check', '--without', 'livekit']);
  t.equal(await report.ended, 0);
  t.match(report.lines.join('\n'), /· keys to be made[\s\S]*✓ ports .* are free/);
  t.notOk(existsSync(env.TRUNKLINE_DATA_DIR ?? ''));
  const broken = startNode(t, { ...env, TRUNKLINE_VOICE__FLITE: 'no-such-flite' }, [
    '--check',
    '--no-install',
  ]);
  t.equal(await broken.ended, 1);
  t.match(broken.lines.join('\n'), /✗ no-such-flite is missing/);
});

t.test(
  'a data folder that this user may not use',
  { skip: process.getuid?.() === 0 && 'root may' },
  async t => {
    const env = await nodeEnvironment(t);
    mkdirSync(env.TRUNKLINE_DATA_DIR ?? '');
    chmodSync(env.TRUNKLINE_DATA_DIR ?? '', 0o500);
    t.equal(statSync(env.TRUNKLINE_DATA_DIR ?? '').mode & 0o777, 0o500);
    const node = startNode(t, env, SERVICES);
    t.equal(await node.ended, 1);
    t.match(node.lines.at(-1), /may not use .*start as its owner/);
    const report = startNode(t, env, ['--check', '--without', 'livekit']);
    t.equal(await report.ended, 1);
    t.match(report.lines[1], /^✗ .* may not use /);
  },
);
