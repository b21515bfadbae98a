import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { ROOT } from '../tidy/sources.ts';

const LOCK = {
  packages: {
    '': { name: 'trunkline' },
    'node_modules/a': { version: '1.0.0' },
    'node_modules/b': { version: '2.0.0', dev: true },
    'node_modules/other-machine': { version: '3.0.0', optional: true },
  },
};

/** Stands in for npm: installs what the lock file says, as npm does: its own record last. */
const NPM = `
  import { appendFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
  appendFileSync('npm.txt', process.argv.slice(2).join(' ') + '\\n');
  if (process.env.NPM_SAYS) { console.error(process.env.NPM_SAYS); process.exit(1); }
  if (process.env.NPM_HANGS) setInterval(() => {}, 1000);
  else {
    rmSync('node_modules', { recursive: true, force: true });
    const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8'));
    const installed = Object.fromEntries(Object.entries(packages).filter(([path, p]) => path !== '' && !p.optional));
    for (const path of Object.keys(installed)) {
      mkdirSync(path, { recursive: true });
      writeFileSync(path + '/package.json', '{}');
    }
    writeFileSync('node_modules/.package-lock.json', JSON.stringify({ packages: installed }));
  }`;

/** A project with the real start scripts, in which src/main.ts tells its options and obeys. */
function project(t: Test): string {
  const folder = t.testdir({
    'package-lock.json': JSON.stringify(LOCK),
    'npm-cli.js': NPM,
    src: {
      'main.ts': `
        const args: string[] = process.argv.slice(2);
        process.on('SIGTERM', () => { console.log('told to end'); process.exit(7); });
        console.log('main ' + args.join(' '));
        if (args.includes('wait')) setInterval(() => {}, 1000);
        if (args.includes('die')) process.kill(process.pid, 'SIGKILL');
        if (args.includes('fail')) process.exitCode = 5;`,
      supervisor: {
        'usage.txt': 'how to use it\n',
        'programs.json': '[{"name":"sh","purpose":"all"},{"name":"no-such-program","purpose":"none"}]',
      },
    },
  });
  cpSync(join(ROOT, 'bin'), join(folder, 'bin'), { recursive: true });
  return folder;
}

function run(
  t: Test,
  folder: string,
  script: string,
  args: readonly string[],
  env: Record<string, string> = {},
) {
  const child = spawn(process.execPath, [join(folder, 'bin', script), ...args], {
    cwd: folder,
    env: { PATH: process.env.PATH, npm_execpath: join(folder, 'npm-cli.js'), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  t.teardown(() => child.kill('SIGKILL'));
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk;
    });
  }
  const ended = once(child, 'close').then(([code, signal]) => ({ end: code ?? signal, output }));
  const said = async (words: string): Promise<void> => {
    while (!output.includes(words)) await sleep(10);
  };
  return { child, ended, said };
}

const npmRuns = (folder: string): string[] => {
  const file = join(folder, 'npm.txt');
  return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
};

t.test('the lock file names the packages of other machines, too: npm ci refuses it otherwise', async t => {
  const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'));
  const named = new Set(Object.keys(packages).map(path => path.replace(/.*node_modules\//, '')));
  const wanted = Object.values(packages as Record<string, { optionalDependencies?: object }>).flatMap(
    ({ optionalDependencies = {} }) => Object.keys(optionalDependencies),
  );
  t.ok(wanted.length > 0);
  t.same(
    wanted.filter(name => !named.has(name)),
    [],
  );
});

t.test('packages are installed once, and options and exit code passed through', async t => {
  const folder = project(t);
  const first = await run(t, folder, 'start.mjs', ['fail', '--without', 'sip']).ended;
  t.equal(first.end, 5);
  t.match(first.output, /not installed: npm ci[\s\S]*✓ npm packages[\s\S]*main fail --without sip/);
  t.match((await run(t, folder, 'start.mjs', []).ended).output, /^main/);
  t.equal(npmRuns(folder).length, 1);
  t.notOk(existsSync(join(folder, 'var/run/install.pid')), 'the lock is given back');
});

t.test('what is half done, older or gone is installed again', async t => {
  const folder = project(t);
  await run(t, folder, 'start.mjs', []).ended;
  const harms: [string, () => void][] = [
    ['cut off', () => rmSync(join(folder, 'node_modules/.package-lock.json'))],
    ['a package gone', () => rmSync(join(folder, 'node_modules/a'), { recursive: true })],
    [
      'another version wanted',
      () => {
        const packages = { ...LOCK.packages, 'node_modules/a': { version: '1.0.1' } };
        writeFileSync(join(folder, 'package-lock.json'), JSON.stringify({ packages }));
      },
    ],
    [
      'a lock of a process that is gone',
      () => {
        rmSync(join(folder, 'node_modules'), { recursive: true });
        writeFileSync(join(folder, 'var/run/install.pid'), '4194305');
      },
    ],
  ];
  for (const [index, [name, harm]] of harms.entries()) {
    harm();
    t.equal((await run(t, folder, 'start.mjs', []).ended).end, 0, name);
    t.equal(npmRuns(folder).length, index + 2, name);
  }
});

t.test('an npm that outlived its start is waited for', async t => {
  const folder = project(t);
  const first = run(t, folder, 'start.mjs', [], { NPM_HANGS: '1' });
  while (npmRuns(folder).length === 0) await sleep(10);
  first.child.kill('SIGKILL');
  await once(first.child, 'exit');
  const [, npm] = readFileSync(join(folder, 'var/run/install.pid'), 'utf8').split(' ').map(Number);
  const second = run(t, folder, 'start.mjs', []);
  await second.said(`waiting for process ${npm}`);
  process.kill(npm ?? 0, 'SIGKILL');
  t.match((await second.ended).output, /✓ npm packages[\s\S]*main/);
  t.equal(npmRuns(folder).length, 2);
});

t.test('two starts at once install once', async t => {
  const folder = project(t);
  const runs = [run(t, folder, 'start.mjs', []), run(t, folder, 'start.mjs', [])];
  for (const { ended } of runs) t.match((await ended).output, /main/);
  t.equal(npmRuns(folder).length, 1);
});

t.test('development packages are wanted for scripts alone', async t => {
  const folder = project(t);
  await run(t, folder, 'start.mjs', []).ended;
  const lean = { packages: { 'node_modules/a': { version: '1.0.0' } } };
  writeFileSync(join(folder, 'node_modules/.package-lock.json'), JSON.stringify(lean));
  await run(t, folder, 'start.mjs', []).ended;
  t.equal(npmRuns(folder).length, 1);
  t.equal((await run(t, folder, 'run.mjs', ['src/main.ts', 'x']).ended).output.includes('main x'), true);
  t.match(npmRuns(folder).at(-1), /--include=dev/);
});

t.test('a failure is one sentence', async t => {
  const folder = project(t);
  const failures: [string, RegExp][] = [
    [
      'npm error code ENOTFOUND\nnpm error network request to the registry failed',
      /network request .* failed/,
    ],
    ['npm error code ENOSPC\nnpm error no space left on device', /^✗ no space is left on the disk/m],
  ];
  for (const [says, sentence] of failures) {
    const { end, output } = await run(t, folder, 'start.mjs', [], { NPM_SAYS: says }).ended;
    t.equal(end, 1);
    t.match(output, sentence);
    t.equal(output.split('\n').filter(line => line.startsWith('✗')).length, 1);
  }
  const noNpm = await run(t, folder, 'start.mjs', [], { npm_execpath: '', PATH: '/nowhere' }).ended;
  t.match(noNpm.output, /✗ npm can't be run \(ENOENT\): install npm/);
  writeFileSync(join(folder, 'package-lock.json'), '{');
  t.match((await run(t, folder, 'start.mjs', []).ended).output, /✗ package-lock\.json is missing or damaged/);
});

t.test('--no-install, --check and --help install nothing', async t => {
  const folder = project(t);
  const refused = await run(t, folder, 'start.mjs', ['--no-install']).ended;
  t.equal(refused.end, 1);
  t.match(refused.output, /✗ npm packages are not installed.*run npm ci/);
  const report = await run(t, folder, 'start.mjs', ['--check']).ended;
  t.equal(report.end, 1);
  t.match(
    report.output,
    /✗ npm packages are not installed[\s\S]*✓ sh \(all\)\n✗ no-such-program \(none\) is not there/,
  );
  for (const option of ['--help', '-h'])
    t.same(await run(t, folder, 'start.mjs', [option]).ended, { end: 0, output: 'how to use it\n' });
  t.same(npmRuns(folder), []);
});

t.test('signals reach the node, and its end is ours', async t => {
  const folder = project(t);
  const waiting = run(t, folder, 'start.mjs', ['wait']);
  await waiting.said('main wait');
  waiting.child.kill('SIGTERM');
  const { end, output } = await waiting.ended;
  t.equal(end, 7);
  t.match(output, /told to end/);
});

t.test('one that is killed is started again, but not for ever', async t => {
  const { end, output } = await run(t, project(t), 'start.mjs', ['die']).ended;
  t.equal(end, 1);
  t.equal(output.match(/starting another, calls go on/gu)?.length, 10);
  t.match(output, /✗ the supervisor dies again and again \(SIGKILL\)/);
});

t.test('a signal while npm installs ends npm, too', async t => {
  const folder = project(t);
  const installing = run(t, folder, 'start.mjs', [], { NPM_HANGS: '1' });
  while (npmRuns(folder).length === 0) await sleep(10);
  installing.child.kill('SIGTERM');
  const { end, output } = await installing.ended;
  t.equal(end, 1);
  t.match(output, /npm ci ended with SIGTERM/);
  t.notOk(existsSync(join(folder, 'var/run/install.pid')));
});

t.test('a script that is not there', async t => {
  const folder = project(t);
  mkdirSync(join(folder, 'bench'));
  t.match(
    (await run(t, folder, 'run.mjs', ['bench/call.ts']).ended).output,
    /✗ bench\/call\.ts is not in this project/,
  );
  t.match((await run(t, folder, 'run.mjs', []).ended).output, /✗ usage/);
});
