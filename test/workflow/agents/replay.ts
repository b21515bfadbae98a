import type {
  ActOutcome,
  Flow,
  FlowEffect,
  FlowStep,
  Heard,
  SlotValue,
} from '../../../src/workflow/types.ts';

const NOW = { todayIso: '2026-11-23' };

/** What is known before the call begins. */
export type Given = Readonly<Record<string, SlotValue>>;

/**
 * Holds the conversation of a script, and writes down what became of it, in the same form: a script that holds comes back as
 * it was. Of each line the first sign says what it is:
 *
 * `<` what the caller says (`silence`, or `keys 123`); `>` what the agent says; `?` the tool that it uses, with what; `!` what
 * came of that; `~` the line drops, and the caller is back after so many minutes; `=` how the call ended.
 */
export function replay(flow: Flow, script: readonly string[], given: Given = {}): readonly string[] {
  return new Replay(flow, given).all(script);
}

class Replay {
  readonly #flow: Flow;
  readonly #given: Given;
  readonly #lines: string[] = [];
  #step: FlowStep;

  constructor(flow: Flow, given: Given) {
    this.#flow = flow;
    this.#given = given;
    this.#step = { state: flow.initial, say: [], effects: [] } as unknown as FlowStep;
  }

  all(lines: readonly string[]): readonly string[] {
    this.#hear({ type: 'start', given: this.#given });
    for (const line of lines) {
      const said = line.slice(2);
      if (line.startsWith('<')) this.#caller(line, said);
      if (line.startsWith('!')) this.#acted(line, said);
      if (line.startsWith('~')) this.#back(line, Number(said));
    }
    return this.#lines;
  }

  #caller(line: string, said: string): void {
    this.#lines.push(line);
    if (said === 'silence') this.#hear({ type: 'silence' });
    else if (said.startsWith('keys ')) this.#hear({ type: 'keys', digits: said.slice(5) });
    else this.#hear({ type: 'speech', text: said, confidence: 0.9, alternatives: [] });
  }

  /** What a tool answers to what is waited for. */
  #acted(line: string, said: string): void {
    const { act } = this.#step;
    if (act === undefined) throw new Error(`nothing is being done at: ${line}`);
    this.#lines.push(line);
    const [outcome, saves] = said.split(/ (.*)/s);
    this.#hear({
      type: 'acted',
      id: act.id,
      outcome: outcome as ActOutcome,
      saves: saves === undefined ? {} : JSON.parse(saves),
    });
  }

  /** Calls again; the state comes out of a checkpoint. */
  #back(line: string, minutesAgo: number): void {
    this.#lines.push(line);
    const state = JSON.parse(JSON.stringify(this.#step.state)) as FlowStep['state'];
    this.#step = { ...this.#step, state: this.#flow.initial };
    this.#hear({ type: 'start', given: this.#given, earlier: { state, minutesAgo } });
  }

  #hear(heard: Heard): void {
    this.#step = this.#flow.next(this.#step.state, heard, NOW);
    const { say, act, effects } = this.#step;
    if (say.length > 0) this.#lines.push(`> ${say.join(' ')}`);
    if (act !== undefined) this.#lines.push(`? ${act.tool} ${JSON.stringify(act.args)}`);
    this.#lines.push(...effects.flatMap(told));
  }
}

/** What is written down of a call beside its words. */
function told(effect: FlowEffect): readonly string[] {
  if (effect.type === 'outcome') return [`= ${effect.outcome}`];
  return effect.type === 'handedOver' ? [`= ${effect.from} hands over to ${effect.to}`] : [];
}
