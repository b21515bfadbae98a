import { flowOf, type LoadedFlow } from '../../src/workflow/load.ts';
import type { Places } from '../../src/workflow/places.ts';

/** A workflow that is over in seconds: one thing asked, read back, priced and booked. */
const YAML = `
name: small
version: 1.0.0
title: Small
start: hello
exits: { exhausted: later, goodbye: later, person: later }
confidence: { readBack: 0.1, reject: 0.3, sure: 0.6 }
patience: { misses: 2, silences: 3, turns: 50 }
phrases:
  right: Right?
  yesOrNo: Yes or no, please.
  which: "Which: {options}?"
  everything: everything
  notHeard: [Hello?]
  notUnderstood: [What?]
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
      big: { say: a big one, phrases: [big, big one] }
      small: { say: a small one, phrases: [small, small one] }
    repair:
      - { by: again, prompt: Which one is it?, help: Big or small. }
      - { by: again, prompt: Which one is it?, help: Big or small. }
  origin:
    kind: town
    part: start
    repair:
      - { by: again, prompt: From again?, help: A town. }
      - { by: spelling, prompt: Spell from. }
  destination:
    kind: town
    part: end
    repair:
      - { by: again, prompt: To again?, help: A town. }
      - { by: spelling, prompt: Spell to. }
  booking:
    kind: yes_no
    part: booking
    repair:
      - { by: again, prompt: Take it?, help: Yes or no. }
      - { by: again, prompt: Take it?, help: Yes or no. }
stages:
  hello:
    kind: consent
    say: [Robot here.]
    ask: May I record?
    help: Yes or no.
    announce: Recorded.
    granted: Recording.
    refused: Not recorded.
    next: [{ to: what }]
  what:
    kind: form
    questions:
      - { slots: [size], prompt: What size?, help: Big or small. }
      - { slots: [origin], also: [destination], prompt: From where?, help: A town. }
      - { slots: [destination], prompt: To where?, help: A town. }
    confirm: always
    readBack: [{ say: "{size} from {origin} to {destination}." }]
    next: [{ to: price }]
  price:
    kind: quote
    total: Total {amount}.
    next: [{ to: offer }]
  offer:
    kind: form
    questions: [{ slots: [booking], prompt: Take it?, help: Yes or no. }]
    confirm: unsure
    readBack: [{ say: Sure. }]
    next: [{ when: { slot: booking, is: true }, to: taken }, { to: left }]
  taken: { kind: end, outcome: taken, booked: true, say: [It is yours., Bye.] }
  left: { kind: end, outcome: left, say: [As you like., Bye.] }
  later: { kind: end, outcome: callback, say: [We call you., Bye.] }
pricing:
  currency: USD
  distance: { from: origin, to: destination, roadFactor: 1, minimumMiles: 1 }
  lines:
    - { rule: byValue, label: Size, slot: size, cents: { big: 2000, small: 1000 }, say: "Size {amount}." }
`;

const TOWNS = ['Acton', 'Beverly', 'Concord', 'Dover'].map((name, index) => ({
  id: `${name}, MA`,
  name,
  state: 'MA',
  lat: 42 + index / 10,
  lon: -71,
  population: 1000,
}));

export const PLACES: Places = {
  towns: new Map(TOWNS.map(town => [town.id, town])),
  townsByName: new Map(TOWNS.map(town => [town.name.toLowerCase(), [town]])),
  states: new Map([['MA', 'Massachusetts']]),
  streets: new Map([['Elm', ['Street']]]),
  streetTypes: ['Street'],
};

export function smallFlow(): LoadedFlow {
  return flowOf(YAML, 'small.yaml', PLACES);
}
