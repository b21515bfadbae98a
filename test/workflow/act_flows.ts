import type { FlowOptions, LoadedFlow } from '../../src/workflow/load.ts';
import { flowsOf, head } from './desk_flows.ts';

/** Asks for a size, and books a visit with three tools, of which all are done or none. */
export const VISITS = `${head('visits', 'hello')}
slots:
  size:
    kind: choice
    part: size
    values:
      big: { say: a big one, phrases: [big, big one] }
      small: { say: a small one, phrases: [small, small one] }
    repair: [{ by: again, prompt: Which size?, help: Big or small. }]
  rooms:
    kind: count
    part: rooms
    unit: { one: room, many: rooms }
    max: 20
    repair: [{ by: again, prompt: How many?, help: A number. }]
  visit:
    kind: count
    part: visit
    unit: { one: visit, many: visits }
    max: 60
    repair: [{ by: again, prompt: Which visit?, help: A number. }]
tools:
  reserve:
    description: Reserves a visit.
    parameters: { what: { type: string }, many: { type: integer }, note: { type: string, optional: true } }
    http: { method: POST, url: "https://shop.example/visits" }
    saves: { visit: /visit }
    filler: I look that up.
    compensate: { tool: release, args: { visit_id: "{visit}", size_before: "{size}" } }
  release:
    description: Gives a visit back.
    parameters: { visit_id: { type: integer }, size_before: { type: string } }
    http: { method: POST, url: "https://shop.example/released" }
  note_down:
    description: Notes it down.
    parameters: { text: { type: string }, kind: { type: string, enum: [visit] } }
    http: { method: POST, url: "https://shop.example/notes" }
    compensate: { tool: strike_out, args: { text_before: "{text}" } }
  strike_out:
    description: Strikes a note out.
    parameters: { text_before: { type: string } }
    http: { method: POST, url: "https://shop.example/struck" }
  tell:
    description: Writes to the caller.
    parameters: { urgent: { type: boolean } }
    http: { method: POST, url: "https://shop.example/mails" }
stages:
  hello:
    kind: form
    say: [Visits robot here.]
    questions:
      - { slots: [size], prompt: What size?, help: Big or small. }
      - { slots: [rooms], prompt: How many rooms?, help: A number. }
    confirm: unsure
    readBack: [{ say: "{size} and {rooms}." }]
    next: [{ to: book }]
  book:
    kind: act
    say: [I book it.]
    steps:
      - { tool: reserve, args: { what: "{size}", many: "{rooms}", note: "for {visit}" } }
      - { tool: note_down, args: { text: "a {size} piano, {rooms}", kind: visit } }
      - { tool: tell, args: { urgent: false } }
    filler: Still at it.
    next: [{ to: booked }]
    failed: not_booked
  booked: { kind: end, outcome: booked, say: [Booked.] }
  not_booked: { kind: end, outcome: failed, say: [It could not be booked.] }
  bye: { kind: end, outcome: answered, say: [Goodbye.] }
  later: { kind: end, outcome: callback, say: [Somebody will call you back.] }
`;

export function visits(text: string = VISITS, options: FlowOptions = {}): LoadedFlow {
  return flowsOf([text], options).get('visits')!;
}
