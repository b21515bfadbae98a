import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ProviderState } from '../config/provider_access.ts';
import { PROVIDER_KINDS, type ProviderKind } from '../config/providers.ts';
import type { Config } from '../config/schema.ts';
import { readWorkflow, type SharedFiles } from '../workflow/document.ts';

const DOES = { stt: 'hears', llm: 'thinks', tts: 'speaks', speech: 'converses' } as const;
/** Understands grammars, and nothing that no grammar foresees. */
const BY_GRAMMAR = 'pocketsphinx';

/** Who hears, thinks and speaks, in the order in which they are asked, and who of them is off, and why. */
export function providerRows(states: readonly ProviderState[]): readonly (readonly [string, string])[] {
  return PROVIDER_KINDS.flatMap(kind => {
    const listed = of(states, kind);
    // What is not there is not missed: the three others do the same.
    return kind === 'speech' && listed.length === 0 ? [] : [[DOES[kind], listOf(listed)] as const];
  });
}

function listOf(states: readonly ProviderState[]): string {
  if (states.length === 0) return 'nobody (providers.llm is empty)';
  return states.map(({ name, off }) => (off === undefined ? name : `${name} (off: ${off})`)).join(', ');
}

/** Workflows of the folder in which a model leads. @throws TrunklineError WORKFLOW_INVALID */
export async function talkingWorkflows(folder: string): Promise<string[]> {
  const files = (await readdir(folder)).filter(file => file.endsWith('.yaml')).toSorted();
  const shared: SharedFiles = new Map();
  const talking: string[] = [];
  for (const file of files) {
    const { document } = await readWorkflow(join(folder, file), file, shared);
    if (Object.values(document.stages).some(({ kind }) => kind === 'talk')) talking.push(document.name);
  }
  return talking;
}

/** What workflows want that the providers can't give, in one sentence; undefined where nothing is wanting. */
export function providerWarning(
  config: Pick<Config, 'workflows' | 'trunks'>,
  states: readonly ProviderState[],
  talking: readonly string[],
): string | undefined {
  const asked = states.filter(({ off }) => off === undefined);
  if (of(asked, 'speech').length > 0) return undefined;
  const hears = of(asked, 'stt').map(({ service }) => service);
  if (of(asked, 'llm').length === 0) {
    // Those that nobody is sent to do no harm.
    const answering = talking.filter(name => answers(config, name));
    if (answering.length === 0) return undefined;
    return `${answering.join(', ')} is led by a model, and none is asked: its calls go where it says under without`;
  }
  if (talking.length === 0 || hears.some(service => service !== BY_GRAMMAR)) return undefined;
  return `${talking.join(', ')} lets callers speak freely, and ${BY_GRAMMAR}, which alone hears, understands grammars only`;
}

function of(states: readonly ProviderState[], kind: ProviderKind): readonly ProviderState[] {
  return states.filter(state => state.kind === kind);
}

function answers({ workflows, trunks }: Pick<Config, 'workflows' | 'trunks'>, name: string): boolean {
  const dispatched = trunks.flatMap(({ dispatch }) => dispatch.map(({ workflow }) => workflow));
  return [workflows.default, ...Object.values(workflows.byNumber), ...dispatched].includes(name);
}
