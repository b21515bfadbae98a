import type { LoadedFlow } from '../../src/workflow/load.ts';
import { choiceSlot, countSlot, ENDS, flowFrom, slotsOf, workflow, yesNoSlot } from './rich_flows.ts';

const FORMS = 10;
const SLOTS_A_FORM = 8;

/** The name of a slot, by its place. */
export function slotAt(form: number, place: number): string {
  return `s${String.fromCharCode(97 + form)}${String.fromCharCode(97 + place)}`;
}

/** An underwriting form: ten stages with eight slots each, all of them read back, with topics that are brought up between them. */
export function longForm(): LoadedFlow {
  const forms = Array.from({ length: FORMS }, (_, form) => form);
  const places = Array.from({ length: SLOTS_A_FORM }, (_, place) => place);
  const slots = forms.flatMap(form =>
    places.map(place => {
      const name = slotAt(form, place);
      if (place % 4 === 0) return choiceSlot(name, ['alpha', 'beta', 'gamma', 'delta']);
      return place % 4 === 1 ? yesNoSlot(name) : countSlot(name);
    }),
  );
  const stages = forms.map(form => {
    const questions = places.map(place => {
      const name = slotAt(form, place);
      return `      - { slots: [${name}], prompt: "What is ${name}?", help: "Say ${name}." }`;
    });
    const said = places.map(place => `{${slotAt(form, place)}}`).join(', ');
    return `  f${form}:
    kind: form
    about: part ${form}
    say: ["Part ${form}."]
    questions:
${questions.join('\n')}
    confirm: always
    readBack: [{ say: "${said}." }]
    next: [{ when: { all: [{ slot: risk, atLeast: 0 }, { any: [{ slot: saa, in: [alpha, beta] }, { slot: saa, known: true }] }] }, to: ${form + 1 < FORMS ? `f${form + 1}` : 'done'} }, { to: later }]`;
  });
  const rules = forms.map(form => `{ when: { slot: ${slotAt(form, 2)}, atLeast: 30 }, points: 3 }`);
  return flowFrom(
    workflow(
      'f0',
      `scores: { risk: { base: 1, rules: [${rules.join(', ')}] } }
topics:
  why: { kind: question, phrases: [why do you ask, why do you need that], answers: [The underwriter wants to know.] }
  long: { kind: objection, phrases: [this takes so long], answers: [We are getting there.] }
escalation: [{ when: { slot: risk, above: 900 }, to: later }, { misses: 100, to: later }]
resume: { say: ["We had got to {about}."], ask: Go on?, help: Yes or no., withinMinutes: 60 }`,
      slotsOf(...slots),
      `stages:\n${stages.join('\n')}\n  done: { kind: end, outcome: underwritten, say: ["The risk is {risk}."] }\n${ENDS}`,
    ).replace('misses: 2, silences: 3, turns: 500', 'misses: 9, silences: 3, turns: 2000'),
  );
}
