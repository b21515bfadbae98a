import { type FlowOptions, flowOf, type LoadedFlow } from '../../src/workflow/load.ts';
import type { FlowStep, Heard } from '../../src/workflow/types.ts';
import { PLACES } from '../bench/small_flow.ts';

const YAML = `
name: insurer
version: 1.0.0
title: Insurer
start: state
exits: { exhausted: later, goodbye: bye, person: later }
confidence: { readBack: 0.1, reject: 0.3, sure: 0.6 }
patience: { misses: 2, silences: 3, turns: 100 }
variables: { company: Harmony Insurance }
persona:
  name: Robin
  role: "the automated assistant of {company}"
  tone: friendly
  traits: [You like dogs.]
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
texts:
  notice:
    slot: state
    default: { say: this call may be recorded, source: 18 U.S.C. 2511 }
    ca: { say: "this call is recorded, which the law of {state} has me tell you", source: Cal. Penal Code 632 }
slots:
  state:
    kind: choice
    part: state
    values:
      ca: { say: California, phrases: [california] }
      ny: { say: New York, phrases: [new york] }
    repair: [{ by: again, prompt: Which state?, help: A state. }]
  plan:
    kind: choice
    part: plan
    values:
      dental: { say: the dental plan, phrases: [dental] }
      vision: { say: the vision plan, phrases: [vision] }
    repair: [{ by: again, prompt: Which plan?, help: A plan. }]
stages:
  state:
    kind: form
    say: ["This is {persona_name} of {company}."]
    questions: [{ slots: [state], prompt: Which state?, help: A state. }]
    confirm: unsure
    readBack: [{ say: "{state}." }]
    next: [{ to: consent }]
  consent:
    kind: consent
    say: ["{notice}."]
    ask: May I record this call?
    help: Please say yes or no.
    announce: This call is recorded.
    granted: Thank you.
    refused: Then not.
    twoParty: { slot: state, states: [ca], source: Cal. Penal Code 632 }
    next: [{ to: desk }]
  desk:
    kind: talk
    say: [How can I help you?]
    instructions: Sell plans.
    ways:
      plan: { to: plan, meaning: they want a plan }
      end: { to: bye, meaning: they want nothing }
    without: plan
  plan:
    kind: form
    questions: [{ slots: [plan], prompt: Which plan?, help: Dental or vision. }]
    confirm: unsure
    readBack: [{ say: "{plan}." }]
    next: [{ to: bye }]
  bye: { kind: end, outcome: answered, say: [Goodbye.] }
  later: { kind: end, outcome: callback, say: [Somebody will call you back.] }
`;

/** A workflow with a persona, a text that differs by state, and consent by the law of a state. */
export function insurer(
  change: (yaml: string) => string = yaml => yaml,
  options: FlowOptions = {},
): LoadedFlow {
  return flowOf(change(YAML), 'insurer.yaml', PLACES, options);
}

export const TODAY = { todayIso: '2027-03-01' };

export function speech(text: string): Heard {
  return { type: 'speech', text, confidence: 0.95, alternatives: [] };
}

/** The steps of a call in which those words are said, the greeting first. */
export function conversation(flow: LoadedFlow, words: readonly string[]): readonly FlowStep[] {
  const steps = [flow.next(flow.initial, { type: 'start' }, TODAY)];
  for (const said of words) steps.push(flow.next(steps.at(-1)!.state, speech(said), TODAY));
  return steps;
}
