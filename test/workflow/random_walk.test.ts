import t, { type Test } from 'tap';
import type { LoadedFlow } from '../../src/workflow/load.ts';
import type { FlowState, FlowStep, Heard } from '../../src/workflow/types.ts';
import { longForm } from './long_form.ts';
import { flowFrom } from './rich_flows.ts';
import { SALES } from './sales_flow.ts';

const NOW = { todayIso: '2026-11-21' };
const WORDS =
  `yes no yeah nope roofer plumber twelve seven zero fifty five too expensive trade how long does it take costs so much not
  interested call me later the head of sales start over go back goodbye repeat that speak to a person i don't know never mind
  hm uh the pieces staff claims insured booking everything all of it sorry actually wait no it's wrong right first one last one
  ridiculous waste of my time great stop calling me take me off your list four one one one one two two fire help slower
  what do you mean ${'x'.repeat(300)} 421 3rd 2026-12-01 {staff} __proto__ constructor ' " < \\u0000`.split(
    /\s+/,
  );

const CHOICES = ['roofer', 'plumber', 'alpha', 'beta'];
const NUMBERS = ['two', 'seven', 'twelve', 'twelve', 'nine', 'fifty five'];

/** Mulberry32 (public domain, Tommy Ettinger): equal for an equal seed. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), state | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** What could be an answer. */
function sensible({ expects, say }: FlowStep, pick: <T>(items: readonly T[]) => T): string {
  if (expects?.kind === 'yesNo') return pick(['yes', 'yes', 'yes', 'no']);
  return pick(/trade|s.[ae]\b/.test(say.at(-1) ?? '') ? CHOICES : NUMBERS);
}

function heardBy(random: () => number, step: FlowStep): Heard {
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)]!;
  const words = (most: number): string =>
    Array.from({ length: 1 + Math.floor(random() * most) }, () => pick(WORDS)).join(' ');
  const kind = random();
  if (step.act !== undefined && kind < 0.7) {
    const outcome = pick(['done', 'failed', 'unknown'] as const);
    return { type: 'acted', id: step.act.id, outcome, saves: { visit: pick([3, 'x', -1, null, {}]) } };
  }
  if (kind < 0.04) return { type: 'acted', id: words(1), outcome: 'done', saves: { visit: 4 } };
  if (kind < 0.08) return { type: 'person', became: pick(['joined', 'left', 'failed'] as const) };
  if (kind < 0.13) return { type: 'start' };
  if (kind < 0.2) return { type: 'silence' };
  if (kind < 0.3) return { type: 'keys', digits: pick(['1', '2', '12', '99999999', '#', '*', '']) };
  const confidence = pick([1, 1, 1, 1, 1, 1, 0.9, 0.9, 0.5, 0.2, Number.NaN]);
  // What could be an answer gets farther.
  const sense = random();
  const text = sense < 0.8 ? sensible(step, pick) : sense < 0.92 ? words(3) : words(70);
  return { type: 'speech', text, confidence, alternatives: random() < 0.3 ? [words(3), words(3)] : [] };
}

function frozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const part of Object.values(value)) frozen(part);
  return value;
}

const MOST_TURNS = 3_000;

/** Every state of a walk, as it would be in a checkpoint. */
function walk(
  flow: LoadedFlow,
  seed: number,
): { readonly states: readonly string[]; readonly last: FlowState } {
  const random = randomOf(seed);
  const states: string[] = [];
  let step = flow.next(flow.initial, { type: 'start', given: { staff: 3 } }, NOW);
  while (!step.state.done && states.length < MOST_TURNS) {
    const stored = JSON.stringify(step.state);
    states.push(stored);
    // Sometimes out of a checkpoint; and whatever a step is given, it changes nothing of it.
    const state = random() < 0.3 ? (JSON.parse(stored) as FlowState) : step.state;
    step = flow.next(frozen(state), heardBy(random, step), NOW);
  }
  return { states, last: step.state };
}

/** The call breaks off in any state, and the caller calls again. */
function callsAgain(flow: LoadedFlow, states: readonly string[], seed: number): FlowState {
  const random = randomOf(seed);
  const state = JSON.parse(states[Math.floor(random() * states.length)]!) as FlowState;
  const version = random() < 0.3 ? '0.1.0' : state.version;
  const earlier = { state: { ...state, version }, minutesAgo: 5 };
  let step = flow.next(flow.initial, { type: 'start', earlier }, NOW);
  for (let turn = 0; turn < MOST_TURNS && !step.state.done; turn += 1)
    step = flow.next(step.state, heardBy(random, step), NOW);
  return step.state;
}

function check(t: Test, flow: LoadedFlow, seeds: number): ReadonlySet<string> {
  let longest = 0;
  const ends = new Set<string>();
  for (let seed = 1; seed <= seeds; seed += 1) {
    const { states, last } = walk(flow, seed);
    ends.add(last.stage);
    longest = Math.max(longest, ...states.map(state => state.length));
    if (!callsAgain(flow, states, seed).done) t.fail(`seed ${seed} comes to no end when it is taken up`);
    if (!last.done || flow.document.stages[last.stage]?.kind !== 'end')
      t.fail(`seed ${seed} comes to no end`);
    if (seed % 10 === 0) t.same(walk(flow, seed).states, states, `seed ${seed} goes the same way again`);
  }
  t.ok(longest < 60_000, `a state takes ${longest} bytes at most`);
  return ends;
}

/** With callers who get on everybody's nerves before they are given up. */
const PATIENT = SALES.replace('misses: 4', 'misses: 60')
  .replace(/negative, times: 2/, 'negative, times: 30')
  .replace('objections: 4', 'objections: 40')
  .replace('misses: 2,', 'misses: 6,');

t.test('whatever is heard, a sales call comes to an end', async t => {
  check(t, flowFrom(SALES), 60);
  const ends = check(t, flowFrom(PATIENT), 140);
  for (const stage of ['booked', 'specialist', 'put_by', 'bye', 'later'])
    t.ok(ends.has(stage), `one of them in ${stage}`);
});

t.test('so does a form of eighty slots', async t => {
  t.ok(check(t, longForm(), 20).has('done'), 'one of them in the last of them');
});
