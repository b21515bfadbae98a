import { TrunklineError } from '../../config/errors.ts';
import { LIMITS } from '../../config/limits.ts';
import type { Expansion } from './jsgf.ts';

interface WordArc {
  readonly from: number;
  readonly to: number;
  /** Index into `words`. */
  readonly word: number;
}

/** A small word automaton: state 0 is the start. */
export interface WordGraph {
  readonly words: readonly string[];
  readonly stateCount: number;
  readonly arcs: readonly WordArc[];
  /** Transitions without a word. */
  readonly skips: readonly { readonly from: number; readonly to: number }[];
  readonly accepting: readonly number[];
}

/**
 * Compiles a grammar to the smallest automaton that accepts the same sentences: beginnings and endings that many
 * names share are searched once, which is what makes thousands of names affordable.
 * @throws TrunklineError GRAMMAR_INVALID when it allows nothing, the empty sentence only, or grows too large
 */
export function compileWordGraph(expansion: Expansion): WordGraph {
  const nfa = new Nfa();
  const end = nfa.build(expansion, nfa.addState());
  const graph = shareArcs(minimize(determinize(nfa, end), nfa.words));
  if (graph.arcs.length === 0) throw new TrunklineError('GRAMMAR_INVALID', 'it allows no words');
  return graph;
}

/** Thompson's construction: each expansion leads from one state to another. */
class Nfa {
  readonly words: string[] = [];
  /** Per state: pairs of word index and target. */
  readonly arcs: number[][] = [];
  readonly epsilons: number[][] = [];
  readonly #wordIndex = new Map<string, number>();

  addState(): number {
    if (this.arcs.length >= LIMITS.grammarStates) {
      throw new TrunklineError('GRAMMAR_INVALID', `more than ${LIMITS.grammarStates} states`);
    }
    this.epsilons.push([]);
    return this.arcs.push([]) - 1;
  }

  /** Adds what leads from `from` through the expansion and returns where it ends. */
  build(expansion: Expansion, from: number): number {
    switch (expansion.type) {
      case 'word': {
        const to = this.addState();
        this.arcs[from]!.push(this.#word(expansion.word), to);
        return to;
      }
      case 'sequence':
        return expansion.parts.reduce((at, part) => this.build(part, at), from);
      case 'choice': {
        const to = this.addState();
        for (const option of expansion.options) this.#link(this.build(option, from), to);
        return to;
      }
      case 'optional': {
        const to = this.build(expansion.body, from);
        this.#link(from, to);
        return to;
      }
      case 'repeat':
        return this.#buildRepeat(expansion.body, expansion.least, from);
      case 'void':
        return this.addState();
    }
  }

  #buildRepeat(body: Expansion, least: 0 | 1, from: number): number {
    const entry = this.addState();
    this.#link(from, entry);
    const exit = this.build(body, entry);
    this.#link(exit, entry);
    const to = this.addState();
    this.#link(exit, to);
    if (least === 0) this.#link(from, to);
    return to;
  }

  #link(from: number, to: number): void {
    this.epsilons[from]!.push(to);
  }

  #word(word: string): number {
    const known = this.#wordIndex.get(word);
    if (known !== undefined) return known;
    const index = this.words.push(word) - 1;
    this.#wordIndex.set(word, index);
    return index;
  }
}

interface Dfa {
  /** Per state: word index to target. */
  readonly arcs: Map<number, number>[];
  readonly accepting: boolean[];
}

/** Subset construction. */
function determinize(nfa: Nfa, end: number): Dfa {
  const dfa: Dfa = { arcs: [], accepting: [] };
  const subsets: number[][] = [];
  const index = new Map<string, number>();
  const stateOf = (members: number[]): number => {
    const closed = closure(nfa, members);
    const key = closed.join(',');
    const known = index.get(key);
    if (known !== undefined) return known;
    if (subsets.length >= LIMITS.grammarStates) {
      throw new TrunklineError('GRAMMAR_INVALID', `more than ${LIMITS.grammarStates} states`);
    }
    index.set(key, subsets.length);
    dfa.arcs.push(new Map());
    dfa.accepting.push(closed.includes(end));
    return subsets.push(closed) - 1;
  };
  stateOf([0]);
  for (let state = 0; state < subsets.length; state++) {
    for (const [word, targets] of moves(nfa, subsets[state]!)) dfa.arcs[state]!.set(word, stateOf(targets));
  }
  return dfa;
}

/** The states reachable without a word, sorted. */
function closure(nfa: Nfa, members: readonly number[]): number[] {
  const seen = new Set(members);
  for (const state of seen) for (const next of nfa.epsilons[state]!) seen.add(next);
  return [...seen].toSorted((a, b) => a - b);
}

function moves(nfa: Nfa, members: readonly number[]): Map<number, number[]> {
  const targets = new Map<number, number[]>();
  for (const state of members) {
    const arcs = nfa.arcs[state]!;
    for (let at = 0; at < arcs.length; at += 2) {
      const list = targets.get(arcs[at]!);
      if (list === undefined) targets.set(arcs[at]!, [arcs[at + 1]!]);
      else list.push(arcs[at + 1]!);
    }
  }
  return targets;
}

/** Moore's refinement: states are split until those of a class have equal arcs; dead ends are dropped first. */
function minimize(dfa: Dfa, words: readonly string[]): WordGraph {
  const alive = liveStates(dfa);
  let classes = dfa.accepting.map(Number);
  for (let count = 0; ; ) {
    const index = new Map<string, number>();
    classes = dfa.arcs.map((arcs, state) => {
      const signature = [classes[state]!];
      for (const word of [...arcs.keys()].toSorted((a, b) => a - b)) {
        const target = arcs.get(word)!;
        if (alive[target]) signature.push(word, classes[target]!);
      }
      const key = signature.join(',');
      const known = index.get(key) ?? index.size;
      index.set(key, known);
      return known;
    });
    if (index.size === count) return quotient(dfa, words, alive, classes);
    count = index.size;
  }
}

/** States from which an accepting state can be reached. */
function liveStates(dfa: Dfa): boolean[] {
  const sources: number[][] = dfa.arcs.map(() => []);
  dfa.arcs.forEach((arcs, state) => {
    for (const target of arcs.values()) sources[target]!.push(state);
  });
  const alive = [...dfa.accepting];
  const queue = alive.flatMap((live, state) => (live ? [state] : []));
  for (let at = 0; at < queue.length; at++) {
    for (const source of sources[queue[at]!]!) {
      if (alive[source]) continue;
      alive[source] = true;
      queue.push(source);
    }
  }
  return alive;
}

function quotient(dfa: Dfa, words: readonly string[], alive: boolean[], classes: number[]): WordGraph {
  const numbers = new Map<number, number>([[classes[0]!, 0]]);
  const arcs: WordArc[] = [];
  const accepting: number[] = [];
  const queue = [0];
  const numberOf = (state: number): number => {
    const known = numbers.get(classes[state]!);
    if (known !== undefined) return known;
    numbers.set(classes[state]!, numbers.size);
    return queue.push(state) - 1;
  };
  for (let at = 0; at < queue.length; at++) {
    const state = queue[at]!;
    if (dfa.accepting[state]) accepting.push(at);
    for (const [word, target] of dfa.arcs[state]!) {
      if (alive[target]) arcs.push({ from: at, to: numberOf(target), word });
    }
  }
  return { words, stateCount: queue.length, arcs, skips: [], accepting };
}

/** States with fewer arcs than this are not worth sharing. */
const SHARED_ARCS = 50;

/**
 * Undoes what determinism costs where a long list may follow an optional part: a state that has all arcs of another
 * one skips to it instead of repeating them (after "four" both "hundred" and any of 2,500 streets may come).
 */
function shareArcs(graph: WordGraph): WordGraph {
  const outgoing = Array.from({ length: graph.stateCount }, () => new Map<number, WordArc>());
  for (const arc of graph.arcs) outgoing[arc.from]!.set(arc.word, arc);
  const lists = [...outgoing.keys()]
    .filter(state => outgoing[state]!.size >= SHARED_ARCS)
    .toSorted((a, b) => outgoing[a]!.size - outgoing[b]!.size);
  const skips: { from: number; to: number }[] = [];
  const shared = new Map<number, Map<number, WordArc>>();
  for (const [rank, state] of lists.entries()) {
    const part = lists.slice(0, rank).findLast(other => includes(outgoing[state]!, outgoing[other]!));
    if (part === undefined || graph.accepting.includes(part) !== graph.accepting.includes(state)) continue;
    skips.push({ from: state, to: part });
    shared.set(state, outgoing[part]!);
  }
  const arcs = graph.arcs.filter(arc => !shared.get(arc.from)?.has(arc.word));
  return { ...graph, arcs, skips };
}

function includes(whole: ReadonlyMap<number, WordArc>, part: ReadonlyMap<number, WordArc>): boolean {
  for (const [word, arc] of part) if (whole.get(word)?.to !== arc.to) return false;
  return true;
}
