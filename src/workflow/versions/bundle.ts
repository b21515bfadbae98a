import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { TrunklineError } from '../../config/errors.ts';
import { LIMITS } from '../../config/limits.ts';
import { handOffFaults, personFaults } from '../check/hand_offs.ts';
import { readWorkflow } from '../document.ts';
import { INCLUDED_NAME } from '../include.ts';
import { type FlowOptions, flowOf, type LoadedFlow } from '../load.ts';
import type { Places } from '../places.ts';

/** The text of one version: by path below the workflows folder, the workflow's own file and all that it includes. */
export type Bundle = Readonly<Record<string, string>>;

const WORKFLOW_NAME = /^[a-z][a-z0-9_]{0,63}$/;

/** What a node needs to make flows of texts. */
export interface Makings {
  readonly places: Places;
  readonly options: FlowOptions;
}

/** The same for the same texts, whatever their order. */
export function bundleSha256(bundle: Bundle): string {
  const files = Object.entries(bundle).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256').update(JSON.stringify(files)).digest('hex');
}

/** @throws TrunklineError BAD_REQUEST or TOO_LARGE for what can't be the text of a workflow */
export function assertBundle(workflow: string, bundle: Bundle): void {
  const own = `${workflow}.yaml`;
  if (!WORKFLOW_NAME.test(workflow))
    throw new TrunklineError('BAD_REQUEST', 'a workflow name is lower-case letters, digits and _');
  const paths = Object.keys(bundle);
  if (!Object.hasOwn(bundle, own)) throw new TrunklineError('BAD_REQUEST', `files: ${own} is not among them`);
  if (paths.length > LIMITS.versionFiles)
    throw new TrunklineError('TOO_LARGE', `more than ${LIMITS.versionFiles} files`);
  if (!paths.every(path => path === own || INCLUDED_NAME.test(path)))
    throw new TrunklineError(
      'BAD_REQUEST',
      'files: a path is names of a-z, 0-9 and _ below the folder, and .yaml',
    );
  const bytes = Object.values(bundle).reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  if (bytes > LIMITS.versionBytes)
    throw new TrunklineError('TOO_LARGE', `more than ${LIMITS.versionBytes} bytes`);
}

/** What the workflows folder has of a workflow. @throws TrunklineError WORKFLOW_UNKNOWN or WORKFLOW_INVALID */
export async function readBundle(workflowsDir: string, workflow: string): Promise<Bundle> {
  const own = `${workflow}.yaml`;
  const { text, included } = await readWorkflow(join(workflowsDir, own), own);
  return { [own]: text, ...Object.fromEntries(included) };
}

/** @throws TrunklineError WORKFLOW_INVALID naming file, line, column and key */
export function flowOfBundle(workflow: string, bundle: Bundle, { places, options }: Makings): LoadedFlow {
  const own = `${workflow}.yaml`;
  const { [own]: text = '', ...included } = bundle;
  const flow = flowOf(text, own, places, { ...options, included: new Map(Object.entries(included)) });
  if (flow.name !== workflow)
    throw new TrunklineError('WORKFLOW_INVALID', `${own}: name: must be ${workflow}, as its file`);
  return flow;
}

/**
 * Checks what one file alone can't show: that hand-offs find what they need, in whichever of these workflows.
 * @throws TrunklineError WORKFLOW_INVALID
 */
export function assertFits(flow: LoadedFlow, others: readonly LoadedFlow[], { options }: Makings): void {
  const all = [...others.filter(({ name }) => name !== flow.name), flow];
  const sources = new Map(all.map(one => [one.name, sourceOf(one)]));
  const { people } = options;
  const faults = [
    ...handOffFaults(sources),
    ...(people === undefined ? [] : personFaults(sourceOf(flow), people)),
  ];
  if (faults.length > 0) throw new TrunklineError('WORKFLOW_INVALID', faults.slice(0, 8).join('; '));
}

function sourceOf({ name, document }: LoadedFlow): Parameters<typeof personFaults>[0] {
  return {
    text: '',
    included: new Map(),
    digest: '',
    document,
    fault: (path, what) => `${name}.yaml: ${path.map(part => String(part).slice(0, 64)).join('.')}: ${what}`,
  };
}
