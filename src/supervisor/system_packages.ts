import { existsSync, readdirSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { TrunklineError } from '../config/errors.ts';
import type { Config } from '../config/schema.ts';
import { findProgram } from './find_program.ts';
import { runProgram } from './run_program.ts';
import type { StepReport } from './terminal.ts';

/** Something of the system that the node needs, with the Debian packages that bring it. */
export interface SystemNeed {
  readonly name: string;
  readonly packages: readonly string[];
  readonly isThere: (signal: AbortSignal) => boolean | Promise<boolean>;
}

/** What runs the node. */
export function runtimeNeeds(config: Config): SystemNeed[] {
  const { flite, pocketsphinxModel } = config.voice;
  const needs: SystemNeed[] = [
    { name: flite, packages: ['flite'], isThere: () => findProgram(flite) !== undefined },
    {
      name: 'pocketsphinx',
      packages: ['pocketsphinx', 'pocketsphinx-en-us'],
      isThere: () =>
        hasLibrary('libpocketsphinx.so.3') && existsSync(join(pocketsphinxModel, 'en-us', 'mdef')),
    },
  ];
  if (config.redis.url === '') {
    const redis = config.redis.path || 'redis-server';
    needs.push({ name: redis, packages: ['redis-server'], isThere: () => findProgram(redis) !== undefined });
  }
  return needs;
}

/** What fetches and builds Go programs. */
export function goBuildNeeds(): SystemNeed[] {
  return [
    {
      name: 'certificates of the web',
      packages: ['ca-certificates'],
      isThere: () =>
        ['/etc/ssl/certs/ca-certificates.crt', '/etc/pki/tls/certs/ca-bundle.crt', '/etc/ssl/cert.pem'].some(
          existsSync,
        ),
    },
  ];
}

/** What livekit-sip is compiled against: it uses C libraries for Opus and resampling. */
export function sipBuildNeeds(): SystemNeed[] {
  return [
    { name: 'gcc', packages: ['gcc', 'libc6-dev'], isThere: () => findProgram('gcc') !== undefined },
    { name: 'pkg-config', packages: ['pkg-config'], isThere: () => findProgram('pkg-config') !== undefined },
    libraryForC('opus', 'libopus-dev'),
    libraryForC('opusfile', 'libopusfile-dev'),
    libraryForC('soxr', 'libsoxr-dev'),
  ];
}

function libraryForC(module: string, debianPackage: string): SystemNeed {
  return {
    name: `${module} for C`,
    packages: [debianPackage],
    isThere: signal => hasPkgConfigModule(module, signal),
  };
}

function hasLibrary(file: string): boolean {
  const folders = ['/usr/local/lib', '/usr/lib', '/lib', ...(process.env.LD_LIBRARY_PATH ?? '').split(':')];
  return [...folders, ...folders.flatMap(subfolders)].some(
    folder => isAbsolute(folder) && existsSync(join(folder, file)),
  );
}

/** Debian keeps libraries in a folder for each architecture. */
function subfolders(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter(entry => entry.isDirectory() && entry.name.endsWith('-linux-gnu'))
      .map(entry => join(folder, entry.name));
  } catch {
    return [];
  }
}

async function hasPkgConfigModule(module: string, signal: AbortSignal): Promise<boolean> {
  const pkgConfig = findProgram('pkg-config');
  if (pkgConfig === undefined) return false;
  return (await runProgram(pkgConfig, ['--exists', module], { signal })).ok;
}

export async function missingNeeds(needs: readonly SystemNeed[], signal: AbortSignal): Promise<SystemNeed[]> {
  const missing: SystemNeed[] = [];
  for (const need of needs) if (!(await need.isThere(signal))) missing.push(need);
  return missing;
}

/** The one command that brings what is missing. */
export function installCommand(missing: readonly SystemNeed[]): string {
  return `sudo apt-get update && sudo apt-get install -y ${packagesOf(missing).join(' ')}`;
}

export function packagesOf(missing: readonly SystemNeed[]): string[] {
  return [...new Set(missing.flatMap(need => need.packages))];
}

/** @throws TrunklineError TOOL_MISSING with the command that an administrator runs */
export function refuseMissing(missing: readonly SystemNeed[]): never {
  const names = missing.map(need => need.name).join(', ');
  throw new TrunklineError('TOOL_MISSING', `${names}; the command is: ${installCommand(missing)}`);
}

export function canInstall(): boolean {
  return process.getuid?.() === 0 && findProgram('apt-get') !== undefined;
}

const LOCK_WAIT_S = 300;

/**
 * Installs Debian packages, as root. The lists are fetched first when there are none, and again when they are too old
 * to have what they name.
 * @throws TrunklineError DISK_FULL or STEP_FAILED with what apt-get said
 */
export async function installPackages(
  packages: readonly string[],
  report: StepReport,
  signal: AbortSignal,
): Promise<void> {
  const apt = (...words: string[]) => aptGet(words, report, signal);
  const install = () => apt('install', '-y', '--no-install-recommends', ...packages);
  if (hasPackageLists()) {
    const { ok, lastLines } = await install();
    if (ok) return;
    if (/dpkg was interrupted/.test(lastLines.join('\n'))) await finishInterrupted(report, signal);
  }
  await apt('update');
  const { ok, lastLines } = await install();
  if (!ok) throw aptFailure(packages, lastLines);
}

/** An installation that was cut off has to be finished before apt-get does anything else. */
async function finishInterrupted(report: StepReport, signal: AbortSignal): Promise<void> {
  report.doing('dpkg --configure -a');
  await runProgram('dpkg', ['--configure', '-a'], { env: debianEnvironment(), signal });
}

function hasPackageLists(): boolean {
  try {
    return readdirSync('/var/lib/apt/lists').some(name => name.includes('_Packages'));
  } catch {
    return false;
  }
}

function debianEnvironment(): NodeJS.ProcessEnv {
  return { ...process.env, DEBIAN_FRONTEND: 'noninteractive', NEEDRESTART_MODE: 'a', LC_ALL: 'C' };
}

function aptGet(words: readonly string[], report: StepReport, signal: AbortSignal) {
  return runProgram('apt-get', ['-q', '-o', `DPkg::Lock::Timeout=${LOCK_WAIT_S}`, ...words], {
    env: debianEnvironment(),
    onLine: line => report.doing(`apt-get ${words[0]}: ${line.trim().slice(0, 100)}`),
    signal,
  });
}

function aptFailure(packages: readonly string[], lastLines: readonly string[]): TrunklineError {
  if (/No space left on device|don't have enough free space/i.test(lastLines.join('\n'))) {
    return new TrunklineError('DISK_FULL', `installing ${packages.join(', ')}`);
  }
  const reason = lastLines.filter(line => /^(E:|W:|dpkg: error)/.test(line)).slice(0, 2);
  return new TrunklineError(
    'STEP_FAILED',
    `apt-get could not install ${packages.join(', ')}: ${reason.join(' ')}`,
  );
}
