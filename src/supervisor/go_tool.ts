import { accessSync, constants, existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { TrunklineError } from '../config/errors.ts';
import { LIMITS } from '../config/limits.ts';
import type { NodePaths } from '../config/paths.ts';
import { assertFreeBytes } from './disk_space.ts';
import { findProgram } from './find_program.ts';
import { runProgram } from './run_program.ts';
import type { StepReport } from './terminal.ts';

/** A Go program that the node runs: one version, whose modules are pinned by the go.sum of its folder in tools/. */
export interface GoTool {
  readonly name: string;
  readonly version: string;
  /** Below tools/ of the project. */
  readonly moduleFolder: string;
  readonly importPath: string;
  /** Variable that the linker sets to the version, where the source doesn't hold it. */
  readonly versionVariable?: string;
  /** Whether it is compiled with C libraries. */
  readonly cgo: boolean;
}

export const LIVEKIT_SERVER: GoTool = {
  name: 'livekit-server',
  version: '1.13.5',
  moduleFolder: 'livekit_server',
  importPath: 'github.com/livekit/livekit-server/cmd/server',
  cgo: false,
};

export const LIVEKIT_SIP: GoTool = {
  name: 'livekit-sip',
  version: '1.8.0',
  moduleFolder: 'livekit_sip',
  importPath: 'github.com/livekit/sip/cmd/livekit-sip',
  versionVariable: 'github.com/livekit/sip/version.Version',
  cgo: true,
};

export interface FoundTool {
  readonly path: string;
  /** As it tells itself; a configured one need not be the pinned one. */
  readonly version: string;
  readonly origin: 'configured' | 'on PATH' | 'built before';
}

/** Where Go is installed by its own instructions, which leave PATH to the reader. */
const GO_FOLDERS = ['/usr/local/go/bin'];
const VERSION_LIMIT_MS = 10_000;

export function findGo(): string | undefined {
  return findProgram('go', GO_FOLDERS);
}

/**
 * A program that serves: the configured one whatever its version, else the pinned version from PATH, else the one
 * built here before.
 * @throws TrunklineError TOOL_MISSING when the configured one can't be run
 */
export async function findGoTool(
  tool: GoTool,
  configuredPath: string,
  toolsFolder: string,
  signal: AbortSignal,
): Promise<FoundTool | undefined> {
  if (configuredPath !== '') {
    const path = findProgram(configuredPath);
    const version = path === undefined ? undefined : await versionOf(path, signal);
    if (path !== undefined && version !== undefined) return { path, version, origin: 'configured' };
    throw new TrunklineError('TOOL_MISSING', `${configuredPath} (configured) is no ${tool.name} that runs`);
  }
  const onPath = findProgram(tool.name);
  if (onPath !== undefined && (await versionOf(onPath, signal)) === tool.version) {
    return { path: onPath, version: tool.version, origin: 'on PATH' };
  }
  const built = builtPath(tool, toolsFolder);
  if (existsSync(built) && (await versionOf(built, signal)) === tool.version) {
    return { path: built, version: tool.version, origin: 'built before' };
  }
  return undefined;
}

function builtPath(tool: GoTool, toolsFolder: string): string {
  return join(toolsFolder, tool.name);
}

/** `livekit-server version 1.13.5`, `SIP version 1.8.0`; undefined when it does not run or tells none. */
async function versionOf(path: string, signal: AbortSignal): Promise<string | undefined> {
  try {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(VERSION_LIMIT_MS)]);
    const { lastLines } = await runProgram(path, ['--version'], { signal: limit });
    return /version v?(\d+\.\d+\.\d+\S*)/.exec(lastLines.join('\n'))?.[1];
  } catch {
    signal.throwIfAborted();
    return undefined;
  }
}

/**
 * Builds the tool into the tools folder: beside its place first, then renamed, so that what lies there is whole. Go
 * checks every module against go.sum.
 * @throws TrunklineError TOOL_MISSING without Go, DISK_FULL, or STEP_FAILED with what Go said
 */
export async function buildGoTool(
  tool: GoTool,
  paths: NodePaths,
  report: StepReport,
  signal: AbortSignal,
): Promise<string> {
  const go = findGo();
  if (go === undefined) {
    const detail = `go, to build ${tool.name} v${tool.version}: install it from https://go.dev/dl, or put ${tool.name} on PATH`;
    throw new TrunklineError('TOOL_MISSING', detail);
  }
  const env: NodeJS.ProcessEnv = { ...goEnvironment(paths), CGO_ENABLED: tool.cgo ? '1' : '0' };
  assertFreeBytes(env.GOCACHE ?? homedir(), LIMITS.buildFreeBytes, `building ${tool.name}`);
  assertFreeBytes(tmpdir(), LIMITS.buildFreeBytes / 2, `building ${tool.name}`);
  mkdirSync(paths.tools, { recursive: true, mode: 0o755 });
  removePartialBuilds(tool, paths.tools);
  const unfinished = `${builtPath(tool, paths.tools)}.${process.pid}.part`;
  const linkerFlags = ['-s', '-w'];
  if (tool.versionVariable !== undefined) linkerFlags.push(`-X=${tool.versionVariable}=${tool.version}`);
  const words = ['build', '-v', '-mod=readonly', '-trimpath', `-ldflags=${linkerFlags.join(' ')}`];
  try {
    const { ok, lastLines } = await runProgram(go, [...words, '-o', unfinished, tool.importPath], {
      cwd: join(paths.project, 'tools', tool.moduleFolder),
      env,
      onLine: line => report.doing(progressOf(line)),
      signal: AbortSignal.any([signal, AbortSignal.timeout(LIMITS.buildMs)]),
    });
    if (!ok) throw buildFailure(tool, lastLines);
    renameSync(unfinished, builtPath(tool, paths.tools));
  } finally {
    rmSync(unfinished, { force: true });
  }
  report.result(`v${tool.version} built`);
  return builtPath(tool, paths.tools);
}

function removePartialBuilds(tool: GoTool, folder: string): void {
  for (const name of readdirSync(folder)) {
    if (name.startsWith(tool.name) && name.endsWith('.part')) rmSync(join(folder, name), { force: true });
  }
}

/** Go keeps modules and its cache in the home folder; without a usable one they lie in the data folder. */
function goEnvironment(paths: NodePaths): NodeJS.ProcessEnv {
  const env = { ...process.env };
  try {
    accessSync(process.env.HOME ?? '', constants.W_OK);
    return env;
  } catch {
    const caches = join(paths.data, 'cache');
    return {
      ...env,
      GOPATH: join(caches, 'go'),
      GOCACHE: join(caches, 'go-build'),
      GOFLAGS: goFlagsWritable(),
    };
  }
}

/** Module folders that their owner can delete again. */
function goFlagsWritable(): string {
  return [process.env.GOFLAGS, '-modcacherw'].filter(Boolean).join(' ');
}

/** What `go build -v` is doing: it names modules as they are fetched and packages as they are compiled. */
function progressOf(line: string): string {
  const fetched = /^go: downloading (\S+)/.exec(line)?.[1];
  return fetched === undefined ? `compiling ${line.trim()}` : `fetching ${fetched}`;
}

function buildFailure(tool: GoTool, lastLines: readonly string[]): TrunklineError {
  const output = lastLines.join('\n');
  const name = `${tool.name} v${tool.version}`;
  if (/no space left on device|disk quota exceeded/i.test(output)) {
    return new TrunklineError('DISK_FULL', `building ${name}`);
  }
  const reason = lastLines.filter(line => !/^go: downloading |^#|^[\w./-]+$/.test(line)).slice(-3);
  return new TrunklineError('STEP_FAILED', `${name} could not be built: ${reason.join(' ') || output}`);
}
