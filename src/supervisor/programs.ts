import { provideKernels } from '../../pipeline/kernels/build.ts';
import { TrunklineError } from '../config/errors.ts';
import type { NodePaths } from '../config/paths.ts';
import type { Config } from '../config/schema.ts';
import {
  buildGoTool,
  type FoundTool,
  findGoTool,
  type GoTool,
  LIVEKIT_SERVER,
  LIVEKIT_SIP,
} from './go_tool.ts';
import {
  canInstall,
  goBuildNeeds,
  installPackages,
  missingNeeds,
  packagesOf,
  refuseMissing,
  runtimeNeeds,
  type SystemNeed,
  sipBuildNeeds,
} from './system_packages.ts';
import type { Terminal } from './terminal.ts';

/** A Go program that the configuration asks for, and what was found of it. */
export interface WantedTool {
  readonly tool: GoTool;
  readonly found: FoundTool | undefined;
}

export interface ToolPaths {
  readonly livekitServer: string | undefined;
  readonly livekitSip: string | undefined;
}

export async function wantedTools(
  config: Config,
  paths: NodePaths,
  signal: AbortSignal,
): Promise<WantedTool[]> {
  const wanted: [GoTool, string][] = [];
  if (config.livekit.enabled && config.livekit.url === '')
    wanted.push([LIVEKIT_SERVER, config.livekit.serverPath]);
  if (config.livekit.sip.enabled) wanted.push([LIVEKIT_SIP, config.livekit.sip.path]);
  const tools: WantedTool[] = [];
  for (const [tool, configured] of wanted) {
    tools.push({ tool, found: await findGoTool(tool, configured, paths.tools, signal) });
  }
  return tools;
}

/** What of the system is needed: to run, and to build what is not there. */
export function neededOfSystem(config: Config, tools: readonly WantedTool[]): SystemNeed[] {
  const missing = tools.filter(({ found }) => found === undefined).map(({ tool }) => tool);
  return [
    ...runtimeNeeds(config),
    ...(missing.length > 0 ? goBuildNeeds() : []),
    ...(missing.includes(LIVEKIT_SIP) ? sipBuildNeeds() : []),
  ];
}

/**
 * Brings every program of others to this machine: Debian packages first, for what is built needs some of them.
 * @throws TrunklineError TOOL_MISSING with the command to run where nothing may be installed
 */
export async function providePrograms(
  { config, paths, install }: { config: Config; paths: NodePaths; install: boolean },
  terminal: Terminal,
  signal: AbortSignal,
): Promise<ToolPaths> {
  const tools = await terminal.step('programs', async report => {
    const found = await wantedTools(config, paths, signal);
    const toBuild = found
      .filter(each => each.found === undefined)
      .map(({ tool }) => `${tool.name} v${tool.version}`);
    const parts = found.flatMap(describeFound);
    if (toBuild.length > 0 && install) parts.push(`to be built, which takes minutes: ${toBuild.join(', ')}`);
    report.result(parts.join(', '));
    return found;
  });
  await provideSystemPackages(neededOfSystem(config, tools), install, terminal, signal);
  await terminal.step('kernels', async () => void (await provideKernels(paths.kernels)));
  const provided = new Map<GoTool, string>();
  for (const { tool, found } of tools) {
    if (found === undefined && !install) refuseToBuild(tool);
    const build = () => terminal.step(tool.name, report => buildGoTool(tool, paths, report, signal));
    provided.set(tool, found?.path ?? (await build()));
  }
  return { livekitServer: provided.get(LIVEKIT_SERVER), livekitSip: provided.get(LIVEKIT_SIP) };
}

export function describeFound({ tool, found }: WantedTool): string[] {
  if (found === undefined) return [];
  const other =
    found.version === tool.version ? '' : `, though v${tool.version} is what this node is made for`;
  return [`${tool.name} v${found.version} (${found.origin}${other})`];
}

async function provideSystemPackages(
  needs: readonly SystemNeed[],
  install: boolean,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<void> {
  const missing = await missingNeeds(needs, signal);
  if (missing.length === 0) return;
  if (!install || !canInstall()) refuseMissing(missing);
  const packages = packagesOf(missing);
  terminal.line(
    `  missing: ${missing.map(need => need.name).join(', ')}; as root, this installs ${packages.join(' ')}`,
  );
  await terminal.step('apt-get install', async report => {
    await installPackages(packages, report, signal);
    report.result(packages.join(' '));
  });
  const still = await missingNeeds(needs, signal);
  if (still.length > 0) refuseMissing(still);
}

function refuseToBuild(tool: GoTool): never {
  const name = `${tool.name} v${tool.version}`;
  throw new TrunklineError('TOOL_MISSING', `${name}, which npm start builds unless --no-install forbids it`);
}
