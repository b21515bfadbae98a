import type { FlowOptions } from '../../src/workflow/load.ts';
import { flowOf, type LoadedFlow } from '../../src/workflow/load.ts';
import { PLACES } from '../bench/small_flow.ts';

/** What every workflow needs, whatever it is about. */
export function head(name: string, start: string): string {
  return `name: ${name}
version: 1.0.0
title: ${name}
start: ${start}
exits: { exhausted: later, goodbye: bye, person: later }
confidence: { readBack: 0.1, reject: 0.3, sure: 0.6 }
patience: { misses: 2, silences: 3, turns: 500 }
phrases:
  right: Right?
  yesOrNo: Yes or no, please.
  which: "Which: {options}?"
  everything: everything
  notHeard: [I did not hear you.]
  notUnderstood: [What?]
  sorry: [Sorry.]
  thanks: [Good.]
  offerOne: Say {options}?
  offerMany: Is it {options}?
  spelled: "Spelled {letters}: {name}."
  restart: Start over?
  goodbye: End this?
`;
}

const ENDS = `
  bye: { kind: end, outcome: answered, say: [Goodbye.] }
  later: { kind: end, outcome: callback, say: [Somebody will call you back.] }
`;

const SIZE = `
  size:
    kind: choice
    part: size
    values:
      big: { say: a big one, phrases: [big, big one] }
      small: { say: a small one, phrases: [small, small one] }
    repair: [{ by: again, prompt: Which size?, help: Big or small. }]
`;
const FLOOR = `
  floor:
    kind: floor
    part: floor
    basement: false
    max: 9
    sensitive: true
    repair: [{ by: again, prompt: Which floor?, help: A floor. }]
`;
const TOWN = `
  town:
    kind: town
    part: town
    repair: [{ by: again, prompt: Which town?, help: A town. }]
`;

/** Asks for size and floor, and hands over. */
export const DESK = `${head('desk', 'hello')}
slots:${SIZE}${FLOOR}
stages:
  hello:
    kind: form
    say: [Desk robot here.]
    questions:
      - { slots: [size], prompt: What size?, help: Big or small. }
      - { slots: [floor], prompt: What floor?, help: A floor. }
    confirm: unsure
    readBack: [{ say: "{size} on the {floor}." }]
    next: [{ to: pass_on }]
  pass_on:
    kind: hand_off
    say: [I pass you on.]
    to: quotes
${ENDS}`;

/** Asks for size, floor and town; records with consent. */
export const QUOTES = `${head('quotes', 'welcome')}
takeOver: { start: ask }
slots:${SIZE}${FLOOR}${TOWN}
stages:
  welcome:
    kind: consent
    say: [Quotes robot here.]
    ask: May I record?
    help: Yes or no.
    announce: It is recorded.
    granted: Recorded.
    refused: Not recorded.
    next: [{ to: ask }]
  ask:
    kind: form
    questions:
      - { slots: [size], prompt: What size is it?, help: Big or small. }
      - { slots: [floor], prompt: What floor is it on?, help: A floor. }
      - { slots: [town], prompt: What town is it in?, help: A town. }
    confirm: always
    readBack: [{ say: "{size} on the {floor} in {town}." }]
    next: [{ to: bye }]
${ENDS}`;

/** A model that leads, and may send the caller to the quotes. */
export const TALKER = `${head('talker', 'hello')}
slots: {}
stages:
  hello:
    kind: talk
    say: [Talking robot here.]
    instructions: You are the front desk.
    ways:
      quote: { to: pass_on, meaning: the caller wants a quote }
    without: later
  pass_on: { kind: hand_off, to: quotes, say: [One moment.] }
${ENDS}`;

/** Begins to record, hands over to the quotes, and can take over again. */
export const FRONT = DESK.replaceAll('desk', 'front')
  .replace('start: hello', 'start: welcome\ntakeOver: { start: hello }')
  .replace(
    'stages:',
    `stages:
  welcome:
    kind: consent
    say: [Front robot here.]
    ask: May I?
    help: Yes or no.
    announce: It is recorded.
    granted: Recorded.
    refused: Not recorded.
    next: [{ to: hello }]`,
  );

export function flowsOf(
  texts: readonly string[],
  options: FlowOptions = {},
): ReadonlyMap<string, LoadedFlow> {
  const flows = texts.map(text => flowOf(text, 'flow.yaml', PLACES, options));
  return new Map(flows.map(flow => [flow.name, flow]));
}

/** Asks for size and floor, and puts the caller through to a person. */
export const RECEPTION = `${head('reception', 'hello').replace('person: later', 'person: put_through')}
slots:${SIZE}${FLOOR}${TOWN}
stages:
  hello:
    kind: form
    say: [Reception robot here.]
    questions:
      - { slots: [size], prompt: What size?, help: Big or small. }
      - { slots: [floor], prompt: What floor?, help: A floor. }
    confirm: unsure
    readBack: [{ say: "{size} on the {floor}." }]
    next: [{ to: put_through }]
  put_through:
    kind: person
    say: [I put you through.]
    to: sales
    whisper: ["A caller has {size}.", "It is in {town}."]
    ringSeconds: 20
    otherwise: later
    after: anything
  anything: { kind: end, outcome: served, say: [They have hung up.] }
${ENDS}`;
