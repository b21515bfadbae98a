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
  /** Per state: pairs of word index and target. */
  readonly arcs: readonly (readonly number[])[];
  readonly accepting: readonly boolean[];
}

/** Subset construction. */
function determinize(nfa: Nfa, end: number): Dfa {
  const subsets = new Subsets(nfa, end);
  const arcs: number[][] = [];
  subsets.stateOf([0]);
  for (let state = 0; state < subsets.members.length; state++) {
    const pairs: number[] = [];
    for (const [word, targets] of moves(nfa, subsets.members[state]!))
      pairs.push(word, subsets.stateOf(targets));
    arcs.push(pairs);
  }
  return { arcs, accepting: subsets.members.map(members => members.at(-1) === end) };
}

/** Sets of states of an automaton that are states of another, each with a number. */
class Subsets {
  /** Per number: those of its states that lead on by a word, in order, and the end behind them where it is one of them. */
  readonly members: (readonly number[])[] = [];
  readonly #numbers = new Numbers((a, b) => isEqual(this.members[a]!, this.members[b]!));
  readonly #nfa: Nfa;
  readonly #end: number;
  /** Per state: the last subset that it was found for. */
  readonly #foundFor: Int32Array;
  #round = 0;

  constructor(nfa: Nfa, end: number) {
    this.#nfa = nfa;
    this.#end = end;
    this.#foundFor = new Int32Array(nfa.arcs.length);
  }

  /** The number of all that can be reached from these states without a word. */
  stateOf(states: readonly number[]): number {
    const { members } = this;
    const next = members.length;
    members.push(this.#reached(states));
    const number = this.#numbers.of(hashOf(members[next]!), next);
    if (number !== next) members.pop();
    else if (next >= LIMITS.grammarStates) {
      throw new TrunklineError('GRAMMAR_INVALID', `more than ${LIMITS.grammarStates} states`);
    }
    return number;
  }

  #reached(states: readonly number[]): readonly number[] {
    const { arcs, epsilons } = this.#nfa;
    this.#round += 1;
    const open = [...states];
    const leading: number[] = [];
    let ends = false;
    for (let state = open.pop(); state !== undefined; state = open.pop()) {
      if (this.#foundFor[state] === this.#round) continue;
      this.#foundFor[state] = this.#round;
      if (state === this.#end) ends = true;
      if (arcs[state]!.length > 0) leading.push(state);
      for (const next of epsilons[state]!) open.push(next);
    }
    leading.sort((a, b) => a - b);
    if (ends) leading.push(this.#end);
    return leading;
  }
}

/** Numbers for what is equal, found by hashes. */
class Numbers {
  readonly #byHash = new Map<number, number[]>();
  readonly #isEqual: (a: number, b: number) => boolean;

  constructor(areEqual: (a: number, b: number) => boolean) {
    this.#isEqual = areEqual;
  }

  /** The first that came with the same hash and is equal to `candidate`; else `candidate`, which is kept. */
  of(hash: number, candidate: number): number {
    const alike = this.#byHash.get(hash);
    if (alike === undefined) {
      this.#byHash.set(hash, [candidate]);
      return candidate;
    }
    const known = alike.find(other => this.#isEqual(other, candidate));
    if (known === undefined) alike.push(candidate);
    return known ?? candidate;
  }
}

/** FNV-1a over whole numbers (http://www.isthe.com/chongo/tech/comp/fnv/). */
const HASH_START = 0x81_1c_9d_c5;

function hashed(hash: number, value: number): number {
  return Math.imul(hash ^ value, 0x01_00_01_93);
}

function hashOf(values: readonly number[]): number {
  return values.reduce(hashed, HASH_START);
}

function isEqual(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((value, at) => value === b[at]);
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
  const arcs = dfa.arcs.map(pairs => byWord(pairs, alive));
  let classes = dfa.accepting.map(Number);
  for (let count = 0; ; ) {
    const next = refined(arcs, classes);
    const found = next.reduce((most, one) => Math.max(most, one), -1) + 1;
    classes = next;
    if (found === count) return quotient(dfa, words, alive, classes);
    count = found;
  }
}

/** The arcs to states that are not dead ends, in the order of their words. */
function byWord(pairs: readonly number[], alive: readonly boolean[]): readonly number[] {
  const arcs: [number, number][] = [];
  for (let at = 0; at < pairs.length; at += 2)
    if (alive[pairs[at + 1]!]) arcs.push([pairs[at]!, pairs[at + 1]!]);
  return arcs.toSorted(([a], [b]) => a - b).flat();
}

/** States are of one class that were of one class, and whose arcs lead by the same words to the same classes. */
function refined(arcs: readonly (readonly number[])[], classes: readonly number[]): number[] {
  const areEqual = (a: number, b: number): boolean => {
    const ofA = arcs[a]!;
    const ofB = arcs[b]!;
    if (classes[a] !== classes[b] || ofA.length !== ofB.length) return false;
    for (let at = 0; at < ofA.length; at += 2) {
      if (ofA[at] !== ofB[at] || classes[ofA[at + 1]!] !== classes[ofB[at + 1]!]) return false;
    }
    return true;
  };
  const firsts = new Numbers(areEqual);
  const numbers = new Map<number, number>();
  return arcs.map((pairs, state) => {
    let hash = hashed(HASH_START, classes[state]!);
    for (let at = 0; at < pairs.length; at += 2)
      hash = hashed(hashed(hash, pairs[at]!), classes[pairs[at + 1]!]!);
    const first = firsts.of(hash, state);
    const number = numbers.get(first) ?? numbers.size;
    numbers.set(first, number);
    return number;
  });
}

/** States from which an accepting state can be reached. */
function liveStates(dfa: Dfa): boolean[] {
  const sources: number[][] = dfa.arcs.map(() => []);
  dfa.arcs.forEach((arcs, state) => {
    for (let at = 1; at < arcs.length; at += 2) sources[arcs[at]!]!.push(state);
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

function quotient(
  dfa: Dfa,
  words: readonly string[],
  alive: readonly boolean[],
  classes: readonly number[],
): WordGraph {
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
  for (let from = 0; from < queue.length; from++) {
    const state = queue[from]!;
    if (dfa.accepting[state]) accepting.push(from);
    const pairs = dfa.arcs[state]!;
    for (let at = 0; at < pairs.length; at += 2) {
      const target = pairs[at + 1]!;
      if (alive[target]) arcs.push({ from, to: numberOf(target), word: pairs[at]! });
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
