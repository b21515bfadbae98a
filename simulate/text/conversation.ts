import { SeededRandom } from '../../bench/caller/random.ts';
import type { Flow, FlowEffect, FlowState, FlowStep, Heard, SlotValue } from '../../src/workflow/types.ts';
import type { CallerIntent, SimulatedCaller } from '../caller/caller.ts';
import type { Knowledge } from '../caller/knowledge.ts';
import type { Persona } from '../persona/schema.ts';
import type { Scenario } from '../scenario/schema.ts';
import type { Truths } from '../scenario/truth.ts';
import type { SimulatedRecogniser } from '../speech/recogniser.ts';

/** One turn of the transcript. */
export interface Turn {
  readonly by: 'agent' | 'caller';
  /** What was said; of keys, the keys; of silence, nothing. */
  readonly text: string;
  /** Of the caller: what the recogniser made of it, and how sure it was. */
  readonly heard?: string;
  readonly confidence?: number;
  readonly intent?: CallerIntent | undefined;
}

/** An effect and the agent's turn with which it came, counted from 0. */
interface TimedEffect {
  readonly turn: number;
  readonly effect: FlowEffect;
}

/** What is left of a conversation: what a record of the call would have, and what the caller knew. */
export interface Conversation {
  readonly workflow: string;
  readonly persona: string;
  readonly seed: number;
  readonly turns: readonly Turn[];
  readonly effects: readonly TimedEffect[];
  /** Values as they stood at the end. */
  readonly slots: Readonly<Record<string, SlotValue>>;
  readonly truths: Truths;
  readonly given: readonly string[];
  readonly outcome: string | undefined;
  readonly endedBy: 'agent' | 'caller' | 'limit';
  /** Whether somebody who was called came to the telephone. */
  readonly personJoined: boolean;
  readonly ms: number;
}

export interface TextCallParts {
  readonly flow: Flow;
  readonly scenario: Scenario;
  readonly persona: Persona;
  readonly knowledge: Knowledge;
  readonly caller: SimulatedCaller;
  readonly recogniser: SimulatedRecogniser;
  readonly seed: number;
  /** Each step's state goes through JSON, as a checkpoint does. */
  readonly crashes: boolean;
}

/** More turns than any call has. */
const MOST_TURNS = 1_500;

/** A whole conversation by text. */
export async function holdTextCall(parts: TextCallParts): Promise<Conversation> {
  const startMs = performance.now();
  const call = new TextCall(parts);
  const endedBy = call.run();
  const { persona, seed, knowledge, scenario } = parts;
  return {
    workflow: scenario.workflow,
    persona: persona.name,
    seed,
    turns: call.turns,
    effects: call.effects,
    slots: call.slots,
    truths: knowledge.truths,
    given: [],
    outcome: call.outcome,
    endedBy,
    personJoined: call.personJoined,
    ms: performance.now() - startMs,
  };
}

class TextCall {
  readonly turns: Turn[] = [];
  readonly effects: TimedEffect[] = [];
  personJoined = false;
  readonly #parts: TextCallParts;
  readonly #line: SeededRandom;
  readonly #people: SeededRandom;
  #state: FlowState;

  constructor(parts: TextCallParts) {
    this.#parts = parts;
    this.#line = new SeededRandom(parts.seed, `line of ${parts.persona.name}`);
    this.#people = new SeededRandom(parts.seed, 'people');
    this.#state = parts.flow.initial;
  }

  get outcome(): string | undefined {
    const last = this.effects.findLast(({ effect }) => effect.type === 'outcome')?.effect;
    return last?.type === 'outcome' ? last.outcome : undefined;
  }

  get slots(): Readonly<Record<string, SlotValue>> {
    return Object.fromEntries(Object.entries(this.#state.slots).map(([name, { value }]) => [name, value]));
  }

  run(): Conversation['endedBy'] {
    let heard: Heard = { type: 'start' };
    while (this.turns.length < MOST_TURNS) {
      const said = this.#step(heard);
      if (this.#state.done) return 'agent';
      const next = this.#listen(said);
      if (next === undefined) return 'caller';
      heard = next;
    }
    return 'limit';
  }

  /** The agent's turn: the step, and all that follows from it before the caller speaks again. */
  #step(heard: Heard): string {
    const said: string[] = [];
    let step = this.#next(heard);
    said.push(...step.say);
    while (step.person !== undefined) {
      const joins = this.#people.chance(this.#parts.scenario.personAnswers);
      this.personJoined ||= joins;
      step = this.#next({ type: 'person', became: joins ? 'joined' : 'noAnswer' });
      said.push(...step.say);
      if (joins) {
        step = this.#next({ type: 'person', became: 'left' });
        said.push(...step.say);
      }
    }
    const text = said.join(' ');
    this.turns.push({ by: 'agent', text });
    return text;
  }

  #next(heard: Heard): FlowStep {
    const { flow, scenario, crashes } = this.#parts;
    const state = crashes ? (JSON.parse(JSON.stringify(this.#state)) as FlowState) : this.#state;
    const step = flow.next(state, heard, { todayIso: scenario.today });
    const turn = this.turns.filter(({ by }) => by === 'agent').length;
    for (const effect of step.effects) this.effects.push({ turn, effect });
    this.#state = step.state;
    return step;
  }

  /** The caller's turn as the engine gets it; undefined when they have hung up. */
  #listen(said: string): Heard | undefined {
    const { caller, recogniser, persona } = this.#parts;
    const reply = caller.hear(said);
    if (reply.type === 'silence') {
      this.turns.push({ by: 'caller', text: '' });
      return { type: 'silence' };
    }
    if (reply.type === 'keys') {
      this.turns.push({ by: 'caller', text: `keys ${reply.keys}` });
      return { type: 'keys', digits: reply.keys };
    }
    if (reply.type === 'hangUp') {
      this.turns.push({ by: 'caller', text: reply.text });
      return undefined;
    }
    const heard = recogniser.hear(reply.text, this.#line, persona.misheard, reply.lostWords);
    const { text, confidence } = heard;
    this.turns.push({ by: 'caller', text: reply.text, heard: text, confidence, intent: reply.intent });
    return heard;
  }
}
