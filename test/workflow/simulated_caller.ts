import type { LoadedFlow } from '../../src/workflow/load.ts';
import { type PromptPattern, promptPatterns } from '../../src/workflow/prompts.ts';
import { placeholdersOf } from '../../src/workflow/speak/template.ts';
import type { FlowEffect, FlowState, Heard, SlotValue } from '../../src/workflow/types.ts';

export type Script = Readonly<Record<string, SlotValue>>;

/** Uniform in 0…1, the same for the same seed (mulberry32). */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

export function pick<T>(random: () => number, values: readonly T[]): T {
  return values[Math.floor(random() * values.length)]!;
}

export interface Noise {
  /** Share of first answers to a question that come out wrong; less with every repetition. */
  readonly share: number;
}

export interface CallResult {
  readonly state: FlowState;
  readonly effects: readonly FlowEffect[];
  readonly transcript: readonly string[];
}

/** How a caller says values, apart from how the agent does. */
export interface Mouth {
  say(slot: string, value: SlotValue): string;
  /** The same as the agent is expected to say it. */
  hear(slot: string, value: SlotValue): string;
  /** Another value that the recogniser may take it for. */
  mistake(slot: string, value: SlotValue): SlotValue;
  spell(slot: string, value: SlotValue): string;
}

interface Matcher {
  readonly pattern: PromptPattern;
  readonly names: readonly string[];
  readonly regExp: RegExp;
}

/** A template as a pattern, with `fill` for some of its placeholders. */
function regExpOf(template: string, fill: ReadonlyMap<string, string> = new Map()): RegExp {
  const literal = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const source = template
    .split(/\{([a-z_]+)\}/)
    .map((text, index) => (index % 2 === 0 ? literal(text) : literal(fill.get(text) ?? '') || '(.*)'))
    .join('');
  return new RegExp(`^${source}$`, 'i');
}

function matcherOf(pattern: PromptPattern): Matcher {
  return { pattern, names: placeholdersOf(pattern.template), regExp: regExpOf(pattern.template) };
}

const QUESTIONS = new Set(['consent', 'question', 'repair', 'phrase']);
const ASKING = new Set(['right', 'which', 'offerOne', 'offerMany', 'restart', 'goodbye']);
const MAX_TURNS = 140;

/** A caller who knows the workflow's sentences, wants what the script says, and is heard through a noisy line. */
export class SimulatedCaller {
  readonly #flow: LoadedFlow;
  readonly #script: Script;
  readonly #mouth: Mouth;
  readonly #random: () => number;
  readonly #noise: Noise;
  readonly #matchers: readonly Matcher[];
  readonly #asked = new Map<string, number>();
  #wrong: string[] = [];
  #wrongEcho = false;
  #echoed = '';
  #spoiled = 0;

  constructor(flow: LoadedFlow, script: Script, mouth: Mouth, seed: number, noise: Noise) {
    this.#flow = flow;
    this.#script = script;
    this.#mouth = mouth;
    this.#random = randomOf(seed);
    this.#noise = noise;
    this.#matchers = promptPatterns(flow).map(matcherOf);
  }

  run(todayIso: string): CallResult {
    const transcript: string[] = [];
    const effects: FlowEffect[] = [];
    let state = this.#flow.initial;
    let heard: Heard = { type: 'start' };
    for (let turn = 0; turn < MAX_TURNS; turn += 1) {
      // A checkpoint is the state: every turn goes through one.
      const restored = JSON.parse(JSON.stringify(state)) as FlowState;
      const step = this.#flow.next(restored, heard, { todayIso });
      transcript.push(`caller: ${JSON.stringify(heard)}`, `agent: ${step.say.join(' ')}`);
      effects.push(...step.effects);
      state = step.state;
      if (state.done) break;
      heard = this.#reply(step.say);
    }
    return { state, effects, transcript };
  }

  #reply(say: readonly string[]): Heard {
    const matched = say.map(sentence => {
      for (const matcher of this.#matchers) {
        const values = matcher.regExp.exec(sentence)?.slice(1);
        if (values !== undefined) return { ...matcher, values };
      }
      throw new Error(`no pattern for: ${sentence}`);
    });
    for (const [index, { pattern, names }] of matched.entries()) {
      const wrong = this.#wrongIn(pattern.template, names, say[index]!);
      if (pattern.role === 'echo') {
        this.#wrongEcho = wrong.length > 0;
        this.#echoed = names[0] ?? '';
      }
      if (pattern.role === 'question' && pattern.slots.includes(this.#echoed)) this.#wrongEcho = false;
      if (pattern.role === 'readBack')
        this.#wrong = wrong.length > 0 ? wrong : this.#wrongByTemplate(pattern.template);
    }
    const question = matched.findLast(
      ({ pattern: { role, of } }) => QUESTIONS.has(role) && (role !== 'phrase' || ASKING.has(of)),
    );
    if (question === undefined) throw new Error(`no question in: ${say.join(' ')}`);
    if (this.#wrongEcho) return this.#speak('go back');
    return this.#answer(question.pattern, question.values);
  }

  /** The fewest placeholders that must hold something else than the script's values. */
  #wrongIn(template: string, names: readonly string[], sentence: string): string[] {
    const own = names.filter(name => this.#script[name] !== undefined);
    const values = new Map(own.map(name => [name, this.#mouth.hear(name, this.#script[name]!)]));
    const sets = Array.from({ length: 2 ** own.length }, (_, bits) =>
      own.filter((__, at) => (bits >> at) & 1),
    );
    const fits = sets
      .toSorted((a, b) => a.length - b.length)
      .find(wrong =>
        regExpOf(template, new Map([...values].filter(([name]) => !wrong.includes(name)))).test(sentence),
      );
    return fits ?? [];
  }

  /** A read-back without placeholders says by its words alone what was understood. */
  #wrongByTemplate(template: string): string[] {
    const end = template.includes('pick up') ? 'origin' : 'destination';
    const [floor, elevator] = [this.#script[`${end}_floor`], this.#script[`${end}_elevator`]];
    if (template.includes('ground floor')) return floor === 1 ? [] : [`${end}_floor`];
    if (template.includes('with an elevator')) return elevator === true ? [] : [`${end}_elevator`];
    if (template.includes('no elevator')) return elevator === false ? [] : [`${end}_elevator`];
    if (template.includes('no narrow'))
      return this.#script.narrow_doorways === false ? [] : ['narrow_doorways'];
    if (template.includes('are narrow'))
      return this.#script.narrow_doorways === true ? [] : ['narrow_doorways'];
    if (template.includes('do not want to book')) return this.#script.booking === false ? [] : ['booking'];
    if (template.includes('like to book the move')) return this.#script.booking === true ? [] : ['booking'];
    return [];
  }

  #answer(pattern: PromptPattern, values: readonly string[]): Heard {
    if (pattern.role === 'consent') return this.#speak(this.#script.consent === true ? 'yes' : 'no');
    if (pattern.role === 'phrase') return this.#answerPhrase(pattern.of, values[0] ?? '');
    const times = this.#count(pattern.template);
    const [slot = ''] = pattern.slots;
    const value = this.#script[slot]!;
    if (pattern.template.includes('keys')) return { type: 'keys', digits: String(value) };
    if (pattern.template.includes('spell')) return this.#speak(this.#mouth.spell(slot, value));
    return this.#speak(pattern.slots.map(name => this.#said(name, times)).join(' '));
  }

  #answerPhrase(phrase: string, options: string): Heard {
    if (phrase === 'restart' || phrase === 'goodbye') return this.#speak('no');
    if (phrase === 'which') {
      const [slot] = this.#wrong;
      const spec = slot === undefined ? undefined : this.#flow.document.slots[slot];
      return this.#speak(spec === undefined ? 'everything' : `the ${spec.part}`);
    }
    if (phrase === 'right') {
      const [slot] = this.#wrong;
      if (slot === undefined) return this.#speak(pick(this.#random, ['yes', "that's right", 'yes correct']));
      if (this.#random() < 0.5) return this.#speak('no');
      return this.#speak(`no, ${this.#said(slot, this.#count(slot))}`);
    }
    const wanted = Object.keys(this.#script).find(slot => {
      const words = this.#mouth.hear(slot, this.#script[slot]!);
      return words.length > 3 && options.toLowerCase().includes(words.toLowerCase());
    });
    if (wanted === undefined) return this.#speak('no');
    const words = this.#mouth.hear(wanted, this.#script[wanted]!);
    return this.#speak(phrase === 'offerOne' ? 'yes' : words);
  }

  #count(key: string): number {
    const times = this.#asked.get(key) ?? 0;
    this.#asked.set(key, times + 1);
    return times;
  }

  /** A slot's value in words, which the line may turn into another value. */
  #said(slot: string, times: number): string {
    const value = this.#script[slot]!;
    const mistaken = typeof value !== 'boolean' && this.#random() < this.#noise.share / 2 / (times + 1);
    return this.#mouth.say(slot, mistaken ? this.#mouth.mistake(slot, value) : value);
  }

  /** Through the line: silence, rejection, stray sounds, hesitation, or as it was said; at most two spoiled in a row. */
  #speak(text: string): Heard {
    const chance = this.#spoiled < 2 ? this.#random() / (this.#noise.share || Number.MIN_VALUE) : 1;
    this.#spoiled = chance < 0.5 ? this.#spoiled + 1 : 0;
    const speech = (said: string, confidence: number, alternatives: readonly string[] = []): Heard => ({
      type: 'speech',
      text: said,
      confidence,
      alternatives,
    });
    if (chance < 0.1) return { type: 'silence' };
    if (chance < 0.3) return speech(pick(this.#random, ['no', 'yes', 'goodbye', text, '']), 0.05, [text]);
    if (chance < 0.4) return speech('the weather has been lovely over there lately', 0.7);
    if (chance < 0.5) return speech('say that again', 0.8);
    if (chance < 0.7) return speech(`uh ${text}`, 0.45, ['what', text]);
    return speech(text, 0.65 + 0.35 * this.#random());
  }
}
