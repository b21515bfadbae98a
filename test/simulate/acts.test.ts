import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import type { Verdict } from '../../simulate/check/judge.ts';
import { readPersonas } from '../../simulate/read.ts';
import { runCalls } from '../../simulate/run_calls.ts';
import { type Scenario, scenarioSchema } from '../../simulate/scenario/schema.ts';
import { CallStage } from '../../simulate/text/stage.ts';

/** Asks a client of the back office for day and time, books it in two steps, and takes up a call that broke off. */
const CHECKUP = `
slots:
  client_id: { kind: code, pattern: AA999999, part: number, given: confirmed, repair: [{ by: again, prompt: Which number? }] }
  broker_id: { kind: code, pattern: AA999999, part: broker, given: confirmed, repair: [{ by: again, prompt: Which broker? }] }
  day:
    { kind: date, withinDays: 40, part: day, repair: [{ by: again, prompt: Which day was it? }, { by: again, prompt: Which day? }] }
  hour:
    { kind: time, part: time, repair: [{ by: again, prompt: Which time was it? }, { by: again, prompt: Which time? }] }
stages:
  hello:
    kind: say
    say: [This is the automated assistant of the agency.]
    next: [{ to: when }]
  when:
    kind: form
    about: the appointment
    questions:
      - { slots: [day], prompt: On which day would you like to come?, help: Please say month and day. }
      - { slots: [hour], prompt: At what time?, help: Such as ten thirty in the morning. }
    confirm: always
    readBack: [{ say: "I have {day} at {hour}." }]
    next: [{ to: book }]
  book:
    kind: act
    steps:
      - { tool: hold_calendar, args: { broker_id: "{broker_id}", date: "{day}", time: "{hour}", with_id: "{client_id}", title: Review } }
      - { tool: record_appointment, args: { broker_id: "{broker_id}", date: "{day}", time: "{hour}", with_id: "{client_id}", subject: Review } }
    next: [{ to: booked }]
    failed: taken
  booked: { kind: end, outcome: booked, say: [It is booked., Goodbye.] }
  taken: { kind: end, outcome: taken, say: [There is no time left then., Goodbye.] }
  call_back: { kind: end, outcome: callback, say: [We will call you back., Goodbye.] }
  given_up: { kind: end, outcome: given_up, say: [Goodbye.] }
`;

const SCENARIO: Scenario = scenarioSchema.parse({
  workflow: 'checkup',
  about: 'A client books a review.',
  given: ['client_id', 'broker_id'],
  truths: {
    client_id: { row: { table: 'office_clients', column: 'client_id' } },
    broker_id: { row: { table: 'office_clients', column: 'broker_id' } },
    day: { pick: ['2026-12-01', '2026-12-02', '2026-12-03'] },
    hour: { pick: ['09:30', '10:00', '10:30', '14:00', '14:30', '15:00', '16:00'] },
  },
  goals: [{ outcome: ['booked', 'taken'] }],
  required: ['day', 'hour'],
  check: {
    leaves: [
      {
        resource: 'appointments',
        match: { with: 'client_id', date: 'day', time: 'hour', status: '=booked' },
        outcome: ['booked'],
      },
      { resource: 'appointments', match: { with: 'client_id' }, outcome: ['taken'], count: 0 },
    ],
  },
});

/** The sentences of the engine's own are the piano mover's. */
async function checkupFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'trunkline-test-'));
  await cp('workflows', folder, { recursive: true });
  const piano = await readFile('workflows/piano_removal.yaml', 'utf8');
  const head = piano
    .slice(0, piano.indexOf('\nslots:'))
    .replace('name: piano_removal', 'name: checkup')
    .replace(
      'start: welcome',
      'start: hello\ninclude: [shared/back_office_tools.yaml]\nresume: { say: ["We had got to {about}."], ask: Shall we go on with it?, help: Yes or no. }',
    );
  const written = SCENARIO.check.leaves.length > 0 ? `${head}\n${CHECKUP}` : head;
  await writeFile(join(folder, 'checkup.yaml'), written);
  return folder;
}

t.test('appointments are booked in the back office, once, and each call finds it as it was', async t => {
  const folder = await checkupFolder();
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  await using stage = await CallStage.open(folder);
  const personas = readPersonas()
    .filter(({ name }) => ['cooperative', 'dropped_line', 'changes_mind', 'hurried'].includes(name))
    .map(one => (one.drop === undefined ? one : Object.assign(one, { drop: [2, 3] })));
  const run = () => runCalls(stage, { scenario: SCENARIO, personas, seeds: [1, 2, 3, 4] });
  const first = await run();
  const summary = (verdicts: readonly Verdict[]) =>
    verdicts.map(({ conversation: { persona, seed, outcome, left } }) => [persona, seed, outcome, left]);
  t.same(
    first.flatMap(({ violations, conversation }) =>
      violations.map(one => [conversation.persona, conversation.seed, one]),
    ),
    [],
  );
  t.ok(first.every(({ completed }) => completed));
  const outcomes = new Set(first.map(({ conversation }) => conversation.outcome));
  t.ok(outcomes.has('booked'), 'some are booked');
  const dropped = first.filter(({ conversation }) =>
    conversation.turns.some(({ text }) => text.includes('We had got to the appointment')),
  );
  t.ok(dropped.length > 0, 'calls that broke off are taken up');
  t.same(summary(await run()), summary(first), 'the office is as it was');
});
