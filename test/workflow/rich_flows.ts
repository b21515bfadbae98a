import { flowOf, type LoadedFlow } from '../../src/workflow/load.ts';
import type { Flow, FlowEffect, FlowState, FlowStep, Heard } from '../../src/workflow/types.ts';
import { PLACES } from '../bench/small_flow.ts';
import { head } from './desk_flows.ts';

const NOW = { todayIso: '2026-11-21' };

/** A yes or no, a count and a choice, each asked again in one way. */
export function slotsOf(...lines: readonly string[]): string {
  return `slots:\n${lines.map(line => `  ${line}\n`).join('')}`;
}

export function choiceSlot(name: string, values: readonly string[], more = ''): string {
  const listed = values.map(value => `${value}: { say: ${value}, phrases: [${value.replaceAll('_', ' ')}] }`);
  return `${name}: { kind: choice, part: ${name.replaceAll('_', ' ')}, values: { ${listed.join(', ')} }, repair: [{ by: again, prompt: "Which ${name.replaceAll('_', ' ')}?" }]${more} }`;
}

export function yesNoSlot(name: string, more = ''): string {
  return `${name}: { kind: yes_no, part: ${name.replaceAll('_', ' ')}, repair: [{ by: again, prompt: "Again, ${name}?" }]${more} }`;
}

export function countSlot(name: string, max = 60, more = ''): string {
  const part = name.replaceAll('_', ' ');
  return `${name}: { kind: count, part: ${part}, unit: { one: piece, many: pieces }, max: ${max}, repair: [{ by: again, prompt: "How many ${part}?" }]${more} }`;
}

export const ENDS = `
  bye: { kind: end, outcome: answered, say: [Goodbye.] }
  later: { kind: end, outcome: callback, say: [Somebody will call you back.] }
`;

export function workflow(start: string, ...parts: readonly string[]): string {
  return `${head('rich', start)}${parts.join('\n')}`;
}

export function flowFrom(text: string): LoadedFlow {
  return flowOf(text, 'rich.yaml', PLACES);
}

/** A conversation with a flow, told as what was heard and answered. */
export class Talking {
  readonly #flow: Flow;
  readonly effects: FlowEffect[] = [];
  step: FlowStep;

  constructor(flow: Flow, start: Omit<Extract<Heard, { type: 'start' }>, 'type'> = {}) {
    this.#flow = flow;
    this.step = flow.next(flow.initial, { type: 'start', ...start }, NOW);
    this.effects.push(...this.step.effects);
  }

  get state(): FlowState {
    return this.step.state;
  }

  hear(heard: Heard): FlowStep {
    this.step = this.#flow.next(this.state, heard, NOW);
    this.effects.push(...this.step.effects);
    return this.step;
  }

  /** The last answer to several turns of the caller. */
  say(...texts: readonly string[]): FlowStep {
    for (const text of texts) this.hear({ type: 'speech', text, confidence: 1, alternatives: [] });
    return this.step;
  }

  value(slot: string): unknown {
    return this.state.slots[slot]?.value;
  }
}
