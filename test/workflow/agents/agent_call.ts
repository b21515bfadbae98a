import { loadFlow } from '../../../src/workflow/load.ts';
import type {
  ActOutcome,
  FlowEffect,
  FlowState,
  FlowStep,
  Heard,
  SlotValue,
} from '../../../src/workflow/types.ts';

const NOW = { todayIso: '2026-11-23' };

type Args = Readonly<Record<string, unknown>>;
/** What a tool makes of its arguments: what it answers where its slots are, or that it failed. */
export type Tools = Readonly<Record<string, (args: Args) => Readonly<Record<string, unknown>> | ActOutcome>>;

/** Loaded once for all calls of a test. */
const loaded = new Map<string, ReturnType<typeof loadFlow>>();

/** A call of a shipped agent, whose tools answer as a table says. */
export class AgentCall {
  /** Tools that were used, in their order. */
  readonly used: { readonly tool: string; readonly args: Args }[] = [];
  readonly effects: FlowEffect[] = [];
  /** All that was said since the caller spoke. */
  said: readonly string[] = [];
  readonly #flow: Awaited<ReturnType<typeof loadFlow>>;
  readonly #tools: Tools;
  state: FlowState;

  private constructor(flow: Awaited<ReturnType<typeof loadFlow>>, tools: Tools) {
    this.#flow = flow;
    this.#tools = tools;
    this.state = flow.initial;
  }

  static async begin(
    name: string,
    tools: Tools,
    start: Omit<Extract<Heard, { type: 'start' }>, 'type'> = {},
  ): Promise<AgentCall> {
    const loading = loaded.get(name) ?? loadFlow('workflows', name);
    loaded.set(name, loading);
    const call = new AgentCall(await loading, tools);
    call.hear({ type: 'start', ...start });
    return call;
  }

  /** What is said to the last of several turns of the caller. */
  say(...texts: readonly string[]): readonly string[] {
    for (const text of texts) this.hear({ type: 'speech', text, confidence: 1, alternatives: [] });
    return this.said;
  }

  keys(keys: string): readonly string[] {
    return this.hear({ type: 'keys', digits: keys });
  }

  hear(heard: Heard): readonly string[] {
    const said: string[] = [];
    let step = this.#step(heard, said);
    while (step.act !== undefined) {
      const { id, tool, args } = step.act;
      this.used.push({ tool, args });
      const answer = this.#tools[tool]?.(args) ?? 'failed';
      const acted =
        typeof answer === 'string'
          ? { outcome: answer, saves: {} }
          : { outcome: 'done' as const, saves: answer };
      step = this.#step({ type: 'acted', id, ...acted }, said);
    }
    this.said = said;
    return said;
  }

  value(slot: string): SlotValue | undefined {
    return this.state.slots[slot]?.value;
  }

  get outcome(): string | undefined {
    return this.effects.findLast(effect => effect.type === 'outcome')?.outcome;
  }

  /** The tools by their names. */
  get tools(): readonly string[] {
    return this.used.map(({ tool }) => tool);
  }

  #step(heard: Heard, said: string[]): FlowStep {
    const step = this.#flow.next(this.state, heard, NOW);
    // As it comes out of a checkpoint.
    this.state = JSON.parse(JSON.stringify(step.state)) as FlowState;
    this.effects.push(...step.effects);
    said.push(...step.say);
    return step;
  }
}
