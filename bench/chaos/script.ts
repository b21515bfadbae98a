import { flowOf, type LoadedFlow } from '../../src/workflow/load.ts';

const YAML = `
name: mover
version: 1.0.0
title: Mover
start: what
exits: { exhausted: later, goodbye: later, person: later }
confidence: { readBack: 0.1, reject: 0.3, sure: 0.6 }
patience: { misses: 2, silences: 3, turns: 50 }
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
slots:
  size:
    kind: choice
    part: size
    values:
      big: { say: a big one, phrases: [big one] }
      small: { say: a small one, phrases: [small one] }
    repair:
      - { by: again, prompt: Which size once more?, help: Big or small. }
      - { by: again, prompt: Which size once more?, help: Big or small. }
  floor:
    kind: choice
    part: floor
    values:
      ground: { say: ground floor, phrases: [ground floor] }
      upper: { say: upper floor, phrases: [upper floor] }
    repair:
      - { by: again, prompt: Which floor once more?, help: Ground or upper. }
      - { by: again, prompt: Which floor once more?, help: Ground or upper. }
  place:
    kind: choice
    part: place
    values:
      house: { say: a house, phrases: [a house] }
      flat: { say: a flat, phrases: [a flat] }
    repair:
      - { by: again, prompt: What place once more?, help: House or flat. }
      - { by: again, prompt: What place once more?, help: House or flat. }
  booking:
    kind: yes_no
    part: booking
    repair:
      - { by: again, prompt: Shall we come then?, help: Yes or no. }
      - { by: again, prompt: Shall we come then?, help: Yes or no. }
stages:
  what:
    kind: form
    say: [Hello from the mover.]
    questions:
      - { slots: [size], prompt: Which size is it?, help: Big or small. }
      - { slots: [floor], prompt: Which floor is that?, help: Ground or upper. }
    confirm: unsure
    readBack: [{ say: "{size} on {floor}." }]
    next: [{ to: talk }]
  talk:
    kind: talk
    say: [Now you may ask me anything.]
    instructions: You are the receptionist of a piano mover.
    patience: short
    filler: One moment please.
    ways:
      done: { to: where, meaning: the caller has no further question }
    without: where
  where:
    kind: form
    questions:
      - { slots: [place], prompt: Where does it go?, help: House or flat. }
      - { slots: [booking], prompt: Shall we come?, help: Yes or no. }
    confirm: unsure
    readBack: [{ say: "{place} then." }]
    next: [{ to: taken }]
  taken: { kind: end, outcome: taken, say: [We come on Monday., Goodbye now.] }
  later: { kind: end, outcome: callback, say: [We call you back., Goodbye now.] }
`;

/** A form, a model that leads, and a form again, so that what was known before a failure can be missed after it. */
export function moverFlow(): LoadedFlow {
  const places = {
    towns: new Map(),
    townsByName: new Map(),
    states: new Map(),
    streets: new Map(),
    streetTypes: [],
  };
  return flowOf(YAML, 'mover.yaml', places);
}

/** What the record must hold at the end. */
export const SLOTS: Readonly<Record<string, string | boolean>> = {
  size: 'small',
  floor: 'ground',
  place: 'flat',
  booking: true,
};

/** What the caller answers to the last sentence of the agent. */
const ANSWERS: readonly (readonly [asked: RegExp, answer: string])[] = [
  [/which size/iu, 'small one'],
  [/which floor/iu, 'ground floor'],
  [/where does|what place/iu, 'a flat'],
  [/shall we/iu, 'yes'],
];

interface Exchange {
  readonly said: string;
  readonly answer: string;
  /** The way by which the model leads on afterwards. */
  readonly way?: string;
}

/** What the caller asks the model, and what it answers: no sentence twice. */
export const EXCHANGES: readonly [Exchange, Exchange] = [
  {
    said: 'do you carry pianos upstairs',
    answer: 'Certainly we carry those. Two strong people come along. What else interests you?',
  },
  { said: 'that is all thank you', answer: 'Very well then. Only little is missing.', way: 'done' },
];

/** All that a caller may say; an utterance's number is its place here. */
export const UTTERANCES: readonly string[] = [
  ...ANSWERS.map(([, answer]) => answer),
  ...EXCHANGES.map(({ said }) => said),
];

/** What to answer in a form; undefined for what is no question of it. */
export function answerTo(asked: string): string | undefined {
  const last = ANSWERS.map(([pattern, answer]) => ({ at: asked.search(pattern), answer }))
    .filter(({ at }) => at >= 0)
    .toSorted((one, other) => other.at - one.at);
  return last[0]?.answer;
}

export function exchangeOf(said: string): Exchange | undefined {
  return EXCHANGES.find(exchange => exchange.said === said);
}
