import { describeFault } from '../calls/fault.ts';
import type { Logger } from '../observe/log.ts';
import type { WorkflowStore } from '../store/workflow_versions.ts';
import { type Bundle, bundleSha256 } from '../workflow/versions/bundle.ts';
import { FILE_AUTHOR, followFile, isLedByStore, liveOf } from '../workflow/versions/lifecycle.ts';

/** What the workflows folder says, by workflow. */
export type FileVersions = ReadonlyMap<string, { readonly bundle: Bundle; readonly flowVersion: string }>;

/**
 * Makes versions of what is new in the workflows folder. They are live where the file leads, else drafts; of a file that does
 * not lead and says something else than what is live, the log tells.
 * @throws TrunklineError STORE_UNAVAILABLE
 */
export async function adoptFiles(
  store: WorkflowStore,
  tenantId: string,
  files: FileVersions,
  log: Logger,
): Promise<void> {
  for (const [workflow, { bundle, flowVersion }] of files) {
    const sha256 = bundleSha256(bundle);
    const told = { sha256, flowVersion };
    const known = await store.change(tenantId, workflow, () => []);
    if (!known.some(one => one.sha256 === sha256)) {
      const version = { files: bundle, sha256, flowVersion, author: FILE_AUTHOR, note: '' };
      await store.add(tenantId, workflow, version).catch(error => {
        if (error?.code === 'STORE_UNAVAILABLE') throw error;
        log.warn({ workflow, fault: describeFault(error) }, 'what the file says is not kept as a version');
      });
    }
    const live = liveOf(await store.change(tenantId, workflow, all => followFile(all, told)));
    if (isLedByStore(live) && live?.sha256 !== sha256)
      log.warn({ workflow, version: live?.version }, 'the file differs from what somebody has deployed');
  }
  const { versions } = await store.inForce(tenantId);
  for (const { workflow } of versions) {
    if (!files.has(workflow)) await store.change(tenantId, workflow, all => followFile(all, undefined));
  }
}
