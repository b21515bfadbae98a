import { cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PROJECT } from '../node.ts';

/** Long enough to be cut into. */
export const GREETING = [
  'This is an automated assistant.',
  'I can tell you what moving your piano costs and when our next free days are.',
  'How can I help you?',
] as const;
export const INSTRUCTIONS = 'You are the front desk of a piano mover. Be brief.';

/** `stages` before the talk begins, and which of them is the first. */
const yamlOf = (start: string, before: string, greeting: readonly string[]) => `name: talker
version: 1.0.0
title: Talker of the latency bench
start: ${start}
exits: { exhausted: later, goodbye: bye, person: later }
confidence: { readBack: 0.1, reject: 0.3, sure: 0.6 }
patience: { misses: 2, silences: 3, turns: 2000 }
phrases:
  right: Is that right?
  yesOrNo: Please say yes or no.
  which: "Which part is wrong: {options}?"
  everything: everything
  notHeard: [I did not hear you.]
  notUnderstood: [I did not get that.]
  sorry: [I am sorry.]
  thanks: [Thank you.]
  offerOne: Did you say {options}?
  offerMany: Is that {options}?
  spelled: "I have the spelling {letters}: {name}."
  restart: Would you like to start over?
  goodbye: Would you like to end this call?
slots: {}
stages:${before}
  hello:
    kind: talk
    say: ${JSON.stringify(greeting)}
    instructions: ${INSTRUCTIONS}
    patience: normal
    ways: { done: { to: bye, meaning: the caller has no further question } }
    without: later
  bye: { kind: end, outcome: answered, say: [Goodbye.] }
  later: { kind: end, outcome: callback, say: [Somebody will call you back. Goodbye.] }
`;

const CONSENT = `
  consent:
    kind: consent
    say: [${GREETING[0]}]
    ask: May I record this call?
    help: Please say yes or no.
    announce: This call is recorded.
    granted: Thank you.
    refused: That is fine.
    next: [{ to: hello }]`;

export interface Workflow {
  writeTo(folder: string): Promise<void>;
}

/** A workflow in which a model answers every turn. */
export const TALKER = workflowOf(yamlOf('hello', '', GREETING));
/** The same, recorded where the configuration says so. */
export const RECORDED_TALKER = workflowOf(yamlOf('consent', CONSENT, GREETING.slice(1)));

function workflowOf(yaml: string): Workflow {
  return {
    async writeTo(folder) {
      await mkdir(folder, { recursive: true });
      await writeFile(join(folder, 'talker.yaml'), yaml);
      await cp(join(PROJECT, 'workflows/places'), join(folder, 'places'), { recursive: true });
    },
  };
}
