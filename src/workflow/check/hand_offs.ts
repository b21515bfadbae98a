import type { WorkflowSource } from '../document.ts';
import type { WorkflowDocument } from '../schema.ts';
import type { SlotSpec } from '../slot_schema.ts';
import type { HandOffStage } from '../stage_schema.ts';
import { slotNamed } from './names.ts';

/** The names of the workflows that one hands calls over to. */
export function handOffsOf(document: WorkflowDocument): readonly string[] {
  return Object.values(document.stages).flatMap(stage => (stage.kind === 'hand_off' ? stage.to : []));
}

/** What one file alone can't show: hand-offs to workflows that are not there, or with slots that they can't take. */
export function handOffFaults(
  sources: ReadonlyMap<string, WorkflowSource>,
  receivers = sources,
): readonly string[] {
  return [...sources.values()].flatMap(source =>
    Object.entries(source.document.stages).flatMap(([name, stage]) =>
      stage.kind === 'hand_off' ? faultsOfStage(source, name, stage, receivers.get(stage.to)?.document) : [],
    ),
  );
}

/** Calls to people whom the configuration does not name. */
export function personFaults(
  { document, fault }: WorkflowSource,
  people: readonly string[],
): readonly string[] {
  return Object.entries(document.stages).flatMap(([name, stage]) =>
    stage.kind === 'person' && !people.includes(stage.to)
      ? [fault(['stages', name, 'to'], `nobody is called ${stage.to}; add them to people of trunkline.yaml`)]
      : [],
  );
}

function faultsOfStage(
  { document, fault }: WorkflowSource,
  name: string,
  stage: HandOffStage,
  receiver: WorkflowDocument | undefined,
): readonly string[] {
  const at = ['stages', name];
  if (receiver === undefined)
    return [fault([...at, 'to'], `there is no workflow ${stage.to} beside this one; add its file`)];
  if (stage.slots === undefined)
    return Object.entries(document.slots).flatMap(([slot, ours]) => {
      const theirs = slotNamed(receiver, slot);
      if (theirs?.kind !== ours.kind || !isLeak(ours, theirs)) return [];
      return [fault(at, `${slot} is sensitive here but not in ${stage.to}; mark it there, or list slots`)];
    });
  return Object.entries(stage.slots).flatMap(([slot, from]) => {
    const ours = slotNamed(document, from);
    const theirs = slotNamed(receiver, slot);
    const what = ours === undefined ? misfitOfScore(theirs) : misfit(ours, theirs);
    return what === undefined ? [] : [fault([...at, 'slots', slot], `${slot} of ${stage.to} ${what}`)];
  });
}

function misfitOfScore(theirs: SlotSpec | undefined): string | undefined {
  if (theirs === undefined) return 'is not there; name one of its slots';
  return theirs.kind === 'number' ? undefined : `is of kind ${theirs.kind}, and can't take a score`;
}

/** Why a slot can't take what another one holds. */
function misfit(ours: SlotSpec, theirs: SlotSpec | undefined): string | undefined {
  if (theirs === undefined) return 'is not there; name one of its slots';
  if (theirs.kind !== ours.kind) return `is of kind ${theirs.kind}, not ${ours.kind}`;
  if (isLeak(ours, theirs)) return 'must be sensitive as well';
  if (ours.kind !== 'choice' || theirs.kind !== 'choice') return undefined;
  const isShared = Object.keys(ours.values).some(value => Object.hasOwn(theirs.values, value));
  return isShared ? undefined : 'has none of its values';
}

function isLeak(ours: SlotSpec, theirs: SlotSpec): boolean {
  return ours.sensitive && !theirs.sensitive;
}
