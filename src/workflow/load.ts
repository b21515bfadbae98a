import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { TrunklineError } from '../config/errors.ts';
import { LIMITS } from '../config/limits.ts';
import type { Expectation } from '../providers/types.ts';
import { faultsOf } from './check/faults.ts';
import { handOffFaults, personFaults } from './check/hand_offs.ts';
import { ledForm } from './compile/led_form.ts';
import { parseWorkflow, readWorkflow, type WorkflowSource } from './document.ts';
import type { Program, RecordingConsent } from './engine/draft.ts';
import { expectations, standingExpectations } from './engine/expect.ts';
import { guardOf } from './engine/guard.ts';
import { concerns } from './engine/honour.ts';
import { EMPTY_MEMORY } from './engine/memory.ts';
import { step, stepIn, stepOn } from './engine/step.ts';
import { talkOf, tellTool } from './engine/talk.ts';
import { raisesInTalk } from './engine/topic.ts';
import type { SharedFiles } from './include.ts';
import { loadPlaces, type Places } from './places.ts';
import type { WorkflowDocument } from './schema.ts';
import { makeSlot } from './slots.ts';
import { makeTool, type Tool } from './tools.ts';
import type { Flow, FlowState } from './types.ts';
import { TopicFinder } from './understand/topics.ts';
import { invalid } from './yaml_file.ts';

export interface FlowOptions {
  /** recording.consent of the configuration; ask by default. */
  readonly recordingConsent?: RecordingConsent;
  /** Names of `people` of the configuration; without it any name is taken. */
  readonly people?: readonly string[];
}

/** A flow together with the data that it was made from. */
export interface LoadedFlow extends Flow {
  /** What callers are likely to be asked, for recognisers that get ready ahead of calls. */
  readonly standing: readonly Expectation[];
  readonly document: WorkflowDocument;
  readonly tools: readonly Tool[];
  readonly places: Places;
}

const NAME = /^[a-z][a-z0-9_]{0,63}$/;

/**
 * Loads `<name>.yaml` of the folder, with the tables of its `places` folder.
 * @throws TrunklineError WORKFLOW_UNKNOWN, or WORKFLOW_INVALID naming file, line, column and key
 */
export async function loadFlow(
  workflowsDir: string,
  name: string,
  options: FlowOptions = {},
): Promise<LoadedFlow> {
  return compile(await readSource(workflowsDir, name), loadPlaces(join(workflowsDir, 'places')), options);
}

async function readSource(workflowsDir: string, name: string, shared?: SharedFiles): Promise<WorkflowSource> {
  if (!NAME.test(name))
    throw new TrunklineError('WORKFLOW_UNKNOWN', 'a workflow name is lower-case letters, digits and _');
  const source = await readWorkflow(join(workflowsDir, `${name}.yaml`), `${name}.yaml`, shared);
  if (source.document.name !== name) throw invalid([source.fault(['name'], `must be ${name}, as its file`)]);
  return source;
}

/** Loads every workflow of the folder, by name. */
export async function loadFlows(
  workflowsDir: string,
  options: FlowOptions = {},
): Promise<ReadonlyMap<string, LoadedFlow>> {
  const names = (await readdir(workflowsDir))
    .filter(file => file.endsWith('.yaml'))
    .map(file => file.slice(0, -5));
  if (names.length > LIMITS.workflowFiles) {
    throw new TrunklineError('WORKFLOW_INVALID', `more than ${LIMITS.workflowFiles} workflows`);
  }
  const sources = new Map<string, WorkflowSource>();
  const shared: SharedFiles = new Map();
  for (const name of names.toSorted()) sources.set(name, await readSource(workflowsDir, name, shared));
  const places = loadPlaces(join(workflowsDir, 'places'));
  const flows = new Map<string, LoadedFlow>();
  for (const [name, source] of sources) flows.set(name, compile(source, places, options));
  const { people } = options;
  const unknown = people === undefined ? [] : [...sources.values()].map(one => personFaults(one, people));
  const faults = [...handOffFaults(sources), ...unknown.flat()];
  if (faults.length > 0) throw invalid(faults);
  return flows;
}

/** A flow from YAML at hand, for editors and tests. */
export function flowOf(
  text: string,
  file: string,
  places: Places,
  { included, ...options }: FlowOptions & { readonly included?: ReadonlyMap<string, string> } = {},
): LoadedFlow {
  return compile(parseWorkflow(text, file, included), places, options);
}

function compile(source: WorkflowSource, places: Places, options: FlowOptions): LoadedFlow {
  const faults = faultsOf(source);
  if (faults.length > 0) throw invalid(faults);
  const { document } = source;
  const version = `${document.version}+${source.digest.slice(0, 12)}`;
  const program: Program = {
    document,
    version,
    places,
    slots: new Map(
      Object.entries(document.slots).map(([name, spec]) => [name, makeSlot(name, spec, places)]),
    ),
    topics: new TopicFinder(document.topics),
    tools: new Map(Object.entries(document.tools).map(([name, spec]) => [name, makeTool(name, spec)])),
    recordingConsent: options.recordingConsent ?? 'ask',
  };
  const expected = expectations();
  const guard = guardOf(program);
  const initial: FlowState = {
    workflow: document.name,
    version,
    stage: document.start,
    slots: {},
    memory: { ...EMPTY_MEMORY },
    done: false,
  };
  return {
    name: document.name,
    version,
    document,
    places,
    pipeline: document.pipeline,
    initial,
    standing: standingExpectations(program, initial, expected),
    next: (state, heard, { todayIso }) => step(program, expected, state, heard, todayIso),
    concerns: (state, heard) => concerns(program, state, heard) || raisesInTalk(program, state, heard),
    talk: state => talkOf(program, state),
    guard: (state, sentence, before) => {
      const { maySay, instead } = guard(state, sentence, before);
      return maySay ? [sentence] : [instead ?? []].flat();
    },
    leaveTalk: (state, way, { todayIso }) => stepOn(program, expected, state, way, todayIso),
    tellTool: (state, exchange, { todayIso }) => tellTool(program, state, exchange, todayIso),
    form: state => ledForm(program, expected, guard, state),
    tools: [...program.tools.values()],
    tool: (_, tool) => program.tools.get(tool),
    resumeMinutes: () => document.resume?.withinMinutes,
    takeOver: (handOff, { todayIso }) => stepIn(program, expected, initial, handOff, todayIso),
  };
}
