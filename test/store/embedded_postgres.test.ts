import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { freePort } from '../../bench/sip/free_ports.ts';
import { startEmbeddedPostgres } from '../../src/store/embedded_postgres.ts';
import { packagedPrograms, postgresPrograms } from '../../src/store/postgres/programs.ts';
import { scratchFolder, withClient } from './postgres.ts';

const CHILD = fileURLToPath(new URL('postgres_child.ts', import.meta.url));
const NOBODY = { uid: 65534, gid: 65534 };
const isRoot = process.getuid?.() === 0;

function scratch(t: Test): string {
  const { dir, remove } = scratchFolder();
  t.teardown(remove);
  return dir;
}

function start(dir: string, port: number, onLog: (line: string) => void = () => undefined) {
  return startEmbeddedPostgres({
    dataDir: join(dir, 'postgres'),
    keysDir: join(dir, 'keys'),
    toolsDir: join(dir, 'tools'),
    host: '127.0.0.1',
    port,
    onLog,
  });
}

function answer(url: string): Promise<unknown> {
  return withClient(url, async client => (await client.query('SELECT current_user AS name')).rows[0]?.name);
}

/** Not so for a process that has ended and waits for its parent to notice. */
function isAlive(pid: number): boolean {
  return existsSync(`/proc/${pid}/exe`);
}

async function firstLine(stream: NodeJS.ReadableStream): Promise<string> {
  const [chunk] = (await once(stream, 'data')) as [Buffer];
  return chunk.toString().trim();
}

t.test('a cluster is made, used, stopped and found again', async t => {
  const dir = scratch(t);
  const port = await freePort();
  const first = await start(dir, port);
  t.equal(await answer(first.ownerUrl), 'trunkline_owner');
  t.equal(await answer(first.appUrl), 'trunkline_app');
  t.equal(statSync(join(dir, 'keys', 'postgres.json')).mode & 0o777, 0o600);
  t.equal(statSync(join(dir, 'postgres')).mode & 0o777, 0o700);
  t.same(readdirSync(join(dir, 'postgres')), ['cluster'], 'no password and nothing unfinished is left');
  await withClient(first.ownerUrl, client => client.query('CREATE TABLE kept AS SELECT 42 AS value'));
  await first.stop();
  await first.stop();
  t.notOk(isAlive(first.pid), 'a stop is a stop, also twice');

  const lines: string[] = [];
  const second = await start(dir, port, line => lines.push(line));
  t.equal(second.appUrl, first.appUrl);
  await withClient(second.ownerUrl, async client => {
    t.same((await client.query('SELECT value FROM kept')).rows, [{ value: 42 }]);
    await t.rejects(client.query("SELECT 'secret words'::int"));
  });
  await t.rejects(answer(second.appUrl.replace(/:[0-9a-f]{64}@/, ':wrong@')), { code: '28P01' });
  await second.stop();
  t.notMatch(lines.join('\n'), /secret words'::int|SELECT/, 'statements stay out of the log');
});

t.test('what a killed start or node left behind is mended', async t => {
  const dir = scratch(t);
  const port = await freePort();
  mkdirSync(join(dir, 'postgres', 'cluster.new', 'base'), { recursive: true });
  writeFileSync(join(dir, 'postgres', 'cluster.new', 'PG_VERSION'), '16\n');
  writeFileSync(join(dir, 'postgres', 'initdb.password'), 'old');

  const child = spawn(process.execPath, [CHILD, dir, `${port}`], { stdio: ['pipe', 'pipe', 'inherit'] });
  const orphan = Number(await firstLine(child.stdout));
  t.same(readdirSync(join(dir, 'postgres')), ['cluster'], 'an unfinished cluster is made anew');
  child.kill('SIGKILL');
  await once(child, 'close');
  t.ok(isAlive(orphan), 'the server outlives its node');
  const server = await start(dir, port);
  t.notOk(isAlive(orphan), 'and is ended by the next');
  t.equal(await answer(server.appUrl), 'trunkline_app');

  process.kill(server.pid, 'SIGKILL');
  await server.exited;
  const lock = join(dir, 'postgres', 'cluster', 'postmaster.pid');
  const { uid, gid } = statSync(lock);
  const stranger = spawn('sleep', ['60'], { uid, gid, stdio: 'ignore' });
  const [, ...rest] = readFileSync(lock, 'utf8').split('\n');
  writeFileSync(lock, [`${stranger.pid}`, ...rest].join('\n'));
  const again = await start(dir, port);
  t.equal(await answer(again.appUrl), 'trunkline_app', 'a lock with the number of another process is stale');
  t.ok(stranger.kill('SIGKILL'), 'which is left alone');
  const maintenance = again.ownerUrl.replace(/trunkline$/, 'postgres');
  await withClient(maintenance, client => client.query('DROP DATABASE trunkline WITH (FORCE)'));
  await again.stop();
  const last = await start(dir, port);
  t.equal(await answer(last.appUrl), 'trunkline_app', 'what was not made yet is made');
  await last.stop();
});

t.test('what stands in the way is told, and no cluster is overwritten', async t => {
  const dir = scratch(t);
  const port = await freePort();
  await (await start(dir, port)).stop();
  const file = join(dir, 'keys', 'postgres.json');
  const good = readFileSync(file, 'utf8');
  rmSync(file);
  await t.rejects(start(dir, port), { code: 'KEY_INVALID', detail: /is missing/ });
  for (const bad of ['', '{}', '{"owner":"x","app":"y"}', JSON.stringify({ ...JSON.parse(good), more: 1 })]) {
    writeFileSync(file, bad);
    await t.rejects(start(dir, port), { code: 'KEY_INVALID' }, bad);
  }
  const { owner, app } = JSON.parse(good) as { owner: string; app: string };
  writeFileSync(file, JSON.stringify({ owner: owner.replace(/^./, c => (c === 'a' ? 'b' : 'a')), app }));
  await t.rejects(start(dir, port), { code: 'KEY_INVALID', detail: /not the key/ });
  writeFileSync(file, good);

  const blocker = createServer().listen(port, '127.0.0.1');
  await once(blocker, 'listening');
  await t.rejects(start(dir, port), { code: 'PORT_BUSY', detail: new RegExp(`port ${port}`) });
  await new Promise(resolve => blocker.close(resolve));

  const versionFile = join(dir, 'postgres', 'cluster', 'PG_VERSION');
  writeFileSync(versionFile, '15\n');
  await t.rejects(start(dir, port), { code: 'STEP_FAILED', detail: /Postgres 15/ });
  rmSync(versionFile);
  await t.rejects(start(dir, port), { code: 'STEP_FAILED', detail: /is no database/ });
  writeFileSync(versionFile, '16\n');

  const server = await start(dir, port);
  t.equal(await answer(server.appUrl), 'trunkline_app');
  await server.stop();
});

t.test('the programs run from a copy where the package can not be used', async t => {
  const dir = scratch(t);
  const source = join(dir, 'package', 'native');
  // Without links, as npm leaves it, and without what telling a version does not take.
  const filter = (path: string) =>
    !lstatSync(path).isSymbolicLink() && !/\.a$|native\/share\/|lib\/postgresql\//.test(path);
  cpSync(packagedPrograms(), source, { recursive: true, filter });
  cpSync(join(packagedPrograms(), '..', 'package.json'), join(dir, 'package', 'package.json'));
  const programs = postgresPrograms(source, [], undefined);
  t.equal(programs.postgres, join(source, 'bin', 'postgres'), 'missing links are made in place');
  t.throws(() => postgresPrograms(join(dir, 'nothing'), [], undefined), /ENOENT/);

  renameSync(join(source, 'bin', 'postgres'), join(source, 'bin', 'postgres.bak'));
  t.throws(() => postgresPrograms(source, [join(dir, 'copies')], undefined), { code: 'TOOL_MISSING' });
  renameSync(join(source, 'bin', 'postgres.bak'), join(source, 'bin', 'postgres'));
  rmSync(join(dir, 'copies'), { recursive: true });

  if (!isRoot) return;
  chmodSync(dir, 0o755);
  chmodSync(join(dir, 'package'), 0o700);
  chmodSync(join(source, 'bin', 'postgres'), 0o700);
  const closed = join(dir, 'package', 'tools');
  const copied = postgresPrograms(source, [closed, join(dir, 'copies')], NOBODY);
  t.match(copied.postgres, join(dir, 'copies'), 'the first place that the account reaches');
  const before = statSync(copied.postgres).ino;
  t.equal(postgresPrograms(source, [closed, join(dir, 'copies')], NOBODY).postgres, copied.postgres);
  t.equal(statSync(copied.postgres).ino, before, 'the copy is made once');
  t.same(readdirSync(join(dir, 'copies')).length, 1, 'nothing partial is left');
});

t.test('root in a closed home, and an ordinary user', { skip: isRoot ? false : 'needs root' }, async t => {
  const dir = scratch(t);
  const home = join(dir, 'home');
  mkdirSync(home, { mode: 0o700 });
  const port = await freePort();
  const server = await start(home, port);
  t.equal(await answer(server.appUrl), 'trunkline_app');
  t.not(statSync(join(home, 'postgres', 'cluster')).uid, 0);
  await server.stop();

  const theirs = join(dir, 'theirs');
  mkdirSync(theirs, { mode: 0o700 });
  chownSync(theirs, NOBODY.uid, NOBODY.gid);
  chmodSync(dir, 0o755);
  const child = spawn(process.execPath, [CHILD, theirs, `${port}`], {
    ...NOBODY,
    // The test runner's hooks complain there that this user can't write into the checkout.
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  t.match(await firstLine(child.stdout), /^\d+$/);
  child.stdin.end();
  await once(child, 'close');
  t.equal(statSync(join(theirs, 'postgres', 'cluster')).uid, NOBODY.uid);
  const byRoot = await start(theirs, port);
  t.equal(await answer(byRoot.appUrl), 'trunkline_app', 'root goes on as the owner of what is there');
  await byRoot.stop();

  const restored = join(dir, 'restored');
  cpSync(theirs, restored, { recursive: true });
  t.equal(statSync(join(restored, 'postgres', 'cluster')).uid, 0);
  const again = await start(restored, port);
  t.equal(await answer(again.appUrl), 'trunkline_app', 'a copy that root restored is given to an account');
  await again.stop();
  t.ok(existsSync(join(theirs, 'postgres', 'cluster', 'PG_VERSION')));
});
