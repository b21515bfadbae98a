import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { configSchema } from '../../src/config/schema.ts';
import {
  installPackages,
  missingNeeds,
  refuseMissing,
  runtimeNeeds,
  type SystemNeed,
} from '../../src/supervisor/system_packages.ts';

const never = new AbortController().signal;
const silent = { doing: () => undefined, result: () => undefined };
const SYSTEM_PATH = process.env.PATH ?? '';

/** Stands in for a program on PATH that writes down how it was called. */
function fakeProgram(t: Test, name: string, body: string): { calls: () => string[] } {
  const folder = t.testdir();
  const log = join(folder, 'calls.txt');
  writeFileSync(log, '');
  writeFileSync(join(folder, name), `#!/bin/sh\necho "$*" >> ${log}\n${body}\n`);
  chmodSync(join(folder, name), 0o755);
  process.env.PATH = `${folder}:${process.env.PATH}`;
  t.teardown(() => {
    process.env.PATH = SYSTEM_PATH;
  });
  return { calls: () => readFileSync(log, 'utf8').trim().split('\n').filter(Boolean) };
}

t.test('what is missing is told with the one command that brings it', async t => {
  const config = configSchema.parse({
    redis: { path: '/nowhere/redis-server' },
    voice: { flite: '/nowhere/flite', pocketsphinxModel: '/nowhere/model' },
  });
  const missing = await missingNeeds(runtimeNeeds(config), never);
  t.throws(() => refuseMissing(missing), {
    code: 'TOOL_MISSING',
    detail:
      /sudo apt-get update && sudo apt-get install -y flite pocketsphinx pocketsphinx-en-us redis-server$/,
  });
});

t.test('a Redis elsewhere is not looked for here', async t => {
  const config = configSchema.parse({ redis: { url: 'redis://other', path: '/nowhere/redis-server' } });
  t.notOk(runtimeNeeds(config).some(need => need.packages.includes('redis-server')));
});

t.test('only what is not there counts as missing', async t => {
  const need = (name: string, there: boolean): SystemNeed => ({
    name,
    packages: [name],
    isThere: () => there,
  });
  const missing = await missingNeeds([need('a', true), need('b', false), need('c', true)], never);
  t.same(
    missing.map(each => each.name),
    ['b'],
  );
});

t.test('lists that are too old are fetched again', async t => {
  const apt = fakeProgram(t, 'apt-get', `case "$*" in *update*) touch "$0.new";; *) [ -e "$0.new" ];; esac`);
  await installPackages(['flite'], silent, never);
  const calls = apt.calls();
  t.match(calls.at(-2), /update$/);
  t.match(calls.at(-1), /DPkg::Lock::Timeout=\d+ install -y --no-install-recommends flite$/);
});

t.test('an installation that fails is told in its own words', async t => {
  fakeProgram(t, 'apt-get', 'echo "Reading lists"; echo "E: Unable to locate package flite" >&2; exit 100');
  await t.rejects(installPackages(['flite'], silent, never), {
    code: 'STEP_FAILED',
    detail: /Unable to locate package flite/,
  });
});

t.test('a full disk', async t => {
  fakeProgram(t, 'apt-get', 'echo "E: You don\'t have enough free space in /var/cache/apt" >&2; exit 100');
  await t.rejects(installPackages(['flite'], silent, never), { code: 'DISK_FULL' });
});
