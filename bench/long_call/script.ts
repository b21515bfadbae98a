import { flowOf, type LoadedFlow } from '../../src/workflow/load.ts';

const YAML = `
name: friend
version: 1.0.0
title: Friend
start: talk
exits: { exhausted: later, goodbye: later, person: later }
confidence: { readBack: 0.1, reject: 0.3, sure: 0.6 }
patience: { misses: 2, silences: 3, turns: 2000 }
historyTokens: BUDGET
phrases:
  right: Right?
  yesOrNo: Yes or no, please.
  which: "Which: {options}?"
  everything: everything
  notHeard: [Are you still there?]
  notUnderstood: [Sorry, what was that?]
  sorry: [Sorry.]
  thanks: [Good.]
  offerOne: Say {options}?
  offerMany: Is it {options}?
  spelled: "Spelled {letters}: {name}."
  restart: Start over?
  goodbye: End this?
slots: {}
stages:
  talk:
    kind: talk
    say: [Hello from the mover.]
    instructions: You are the receptionist of a piano mover, and have time to listen.
    patience: short
    without: later
  later: { kind: end, outcome: callback, say: [We call you back., Goodbye now.] }
`;

/** A workflow in which a model leads from beginning to end. */
export function friendFlow(budgetTokens: number): LoadedFlow {
  const places = {
    towns: new Map(),
    townsByName: new Map(),
    states: new Map(),
    streets: new Map(),
    streetTypes: [],
  };
  return flowOf(YAML.replace('BUDGET', String(budgetTokens)), 'friend.yaml', places);
}

interface Fact {
  /** Share of the call after which the caller tells it. */
  readonly at: number;
  readonly told: string;
  readonly asked: string;
  /** Without which an answer knows nothing of it. */
  readonly value: string;
}

/** Told in minutes 1, 10 and 30 of an hour, and asked for in its last. */
export const FACTS: readonly Fact[] = [
  { at: 1 / 60, told: 'my order number is 774129', asked: 'what is my order number', value: '774129' },
  { at: 10 / 60, told: 'my daughter is siobhan', asked: 'who is my daughter', value: 'siobhan' },
  { at: 30 / 60, told: 'my new floor is 17', asked: 'what is my new floor', value: '17' },
];
export const ASKED_AT = 59 / 60;

const SUBJECTS = 'weather garden music kitchen train river holiday market bakery museum'.split(' ');
const REMARKS = [
  'was so much nicer when we were all a good deal younger',
  'keeps me busy for the better part of every single week',
  'reminds me of the time when we lived close to the sea',
  'is what everybody around here likes to talk about these days',
  'has changed a lot since they built that road behind the hill',
  'will be the first thing that I look after in the summer',
];

/** What is said for the sake of saying something. */
const SMALL_TALK: readonly string[] = REMARKS.flatMap(remark => SUBJECTS.map(one => `the ${one} ${remark}`));

/** All that a caller may say; an utterance's number is its place here. */
export const UTTERANCES: readonly string[] = [
  ...FACTS.flatMap(({ told, asked }) => [told, asked]),
  ...SMALL_TALK,
];

/** What the caller says in each exchange. */
export function callerLines(exchanges: number): readonly string[] {
  const lines = Array.from({ length: exchanges }, (_, at) => SMALL_TALK[(7 * at) % SMALL_TALK.length]!);
  for (const { at, told } of FACTS) lines[Math.round(at * exchanges)] = told;
  const last = Math.min(Math.round(ASKED_AT * exchanges), exchanges - FACTS.length);
  for (const [at, { asked }] of FACTS.entries()) lines[last + at] = asked;
  return lines;
}
