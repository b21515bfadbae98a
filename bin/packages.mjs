// Plain JavaScript for Node 18 and later without any package: this is what runs before packages are there.
import { spawn, spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Failure, ROOT } from './failure.mjs';
import { forwardSignals, projectNode } from './run_script.mjs';

const MODULES = join(ROOT, 'node_modules');
const LOCK = join(ROOT, 'var', 'run', 'install.pid');
const SHOW_EVERY_MS = 10_000;
const LOCK_POLL_MS = 500;
/** What the packages take, and what has to be left when they are there: npm does not always notice a full disk. */
const INSTALL_BYTES = 1.7e9;
const SPARE_BYTES = 1e6;

/**
 * What is wrong with node_modules against package-lock.json, or undefined. npm writes node_modules/.package-lock.json
 * last, so an installation that was cut off has none.
 */
export function packagesProblem({ dev }) {
  const wanted = readPackages(join(ROOT, 'package-lock.json'));
  if (wanted === undefined)
    throw new Failure('package-lock.json is missing or damaged: check the project out again');
  if (!existsSync(MODULES)) return 'not installed';
  const present = readPackages(join(MODULES, '.package-lock.json'));
  if (present === undefined) return 'installed only in part';
  for (const [path, { version, optional, devOptional, dev: isDev }] of Object.entries(wanted)) {
    if (path === '' || optional || devOptional || (isDev && !dev)) continue;
    if (present[path]?.version !== version) return 'not those of package-lock.json';
  }
  for (const [path, { version }] of Object.entries(present)) {
    if (wanted[path] !== undefined && wanted[path].version !== version)
      return 'not those of package-lock.json';
    if (!existsSync(join(ROOT, path, 'package.json'))) return 'installed only in part';
  }
  return undefined;
}

function readPackages(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages;
  } catch {
    return undefined;
  }
}

/** Makes node_modules what package-lock.json says; does nothing when it is. */
export async function installPackages({ dev }) {
  if (packagesProblem({ dev }) === undefined) return;
  const release = await takeInstallLock();
  try {
    const problem = packagesProblem({ dev });
    if (problem === undefined) return;
    assertFreeBytes(INSTALL_BYTES);
    const startedAt = Date.now();
    process.stderr.write(`npm packages are ${problem}: npm ci\n`);
    await npmCi(startedAt, dev);
    assertInstalled();
    process.stderr.write(`✓ npm packages (installed in ${seconds(startedAt)})\n`);
  } finally {
    release();
  }
}

function assertFreeBytes(neededBytes) {
  // Node 18.15 and later can tell.
  if (fs.statfsSync === undefined) return;
  const { bavail, bsize } = fs.statfsSync(ROOT);
  if (bavail * bsize < neededBytes) {
    const [needed, free] = [neededBytes, bavail * bsize].map(bytes => `${Math.floor(bytes / 1e6)} MB`);
    throw new Failure(`no space is left on the disk of ${ROOT}: ${needed} are needed, ${free} are free`);
  }
}

/** @throws Failure when what npm calls installed can't be; the next start installs it again */
function assertInstalled() {
  try {
    assertFreeBytes(SPARE_BYTES);
    const { status } = spawnSync(projectNode(), ['--version'], { stdio: 'ignore' });
    if (status !== 0)
      throw new Failure(`${projectNode()} does not run: see whether it is made for this system`);
  } catch (error) {
    rmSync(join(MODULES, '.package-lock.json'), { force: true });
    throw error;
  }
}

/**
 * One installation at a time in a folder. The lock names this process and the npm that it started: npm may outlive us,
 * and then its work is waited for. A lock whose processes are gone is taken over.
 */
async function takeInstallLock() {
  mkdirSync(dirname(LOCK), { recursive: true, mode: 0o700 });
  for (let told = false; ; told = true) {
    try {
      writeFileSync(LOCK, `${process.pid}`, { flag: 'wx' });
      return () => rmSync(LOCK, { force: true });
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    const holder = readLock().find(isInstaller);
    if (holder === undefined) {
      renameSync(LOCK, `${LOCK}.${process.pid}`);
      rmSync(`${LOCK}.${process.pid}`, { force: true });
      continue;
    }
    if (!told) process.stderr.write(`waiting for process ${holder}, which installs the npm packages\n`);
    await new Promise(resolve => setTimeout(resolve, LOCK_POLL_MS));
  }
}

function readLock() {
  return readFileSync(LOCK, 'utf8')
    .split(' ')
    .map(word => Number.parseInt(word, 10))
    .filter(pid => pid > 1);
}

/** Whether such a process runs, and is not another that came by the same number. */
function isInstaller(pid) {
  try {
    return /npm|start\.mjs|run\.mjs/.test(readFileSync(`/proc/${pid}/cmdline`, 'utf8'));
  } catch {
    return false;
  }
}

function npmCi(startedAt, dev) {
  const words = ['ci', '--no-audit', '--no-fund', '--loglevel=error', ...(dev ? ['--include=dev'] : [])];
  // Within `npm start` npm says where it is itself; its version is the one that the user chose.
  const npm = process.env.npm_execpath;
  const [program, args] = npm?.endsWith('npm-cli.js') ? [process.execPath, [npm, ...words]] : ['npm', words];
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd: ROOT, stdio: ['ignore', 'ignore', 'pipe'] });
    if (child.pid !== undefined) writeFileSync(LOCK, `${process.pid} ${child.pid}`);
    const timer = setInterval(
      () => process.stderr.write(`  npm ci goes on (${seconds(startedAt)})\n`),
      SHOW_EVERY_MS,
    );
    const stopForwarding = forwardSignals(child);
    let output = '';
    child.stderr.setEncoding('utf8').on('data', chunk => {
      output = (output + chunk).slice(-8192);
    });
    child.on('error', error => finish(new Failure(`npm can't be run (${error.code}): install npm`)));
    child.on('close', (code, signal) => {
      if (code === 0) finish();
      else finish(new Failure(npmFailure(output, signal ?? `exit code ${code}`)));
    });
    function finish(error) {
      clearInterval(timer);
      stopForwarding();
      if (error === undefined) resolve();
      else reject(error);
    }
  });
}

function npmFailure(output, ending) {
  if (/ENOSPC|no space left/i.test(output))
    return `no space is left on the disk of ${ROOT}: free some and start again`;
  const lines = output
    .split('\n')
    .filter(text => /^npm (error|ERR!)/.test(text))
    .map(text => text.replace(/^npm (error|ERR!) ?/, '').trim())
    .filter(text => text !== '' && !/^(code|errno|syscall|path|A complete log)\b/.test(text));
  return [`npm ci ended with ${ending}`, ...lines.slice(0, 2)].join(': ');
}

function seconds(startedAt) {
  return `${Math.round((Date.now() - startedAt) / 1000)} s`;
}
