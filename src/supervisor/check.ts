import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { LIMITS } from '../config/limits.ts';
import { type NodePaths, nodePaths } from '../config/paths.ts';
import type { Config } from '../config/schema.ts';
import type { StartCommand } from './cli.ts';
import { assertFreeBytes, assertWritable } from './disk_space.ts';
import { failureText } from './failure_text.ts';
import { findGo } from './go_tool.ts';
import { isInstanceRunning } from './instance_lock.ts';
import { checkKeys } from './keys.ts';
import { nodeConfig, nodeProviders, ownPorts } from './node_config.ts';
import { portProblem } from './ports.ts';
import { describeFound, neededOfSystem, type WantedTool, wantedTools } from './programs.ts';
import { providerRows, providerWarning, talkingWorkflows } from './provider_lines.ts';
import { canInstall, installCommand, missingNeeds } from './system_packages.ts';
import type { Terminal } from './terminal.ts';

/** ✓ is there, · a start brings it, ! is to be known, ✗ would stop a start. */
type Finding = readonly ['✓' | '·' | '!' | '✗', string];

/**
 * Reports what is there and what is missing, and changes nothing.
 * @returns exit code 0 if `npm start` would come up, else 1
 */
export async function check(command: StartCommand, project: string, terminal: Terminal): Promise<number> {
  let broken = false;
  const tell = ([mark, text]: Finding): void => {
    broken ||= mark === '✗';
    terminal.line(`${mark} ${text}`);
  };
  const signal = AbortSignal.timeout(LIMITS.serviceReadyMs);
  try {
    const config = nodeConfig(project, command.configFile, command.without);
    const paths = nodePaths(project, config);
    tell(['✓', 'configuration']);
    for (const finding of await findings(config, paths, command.install, signal)) tell(finding);
    for (const finding of await providerFindings(config, project)) tell(finding);
  } catch (error) {
    tell(['✗', failureText(error)]);
  }
  return broken ? 1 : 0;
}

async function findings(
  config: Config,
  paths: NodePaths,
  install: boolean,
  signal: AbortSignal,
): Promise<Finding[]> {
  const tools = await attempt(() => wantedTools(config, paths, signal));
  return [
    ...(await found(() => assertWritable(paths.data), `data folder ${paths.data}`)),
    ...(await found(() => assertFreeBytes(paths.data, LIMITS.startFreeBytes, 'a start'), 'disk space')),
    ...(await keyFindings(config, paths)),
    ...(config.postgres.url === '' ? [databaseFinding(paths)] : []),
    ...('failure' in tools ? [tools.failure] : toolFindings(tools.value, install)),
    ...('failure' in tools ? [] : await systemFindings(config, tools.value, install, signal)),
    ...(await portFindings(config, paths)),
  ];
}

async function providerFindings(config: Config, project: string): Promise<Finding[]> {
  const states = nodeProviders(config, project);
  const rows = providerRows(states).map(([does, who]): Finding => ['✓', `${does}: ${who}`]);
  const talking = await attempt(() => talkingWorkflows(nodePaths(project, config).workflows));
  if ('failure' in talking) return [...rows, talking.failure];
  const warning = providerWarning(config, states, talking.value);
  return warning === undefined ? rows : [...rows, ['!', warning]];
}

async function attempt<T>(work: () => Promise<T> | T): Promise<{ value: T } | { failure: Finding }> {
  try {
    return { value: await work() };
  } catch (error) {
    return { failure: ['✗', failureText(error)] };
  }
}

async function found(work: () => void, name: string): Promise<Finding[]> {
  const outcome = await attempt(work);
  return ['failure' in outcome ? outcome.failure : ['✓', name]];
}

async function keyFindings(config: Config, paths: NodePaths): Promise<Finding[]> {
  const outcome = await attempt(() => checkKeys(config, paths));
  if ('failure' in outcome) return [outcome.failure];
  return outcome.value.length === 0
    ? [['✓', 'keys']]
    : [['·', `keys to be made: ${outcome.value.join(', ')}`]];
}

function databaseFinding({ postgres }: NodePaths): Finding {
  return existsSync(join(postgres, 'cluster')) ? ['✓', 'database'] : ['·', 'database to be made'];
}

function toolFindings(tools: readonly WantedTool[], install: boolean): Finding[] {
  return tools.map(({ tool, found: present }): Finding => {
    if (present !== undefined) return ['✓', describeFound({ tool, found: present }).join('')];
    const name = `${tool.name} v${tool.version}`;
    if (!install) return ['✗', `${name} is not there, and --no-install forbids building it`];
    return findGo() === undefined
      ? ['✗', `${name} is not there, nor go to build it: install Go from https://go.dev/dl`]
      : ['·', `${name} to be built; that takes minutes`];
  });
}

async function systemFindings(
  config: Config,
  tools: readonly WantedTool[],
  install: boolean,
  signal: AbortSignal,
): Promise<Finding[]> {
  const needs = neededOfSystem(config, tools);
  const missing = new Set(await missingNeeds(needs, signal));
  const lines: Finding[] = needs.filter(need => !missing.has(need)).map(need => ['✓', need.name]);
  for (const need of missing) {
    const installable = install && canInstall();
    lines.push([
      installable ? '·' : '✗',
      `${need.name} is missing${installable ? ': apt-get will install it' : ''}`,
    ]);
  }
  if (missing.size > 0 && !(install && canInstall())) lines.push(['✗', installCommand([...missing])]);
  return lines;
}

async function portFindings(config: Config, paths: NodePaths): Promise<Finding[]> {
  if (await isInstanceRunning(paths)) return [['✓', 'a node is running on this data folder']];
  const uses = ownPorts(config);
  const problems = (await Promise.all(uses.map(portProblem))).filter(problem => problem !== undefined);
  if (problems.length > 0) return problems.map(problem => ['✗', problem]);
  return [['✓', `ports ${[...new Set(uses.map(use => use.port))].join(', ')} are free`]];
}
