import { basename, join } from 'node:path';
import { z } from 'zod';
import { callFlow } from '../../src/workflow/call_flow.ts';
import { readWorkflow } from '../../src/workflow/document.ts';
import { type FlowOptions, flowOf, type LoadedFlow, loadFlow } from '../../src/workflow/load.ts';
import { loadPlaces } from '../../src/workflow/places.ts';
import type { HistoryBegun } from '../../src/workflow/replay/history.ts';
import { HistoryFault, type HistoryRow } from '../../src/workflow/replay/replay.ts';
import type { Flow } from '../../src/workflow/types.ts';
import { flowOfBundle } from '../../src/workflow/versions/bundle.ts';
import { type Ask, expect } from './node_api.ts';
import { CommandMisuse } from './version_commands.ts';

interface Sources {
  readonly workflowsDir: string;
  /** Asks a node for versions, where the folder has others. */
  ask(): Ask;
  /** A file in place of the call's workflow of that name. */
  readonly instead: string | undefined;
}

const listed = z.object({
  versions: z.array(z.object({ version: z.number(), flowVersion: z.string().nullable() })),
});
const texts = z.object({ files: z.record(z.string(), z.string()) });

/** What led a call, in the versions that it had. @throws HistoryFault, CommandMisuse, NodeRefusal, TrunklineError */
export async function flowOfHistory(
  rows: readonly HistoryRow[],
  { workflow, versions, recordingConsent, hasPhone, hasActs }: HistoryBegun,
  { workflowsDir, ask, instead }: Sources,
): Promise<Flow> {
  const options = { recordingConsent };
  const places = loadPlaces(join(workflowsDir, 'places'));
  const flows = new Map<string, LoadedFlow>();
  const other = instead === undefined ? undefined : await otherFlow(instead, places, options);
  if (other !== undefined && !Object.hasOwn(versions, other.name))
    throw new CommandMisuse(`a workflow that the call could come to; ${other.name} is none`);
  const needed = new Set([workflow, ...rows.map(row => row.workflow)]);
  for (const [name, version] of Object.entries(versions)) {
    const flow =
      other?.name === name
        ? other
        : ((await flowInFolder(workflowsDir, name, version, options)) ??
          (await keptFlow(ask, { name, version, isNeeded: needed.has(name) }, { places, options })));
    if (flow !== undefined) flows.set(name, flow);
  }
  return callFlow(flows, workflow, { hasPhone, hasActs, onFault: () => undefined });
}

async function otherFlow(
  file: string,
  places: Parameters<typeof flowOf>[2],
  options: FlowOptions,
): Promise<LoadedFlow> {
  const shownAs = basename(file);
  const { text, included } = await readWorkflow(file, shownAs);
  return flowOf(text, shownAs, places, { ...options, included });
}

/** Undefined where the folder has another version of it, or none. */
async function flowInFolder(
  folder: string,
  name: string,
  version: string,
  options: FlowOptions,
): Promise<LoadedFlow | undefined> {
  const flow = await loadFlow(folder, name, options).catch(() => undefined);
  return flow?.version === version ? flow : undefined;
}

async function keptFlow(
  ask: () => Ask,
  {
    name,
    version,
    isNeeded,
  }: { readonly name: string; readonly version: string; readonly isNeeded: boolean },
  makings: Parameters<typeof flowOfBundle>[2],
): Promise<LoadedFlow | undefined> {
  if (!isNeeded) return undefined;
  const number = await numberOf(ask(), name, version);
  if (number === undefined)
    throw new HistoryFault(
      `${name} ${version}, which the call had, is neither kept by the node nor in the folder`,
    );
  const { files } = await expect(ask()('GET', `/${name}/versions/${number}`), texts);
  const flow = flowOfBundle(name, files, makings);
  if (flow.version === version) return flow;
  throw new HistoryFault(`${name} ${version} is kept with another text`);
}

async function numberOf(ask: Ask, name: string, flowVersion: string): Promise<number | undefined> {
  for (let before = ''; ; ) {
    const { versions } = await expect(ask('GET', `/${name}/versions?limit=100${before}`), listed);
    const found = versions.find(one => one.flowVersion === flowVersion);
    if (found !== undefined || versions.length === 0) return found?.version;
    before = `&before=${versions.at(-1)?.version}`;
  }
}
