import { join } from 'node:path';
import type { NodePaths } from '../config/paths.ts';
import type { Config } from '../config/schema.ts';
import { loadFlows } from '../workflow/load.ts';
import { loadPlaces } from '../workflow/places.ts';
import type { Tool } from '../workflow/tools.ts';
import { flowOfBundle, type Makings } from '../workflow/versions/bundle.ts';
import { KeptVersions } from '../workflow/versions/kept_versions.ts';
import { ToolReach } from '../workflow/versions/reach.ts';
import { FlowShelf } from '../workflow/versions/shelf.ts';

/** What this node makes flows with. @throws TrunklineError WORKFLOW_INVALID for a table of places */
export function makingsOf(config: Config, paths: NodePaths): Makings {
  return {
    places: loadPlaces(join(paths.workflows, 'places')),
    options: { recordingConsent: config.recording.consent, people: Object.keys(config.people) },
  };
}

export function keptVersionsOf({ tenant }: Config, { versions }: NodePaths): KeptVersions {
  return new KeptVersions(join(versions, tenant));
}

/**
 * The workflows of the folder, with the versions that stand in for them.
 * @throws TrunklineError WORKFLOW_INVALID naming file, line and column
 */
export async function openFlows(
  config: Config,
  paths: NodePaths,
  onFault: (error: unknown, workflow: string) => void,
): Promise<FlowShelf> {
  const makings = makingsOf(config, paths);
  return new FlowShelf({
    files: await loadFlows(paths.workflows, makings.options),
    kept: keptVersionsOf(config, paths),
    compile: (workflow, bundle) => flowOfBundle(workflow, bundle, makings),
    onFault,
  });
}

/** Where this node's tools may go. */
export function reachOf({ workflows: { toolHosts, trustsFolder } }: Config, { files }: FlowShelf): ToolReach {
  return new ToolReach({ hosts: toolHosts, trusted: trustsFolder ? files : [] });
}

/** Tools of workflows as calls of that id would begin with; `looks` where nobody else tells the shelf of what is in force. */
export function toolsIn(shelf: FlowShelf, { looks = false } = {}) {
  return async (wanted: {
    readonly callId: string;
    readonly workflow: string;
    readonly tool: string;
  }): Promise<Tool | undefined> => {
    if (looks) shelf.look().use();
    const flow = shelf.ofCall(wanted.callId).get(wanted.workflow);
    return flow?.tool?.(flow.initial, wanted.tool);
  };
}
