import { choiceSlot, countSlot, ENDS, slotsOf, workflow, yesNoSlot } from './rich_flows.ts';

/** A sales call with everything that may happen at any time: topics, escalation, an earlier call, tools. */
export const SALES = workflow(
  'welcome',
  `scores:
  lead: { base: 0, rules: [{ when: { slot: staff, atLeast: 10 }, points: 5 }, { when: { slot: insured, known: true }, points: 1 }] }
topics:
  too_expensive:
    kind: objection
    phrases: [too expensive, can't afford, "costs|cost too|so much"]
    answers: [Most people save money., "It is paid by the month, for {trade} too."]
    most: 2
    to: soft_close
  how_long:
    kind: question
    phrases: [how long does it|this take, "how|what about *2 minutes"]
    answers: [It takes five minutes.]
  not_now:
    kind: objection
    phrases: [not interested, call me later]
    answers: [I will be brief.]
  human:
    kind: question
    phrases: [the head of sales]
    most: 0
    to: put_by
escalation:
  - { when: { slot: staff, above: 50 }, to: specialist }
  - { misses: 4, to: put_by }
  - { confidenceBelow: 0.5, times: 3, to: put_by }
  - { sentiment: negative, times: 2, to: put_by }
  - { objections: 4, to: soft_close }
resume:
  withinMinutes: 60
  say: ["We had got to {about}.", "I know of {staff}.", "You are a {trade}."]
  ask: Shall we go on with that?
  help: Yes to go on, no to begin anew.
  yes: Very well.
  no: Then anew.`,
  slotsOf(
    choiceSlot('trade', ['roofer', 'plumber', 'too_expensive_trade']),
    countSlot('staff'),
    yesNoSlot('insured'),
    countSlot('claims', 9),
    countSlot('visit', 60),
    yesNoSlot('booking'),
  ),
  `tools:
  reserve:
    description: Reserves a visit.
    parameters: { people: { type: integer }, points: { type: integer } }
    http: { method: POST, url: "https://shop.example/visits" }
    saves: { visit: /visit }
    compensate: { tool: release, args: { which: "{visit}" } }
  release:
    description: Gives a visit back.
    parameters: { which: { type: integer } }
    http: { method: POST, url: "https://shop.example/released" }
stages:
  welcome:
    kind: consent
    say: [Sales robot here.]
    ask: May I record?
    help: Yes or no.
    announce: It is recorded.
    granted: Recorded.
    refused: Not recorded.
    next: [{ to: business }]
  business:
    kind: form
    say: [First your business.]
    about: your business
    questions:
      - { slots: [trade], prompt: What trade?, help: A trade. }
      - { slots: [staff], prompt: How many people?, help: A number. }
      - { slots: [insured], prompt: Are you insured?, help: Yes or no. }
    confirm: always
    readBack: [{ say: "{trade} with {staff}." }]
    next: [{ to: history }]
  history:
    kind: form
    say: [Now the claims.]
    about: your claims
    questions:
      - { slots: [claims], prompt: How many claims?, help: A number. }
      - { slots: [booking], prompt: Shall we come by?, help: Yes or no. }
    confirm: unsure
    readBack: [{ say: "{claims}." }]
    next: [{ when: { slot: booking, is: true }, to: book }, { to: bye }]
  book:
    kind: act
    say: [I book it.]
    steps: [{ tool: reserve, args: { people: "{staff}", points: "{lead}" } }, { tool: reserve, args: { people: 1, points: 0 } }]
    next: [{ to: booked }]
    failed: later
  booked: { kind: end, outcome: booked, booked: true, say: [Booked.] }
  soft_close: { kind: end, outcome: soft, say: [I will send you something to read.] }
  specialist: { kind: end, outcome: referred, say: [A specialist will call you.] }
  put_by: { kind: end, outcome: person, say: [A person will call you.] }
${ENDS}`,
);
