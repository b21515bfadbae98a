import { flowOf, type LoadedFlow } from '../../src/workflow/load.ts';
import { PLACES } from '../bench/small_flow.ts';

const YAML = `
name: talker
version: 1.0.0
title: Talker
start: hello
exits: { exhausted: later, goodbye: bye, person: later }
confidence: { readBack: 0.1, reject: 0.3, sure: 0.6 }
patience: { misses: 2, silences: 3, turns: 2000 }
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
slots: {}
stages:
  hello:
    kind: talk
    say: [This is an automated assistant., How can I help you?]
    instructions: You are the receptionist of a piano mover.
    patience: short
    filler: One moment please.
    ways:
      done: { to: bye, meaning: the caller has no further question }
      person: { to: later, meaning: the caller wants a person }
    without: later
  bye: { kind: end, outcome: answered, say: [Thank you for calling., Goodbye.] }
  later: { kind: end, outcome: callback, say: [Somebody will call you back., Goodbye.] }
`;

/** A workflow that a model leads, with a way out for each end. */
export function talkFlow(change: (yaml: string) => string = yaml => yaml): LoadedFlow {
  return flowOf(change(YAML), 'talker.yaml', PLACES);
}
