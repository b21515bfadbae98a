import { SeededRandom } from '../../bench/caller/random.ts';
import { type ActDesk, NO_ACTS } from '../../src/agent/acts.ts';
import { ModelResponder } from '../../src/agent/model/model_responder.ts';
import { FlowResponder, type Responder } from '../../src/agent/responder.ts';
import type { Llm } from '../../src/providers/types.ts';
import type { Flow, FlowEffect, FlowState, FlowStep, Heard, SlotValue } from '../../src/workflow/types.ts';
import type { CallerIntent, SimulatedCaller } from '../caller/caller.ts';
import type { Knowledge } from '../caller/knowledge.ts';
import { afterMs, type OfficeTools } from '../office/acts.ts';
import type { Persona } from '../persona/schema.ts';
import type { Scenario } from '../scenario/schema.ts';
import type { Truths } from '../scenario/truth.ts';
import type { SimulatedRecogniser } from '../speech/recogniser.ts';

/** One turn of the transcript. */
export interface Turn {
  readonly by: 'agent' | 'caller';
  /** What was said; of keys, the keys; of silence, nothing; by telephone what was heard of the agent. */
  readonly text: string;
  /** Of the agent, by telephone: the caller spoke into it. */
  readonly cutInto?: true;
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
  /** What the call left behind in the back office, by the scenario's `leaves`. */
  readonly left: readonly number[];
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
  /** Leads what the workflow has a model lead; without it there is none. */
  readonly llm?: Llm | undefined;
  /** Uses tools for the workflow; without it none is used. */
  readonly tools?: OfficeTools | undefined;
}

/** More turns than any call has. */
const MOST_TURNS = 1_500;

/** A whole conversation by text. */
export async function holdTextCall(parts: TextCallParts): Promise<Conversation> {
  const startMs = performance.now();
  const { persona, seed, knowledge, scenario, tools } = parts;
  const call = new TextCall(parts);
  const endedBy = await call.run().finally(() => call.close());
  const { truths } = knowledge;
  const left: number[] = [];
  for (const { resource, match } of scenario.check.leaves)
    left.push((await tools?.count(resource, matched(match, call.slots, truths))) ?? 0);
  await tools?.reset();
  return {
    workflow: scenario.workflow,
    persona: persona.name,
    seed,
    turns: call.turns,
    effects: call.effects,
    slots: call.slots,
    truths,
    given: scenario.given,
    outcome: call.outcome,
    endedBy,
    left,
    personJoined: call.personJoined,
    ms: performance.now() - startMs,
  };
}

/**
 * Columns with the values of truths, and of slots where the caller knows nothing of them; what nobody knows matches nothing. The
 * office keeps ten digits of telephone numbers.
 */
export function matched(
  match: Readonly<Record<string, string>>,
  slots: Conversation['slots'],
  truths: Truths,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(match).map(([column, name]) => {
      const value = name.startsWith('=') ? name.slice(1) : String(truths[name] ?? slots[name] ?? '');
      return [column, value.replace(/^\+1(?=\d{10}$)/, '')];
    }),
  );
}

/** Minutes between a line that drops and the call back. */
const BACK_AFTER_MINUTES = 4;
/** More acts in a row than any stage has. */
const MOST_ACTS = 40;

class TextCall {
  readonly turns: Turn[] = [];
  readonly effects: TimedEffect[] = [];
  personJoined = false;
  readonly #parts: TextCallParts;
  readonly #line: SeededRandom;
  readonly #people: SeededRandom;
  readonly #acts: ActDesk;
  readonly #responder: Responder;
  #state: FlowState;
  #dropAt: number | undefined;

  constructor(parts: TextCallParts) {
    const { flow, seed, persona, tools, scenario, llm } = parts;
    this.#parts = parts;
    this.#line = new SeededRandom(seed, `line of ${persona.name}`);
    this.#people = new SeededRandom(seed, 'people');
    this.#acts = tools?.actsOf(flow, `${scenario.workflow} ${persona.name} ${seed}`) ?? NO_ACTS;
    this.#responder =
      llm === undefined
        ? new FlowResponder(flow)
        : new ModelResponder({ flow, llm, after: afterMs, onFault: () => undefined });
    this.#state = flow.initial;
    const { drop } = persona;
    this.#dropAt = drop === undefined ? undefined : this.#people.integer(drop[0], drop[1]);
  }

  get outcome(): string | undefined {
    const last = this.effects.findLast(({ effect }) => effect.type === 'outcome')?.effect;
    return last?.type === 'outcome' ? last.outcome : undefined;
  }

  get slots(): Readonly<Record<string, SlotValue>> {
    return Object.fromEntries(Object.entries(this.#state.slots).map(([name, { value }]) => [name, value]));
  }

  async run(): Promise<Conversation['endedBy']> {
    let heard: Heard = { type: 'start', ...this.#given() };
    while (this.turns.length < MOST_TURNS) {
      const said = await this.#step(heard);
      if (this.#state.done) return 'agent';
      const next = this.#isDropped() ? this.#callBack() : this.#listen(said);
      if (next === undefined) return 'caller';
      heard = next;
    }
    return 'limit';
  }

  close(): void {
    this.#responder.close();
  }

  #given(): { readonly given?: Readonly<Record<string, SlotValue>> } {
    const { scenario, knowledge } = this.#parts;
    const known = scenario.given.flatMap(name => {
      const value = knowledge.truths[name];
      return value === undefined ? [] : [[name, value] as const];
    });
    return known.length === 0 ? {} : { given: Object.fromEntries(known) };
  }

  #isDropped(): boolean {
    return this.#dropAt !== undefined && this.turns.filter(({ by }) => by === 'agent').length >= this.#dropAt;
  }

  /** The line has dropped; the same caller calls again. */
  #callBack(): Heard {
    const state = this.#state;
    this.#dropAt = undefined;
    this.#state = this.#parts.flow.initial;
    this.turns.push({
      by: 'caller',
      text: '(the line drops, and the caller calls again)',
      intent: 'dropped',
    });
    return { type: 'start', ...this.#given(), earlier: { state, minutesAgo: BACK_AFTER_MINUTES } };
  }

  /** The agent's turn: the step, and all that follows from it before the caller speaks again. */
  async #step(heard: Heard): Promise<string> {
    const said: string[] = [];
    const hear = async (what: Heard): Promise<FlowStep> => {
      const step = await this.#next(what);
      said.push(...step.say);
      return step;
    };
    let step = await hear(heard);
    for (let count = 0; count < MOST_ACTS; count += 1) {
      const { act, person } = step;
      if (act !== undefined) {
        const acted = await this.#acts.act(act, step.state);
        step = await hear({ type: 'acted', id: act.id, ...acted });
        this.#acts.told(act.id);
      } else if (person !== undefined) {
        const joins = this.#people.chance(this.#parts.scenario.personAnswers);
        this.personJoined ||= joins;
        step = await hear({ type: 'person', became: joins ? 'joined' : 'noAnswer' });
        if (joins) step = await hear({ type: 'person', became: 'left' });
      } else break;
    }
    const text = said.join(' ');
    this.turns.push({ by: 'agent', text });
    return text;
  }

  async #next(heard: Heard): Promise<FlowStep> {
    const { scenario, crashes } = this.#parts;
    const state = crashes ? (JSON.parse(JSON.stringify(this.#state)) as FlowState) : this.#state;
    const response = this.#responder.respond(state, heard, scenario.today);
    response.commit();
    const say: string[] = [];
    for await (const sentence of response.sentences) say.push(sentence);
    const end = response.closed(say.join(' '));
    const turn = this.turns.filter(({ by }) => by === 'agent').length;
    for (const effect of [...response.step.effects, ...end.effects]) this.effects.push({ turn, effect });
    this.#state = end.state;
    return { ...end, say };
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
