import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SeededRandom } from '../../bench/caller/random.ts';
import type { Llm } from '../../src/providers/types.ts';
import { callFlow } from '../../src/workflow/call_flow.ts';
import { type LoadedFlow, loadFlows } from '../../src/workflow/load.ts';
import type { Flow } from '../../src/workflow/types.ts';
import { SimulatedCaller } from '../caller/caller.ts';
import { Knowledge, slotsOf } from '../caller/knowledge.ts';
import { type PromptIndex, promptIndex } from '../caller/prompts.ts';
import { Wording } from '../caller/wording.ts';
import { OfficeTools } from '../office/acts.ts';
import { openSimulatedOffice, type SimulatedOffice } from '../office/office.ts';
import type { Persona } from '../persona/schema.ts';
import { readPhrasings } from '../read.ts';
import type { Scenario } from '../scenario/schema.ts';
import type { Phrasings } from '../speech/phrasings.ts';
import { SimulatedRecogniser } from '../speech/recogniser.ts';
import { type Conversation, holdTextCall } from './conversation.ts';

export const WORKFLOWS = fileURLToPath(new URL('../../workflows/', import.meta.url));

export interface CallOptions {
  readonly crashes?: boolean;
  /** Leads what the workflows have a model lead. */
  readonly llm?: Llm | undefined;
}

interface SeededCaller {
  readonly knowledge: Knowledge;
  readonly caller: SimulatedCaller;
}

/** All workflows, ready to be called by anybody. */
export class CallStage implements AsyncDisposable {
  readonly flows: ReadonlyMap<string, LoadedFlow>;
  readonly phrasings: Phrasings;
  readonly #recogniser: SimulatedRecogniser;
  readonly #indexes = new Map<string, PromptIndex>();
  readonly #offices = new Map<string, Promise<{ office: SimulatedOffice; tools: OfficeTools }>>();

  constructor(flows: ReadonlyMap<string, LoadedFlow>, phrasings: Phrasings) {
    this.flows = flows;
    this.phrasings = phrasings;
    this.#recogniser = new SimulatedRecogniser(phrasings.recogniser);
  }

  /** @throws TrunklineError WORKFLOW_INVALID, or Error about a file of phrasings */
  static async open(folder: string = WORKFLOWS): Promise<CallStage> {
    return new CallStage(await loadFlows(join(folder), {}), readPhrasings());
  }

  /** The workflow and all that it may hand over to, itself first. */
  reached(name: string): readonly LoadedFlow[] {
    const names = [name];
    for (const one of names) {
      const { stages } = this.#flow(one).document;
      for (const stage of Object.values(stages))
        if (stage.kind === 'hand_off' && !names.includes(stage.to) && this.flows.has(stage.to))
          names.push(stage.to);
    }
    return names.map(one => this.#flow(one));
  }

  /** A caller of that persona and seed, and what they know: the same for the same. */
  callerOf(scenario: Scenario, persona: Persona, seed: number): SeededCaller {
    const reached = this.reached(scenario.workflow);
    const documents = reached.map(({ document }) => document);
    const { places } = reached[0]!;
    const { phrasings } = this;
    const knowledge = new Knowledge({ scenario, documents, places, phrasings }, seed);
    const random = new SeededRandom(seed, `words of ${persona.name}`);
    const wording = new Wording({ scenario, slots: slotsOf(documents), places, phrasings, persona, random });
    const indexes = reached.map(flow => this.indexOf(flow));
    const caller = new SimulatedCaller({ indexes, knowledge, wording, scenario, phrasings, persona, seed });
    return { knowledge, caller };
  }

  /** The same for the same scenario, persona and seed. One call at a time where workflows use tools. */
  async hold(
    scenario: Scenario,
    persona: Persona,
    seed: number,
    options: CallOptions = {},
  ): Promise<Conversation> {
    const tools = await this.#toolsFor(this.reached(scenario.workflow), scenario.today);
    return holdTextCall({
      ...this.callerOf(scenario, persona, seed),
      flow: this.#callFlow(scenario.workflow),
      scenario,
      persona,
      recogniser: this.#recogniser,
      seed,
      crashes: options.crashes === true,
      llm: options.llm,
      tools,
    });
  }

  /** Brings a back office up when the first workflow wants to use a tool by itself. */
  async #toolsFor(flows: readonly LoadedFlow[], todayIso: string): Promise<OfficeTools | undefined> {
    const acts = flows.some(({ document }) =>
      Object.values(document.stages).some(({ kind }) => kind === 'act'),
    );
    if (!acts) return undefined;
    const opening =
      this.#offices.get(todayIso) ??
      openSimulatedOffice(todayIso).then(office => ({ office, tools: new OfficeTools(office) }));
    this.#offices.set(todayIso, opening);
    return (await opening).tools;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const opening of this.#offices.values()) {
      const { office, tools } = await opening;
      await tools.close();
      await office[Symbol.asyncDispose]();
    }
  }

  #callFlow(name: string): Flow {
    return callFlow(this.flows, name, {
      onFault: error => {
        throw error;
      },
    });
  }

  #flow(name: string): LoadedFlow {
    const flow = this.flows.get(name);
    if (flow === undefined) throw new Error(`there is no workflow ${name}`);
    return flow;
  }

  indexOf(flow: LoadedFlow): PromptIndex {
    const index = this.#indexes.get(flow.name) ?? promptIndex(flow.document, flow.places);
    this.#indexes.set(flow.name, index);
    return index;
  }
}
