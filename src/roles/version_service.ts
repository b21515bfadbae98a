import { describeFault } from '../calls/fault.ts';
import { VersionDesk } from '../http/version_desk.ts';
import type { FileVersions } from '../http/version_files.ts';
import { VersionSpread } from '../http/version_spread.ts';
import { openWorkflowStore } from '../store/workflow_versions.ts';
import { readBundle } from '../workflow/versions/bundle.ts';
import type { FlowShelf } from '../workflow/versions/shelf.ts';
import type { RoleContext } from './context.ts';
import { keptVersionsOf, makingsOf, openFlows, reachOf } from './versioned_flows.ts';

const DATABASE_CONNECTIONS = 3;

/** Versions of a node's workflows: what people do with them, and what new calls and chats begin with. */
export interface VersionService {
  readonly shelf: FlowShelf;
  readonly desk: VersionDesk;
  readonly spread: VersionSpread;
  close(): Promise<void>;
}

/** @throws TrunklineError WORKFLOW_INVALID for a file of the workflows folder */
export async function openVersions({ config, paths, link, log }: RoleContext): Promise<VersionService> {
  const shelf = await openFlows(config, paths, (error, workflow) =>
    log.error({ workflow, fault: describeFault(error) }, 'a version of a workflow is not to be had'),
  );
  const files: FileVersions = new Map(
    await Promise.all(
      [...shelf.live].map(
        async ([name, { version }]) =>
          [name, { bundle: await readBundle(paths.workflows, name), flowVersion: version }] as const,
      ),
    ),
  );
  const store = openWorkflowStore({ databaseUrl: config.postgres.url, connections: DATABASE_CONNECTIONS });
  const kept = keptVersionsOf(config, paths);
  const spread = new VersionSpread({ store, tenantId: config.tenant, kept, shelf, files, link, log });
  const makings = makingsOf(config, paths);
  const desk = new VersionDesk({
    store,
    kept,
    shelf,
    spread,
    makings,
    reach: reachOf(config, shelf),
    settings: config.workflows,
  });
  spread.start();
  return {
    shelf,
    desk,
    spread,
    async close() {
      await spread.close();
      await store.close();
    },
  };
}
