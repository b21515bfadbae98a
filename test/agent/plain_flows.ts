import type { VersionedFlows } from '../../src/calls/talk_thread.ts';
import type { Flow } from '../../src/workflow/types.ts';

/** Flows of which there is one version each. */
export function plainFlows(...all: readonly Flow[]): VersionedFlows {
  const live = new Map(all.map(flow => [flow.name, flow]));
  return {
    live,
    look: () => ({ seq: 0, fresh: [], failed: [], use: () => undefined }),
    ofCall: () => ({ get: name => live.get(name), isTried: () => false, versionsFrom: () => ({}) }),
  };
}
