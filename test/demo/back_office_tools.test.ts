import { readFileSync } from 'node:fs';
import t from 'tap';
import { parse } from 'yaml';
import { startOffice } from '../../demo/back_office/server.ts';
import { savesOf } from '../../src/agent/tools/tool_answer.ts';
import { ToolReceivers } from '../../src/agent/tools/tool_receivers.ts';
import { requestOf } from '../../src/agent/tools/tool_request.ts';
import { parseWorkflow } from '../../src/workflow/document.ts';
import { flowOf } from '../../src/workflow/load.ts';
import { tools as toolsSchema } from '../../src/workflow/tool_schema.ts';
import { makeTool, type ToolArguments } from '../../src/workflow/tools.ts';
import { PLACES } from '../bench/small_flow.ts';
import { head } from '../workflow/desk_flows.ts';
import { KEY, startTestOffice } from './office_rig.ts';

const NAME = 'shared/back_office_tools.yaml';
const FILE = readFileSync(new URL(`../../workflows/${NAME}`, import.meta.url), 'utf8');

const office = await startTestOffice();
const specs = toolsSchema.parse(parse(FILE.replaceAll('{back_office}', office.url)).tools);
const runner = new ToolReceivers({ folder: office.dir, env: {} }, ({ name }, why) =>
  t.fail(`${name}: ${why}`),
);
t.teardown(async () => {
  await runner.close();
  await office.end();
});

let runs = 0;
async function use(name: string, args: ToolArguments) {
  const tool = makeTool(name, specs[name]!);
  const checked = tool.check(JSON.stringify(args));
  if ('fault' in checked) throw new Error(`${name}: ${checked.fault}`);
  const request = requestOf(tool, checked.args, {});
  if ('fault' in request) throw new Error(`${name}: ${request.fault}`);
  runs += 1;
  const outcome = await runner.run({
    tool,
    request,
    key: `run-${runs}`,
    signal: new AbortController().signal,
  });
  return { outcome, saved: savesOf(tool, outcome) };
}

const AT = { broker_id: 'BR100001', with_id: 'CT100001' };
const LEAD = '6175550190';
/** What each tool is given, in an order in which all can be done; `{name}` is what one before it saved. */
const STORY: readonly (readonly [tool: string, args: Record<string, string | number | boolean>])[] = [
  ['get_client', { phone: '617-555-0100' }],
  ['get_client_eligibility', { client_id: '{client_id}', line: 'dental' }],
  ['get_product_pricing', { product_id: 'dental_plus', state: 'MA', age: 45 }],
  ['check_broker_availability', { state: 'MA', line: 'dental', part_of_day: 'morning' }],
  ['check_broker_time', { broker_id: '{broker_id}', date: '{first_date}', time: '{first_time}' }],
  ['schedule_appointment', { ...AT, date: '{first_date}', time: '{first_time}', subject: 'Dental' }],
  ['hold_calendar', { ...AT, date: '{second_date}', time: '{second_time}', title: 'Dental' }],
  ['record_appointment', { ...AT, date: '{second_date}', time: '{second_time}', subject: 'Dental' }],
  ['create_task', { subject: 'Call back', about: 'CT100001', due: '2027-03-05' }],
  ['send_email', { recipient: 'a@example.com', subject: 'Hello', text: 'See you.', about: 'CT100001' }],
  ['withdraw_message', { about: 'CT100001' }],
  ['send_sms', { recipient: '617-555-0100', text: 'See you.', about: 'CT100002' }],
  ['get_appointments', { with_id: 'CT100001' }],
  ['cancel_appointment', { ...AT, date: '{second_date}', time: '{second_time}' }],
  ['free_calendar', { ...AT, date: '{second_date}', time: '{second_time}' }],
  ['cancel_task', { about: 'CT100001', subject: 'Call back' }],
  ['update_client_notes', { client_id: 'CT100001', text: 'Wants dental.' }],
  [
    'create_lead',
    {
      line: 'commercial',
      name: 'Ada Stone',
      phone: LEAD,
      company: 'Stone Bakery',
      industry: 'restaurant',
      state: 'MA',
    },
  ],
  ['get_lead', { phone: LEAD }],
  ['update_lead', { lead_id: '{lead_id}', status: 'qualified', score: 80 }],
  ['withdraw_lead', { phone: LEAD, line: 'commercial' }],
  ['opt_out', { phone: LEAD }],
  ['start_application', { line: 'business', phone: LEAD, name: 'Stone Bakery' }],
  ['save_application', { application_id: '{application_id}', field: 'industry', answer: 'restaurant' }],
  ['get_application', { phone: LEAD }],
  [
    'quote_business',
    { about: '{application_id}', industry: 'restaurant', revenue_dollars: 500_000, employees: 8, claims: 1 },
  ],
  ['submit_application', { application_id: '{application_id}' }],
  ['refer_application', { application_id: '{application_id}', reason: 'Deep frying' }],
  ['withdraw_application', { application_id: '{application_id}' }],
  ['quote_life', { about: 'LD100002', age: 41, smoker: false, term_years: 20, cover_dollars: 250_000 }],
  ['withdraw_quotes', { about: 'LD100002', line: 'life' }],
  ['get_coverage', { policy_number: 'PN100001', what: 'towing' }],
  ['request_change', { policy_number: 'PN100001', kind: 'address', detail: '4 Elm Street, Salem' }],
  ['endorse_change', { change_id: '{change_id}' }],
  ['withdraw_change', { policy_number: 'PN100001', kind: 'address' }],
  ['issue_certificate', { policy_number: 'PN100003', holder: 'Elm Properties' }],
  ['withdraw_certificate', { policy_number: 'PN100003', holder: 'Elm Properties' }],
  [
    'add_client',
    {
      first_name: 'Ada',
      last_name: 'Stone',
      born: '1980-01-02',
      phone: LEAD,
      email: 'ada@example.com',
      state: 'MA',
      zip: '01970',
    },
  ],
  ['write_policy', { client_id: '{client_id}', line: 'life', yearly_cents: 60_000, cover_cents: 25_000_000 }],
  ['withdraw_policy', { client_id: '{client_id}', line: 'life' }],
  [
    'open_claim',
    {
      policy_number: 'PN100004',
      cause: 'collision',
      loss_date: '2027-02-27',
      description: 'Rear-ended.',
      location: 'Salem',
      injuries: false,
      drivable: true,
      police_report: 'none',
      other_party: 'none',
    },
  ],
  ['get_claim', { claim_number: '{claim_number}' }],
  ['get_claims', { policy_number: 'PN100004' }],
  ['withdraw_claim', { policy_number: 'PN100004', loss_date: '2027-02-27', cause: 'collision' }],
  [
    'book_move',
    {
      piano: 'upright',
      origin: 'Salem, MA',
      destination: 'Keene, NH',
      date: '2027-04-02',
      price_cents: 95_000,
      phone: LEAD,
    },
  ],
  ['get_moves', { phone: LEAD }],
  ['cancel_move', { phone: LEAD, date: '2027-04-02' }],
];

t.test('every tool of the file does what it says, and has what it saves', async t => {
  const known: Record<string, unknown> = {};
  const [client] = await office.rows("SELECT born::text FROM clients WHERE id = 'CT100001'");
  const story = [
    ...STORY,
    ['find_policy', { policy_number: 'PN100001', born: String(client?.born) }] as const,
  ];
  for (const [name, args] of story) {
    const filled = Object.entries(args).map(([key, value]) => {
      const [, from] = /^\{(\w+)\}$/.exec(String(value)) ?? [];
      return [key, from === undefined ? value : known[from]];
    });
    const { outcome, saved } = await use(name, Object.fromEntries(filled));
    t.equal(outcome.status, 'done', `${name} ${JSON.stringify(outcome)}`);
    // What only a referral has, or only a price.
    const wanted = Object.keys(specs[name]!.saves).filter(slot => slot !== 'referral_reason');
    t.same(
      Object.keys(saved).filter(slot => slot !== 'referral_reason'),
      wanted,
      `${name} saves`,
    );
    Object.assign(known, saved);
  }
  const used = new Set(story.map(([name]) => name));
  t.same(
    Object.keys(specs).filter(name => !used.has(name)),
    [],
    'none was left out',
  );
});

t.test('what undoes a step takes only what the step had', async t => {
  for (const [name, { compensate, parameters }] of Object.entries(specs)) {
    if (compensate === undefined) continue;
    const undo = specs[compensate.tool];
    t.ok(undo, `${name}: ${compensate.tool} is there`);
    for (const [parameter, text] of Object.entries(compensate.args)) {
      t.ok(Object.hasOwn(undo!.parameters, parameter), `${compensate.tool} takes ${parameter}`);
      for (const [, from = ''] of String(text).matchAll(/\{(\w+)\}/g))
        t.ok(Object.hasOwn(parameters, from), `${name} has ${from}`);
    }
  }
});

t.test('undone in reverse, nothing is left of an appointment', async t => {
  const { saved } = await use('check_broker_availability', { state: 'PA', line: 'vision' });
  const at = {
    broker_id: String(saved.broker_id),
    date: String(saved.first_date),
    time: String(saved.first_time),
  };
  const whom = { ...at, with_id: 'CT100004' };
  await use('hold_calendar', { ...whom, title: 'Vision' });
  await use('record_appointment', { ...whom, subject: 'Vision' });
  await use('create_task', { subject: 'Vision', about: 'CT100004', owner: at.broker_id });
  t.match((await use('check_broker_time', at)).saved, { broker_free: false });
  await use('cancel_task', { subject: 'Vision', about: 'CT100004' });
  await use('cancel_appointment', whom);
  await use('free_calendar', whom);
  t.match((await use('check_broker_time', at)).saved, { broker_free: true });
  const left = await office.rows(
    `SELECT status FROM appointments WHERE "with" = 'CT100004' UNION ALL SELECT status FROM tasks WHERE about = 'CT100004'
     UNION ALL SELECT status FROM calendar_events WHERE "with" = 'CT100004'`,
  );
  t.same(left, [{ status: 'cancelled' }, { status: 'cancelled' }, { status: 'cancelled' }]);
});

const WORKFLOW = readFileSync(new URL('../../workflows/receptionist.yaml', import.meta.url), 'utf8')
  .replace(
    'slots: {}',
    `include: [${NAME}]\nslots:\n  eligible: { kind: yes_no, part: it, repair: [{ by: again, prompt: Is it? }] }`,
  )
  .replace('    ways:', '    tools: [get_client_eligibility, opt_out]\n    ways:');

t.test(
  'a workflow that includes the file has the tools that it uses, and saves what it has a slot for',
  async t => {
    const { document } = parseWorkflow(WORKFLOW, 'receptionist.yaml', new Map([[NAME, FILE]]));
    t.same(Object.keys(document.tools).toSorted(), ['get_client_eligibility', 'opt_out']);
    t.same(document.tools.get_client_eligibility?.saves, { eligible: '/eligible' });
    t.equal(document.tools.opt_out?.http?.url, 'http://127.0.0.1:8090/v1/opt_outs');
    const elsewhere = WORKFLOW.replace(
      'slots:',
      'override: [back_office]\nvariables: { back_office: "https://office.example" }\nslots:',
    );
    const other = parseWorkflow(elsewhere, 'receptionist.yaml', new Map([[NAME, FILE]]));
    t.equal(other.document.tools.opt_out?.http?.url, 'https://office.example/v1/opt_outs');
  },
);

const leads = async () => Number((await office.rows('SELECT count(*) FROM leads'))[0]?.count);

const toolOf = (extra: object) =>
  makeTool(
    'it',
    toolsSchema.parse({
      it: {
        description: 'Adds a lead.',
        parameters: { line: { type: 'string' }, name: { type: 'string' }, phone: { type: 'string' } },
        http: {
          method: 'POST',
          url: `${office.url}/v1/leads`,
          headers: { Authorization: { secretEnv: 'OFFICE_KEY', prefix: 'Bearer ' }, ...extra },
        },
        keyed: true,
        retries: 3,
        timeoutMs: 1000,
      },
    }).it!,
  );

t.test('what goes wrong on purpose is got over by the same key, with one effect', async t => {
  const other = new ToolReceivers({ folder: '/', env: { OFFICE_KEY: KEY } }, () => t.fail('it is on'));
  t.teardown(() => other.close());
  const faults = [
    ['unavailablex2', 3],
    ['lost', 2],
    ['broken', 2],
    ['silent', 2],
  ] as const;
  for (const [fault, attempts] of faults) {
    const before = await leads();
    const tool = toolOf({ 'X-Demo-Fault': fault });
    const made = requestOf(tool, { line: 'life', name: 'Ada', phone: '6175550195' }, {});
    if ('fault' in made) throw new Error(made.fault);
    const outcome = await other.run({
      tool,
      request: made,
      key: `fault-${fault}`,
      signal: new AbortController().signal,
    });
    t.match(outcome, { status: 'done', attempts, data: { lead_id: /^LD/ } }, fault);
    t.equal(await leads(), before + 1, `${fault}: one effect`);
  }
  const tool = toolOf({ 'X-Demo-Fault': 'garbage' });
  const made = requestOf(tool, { line: 'life', name: 'Ada', phone: '6175550195' }, {});
  if ('fault' in made) throw new Error(made.fault);
  const run = () => other.run({ tool, request: made, key: 'garbage', signal: new AbortController().signal });
  t.match(await run(), { status: 'unknown', why: 'garbage' }, 'nobody knows what that was');
  t.match(await run(), { status: 'done' });
});

t.test('faults are planned for paths, too, where the office was started so', async t => {
  await office.ask('PUT', '/v1/demo/faults', [{ fault: 'refused', path: '/v1/messages', times: 1 }]);
  const message = { kind: 'sms', recipient: '6175550195', text: 'Hello', about: 'CT100009' };
  t.equal((await office.ask('POST', '/v1/messages', message)).status, 422);
  t.equal((await office.ask('POST', '/v1/messages', message)).status, 201);
  t.equal((await office.ask('PUT', '/v1/demo/faults', [{ fault: 'fire', path: '/' }])).status, 400);
  const strict = await startOffice({ ...office.options, faults: false });
  t.teardown(() => strict.close());
  const headers = { authorization: `Bearer ${KEY}`, 'x-demo-fault': 'unavailablex9' };
  t.equal((await fetch(`${strict.url}/v1/tasks?about=x`, { headers })).status, 200);
  t.equal((await fetch(`${strict.url}/v1/demo/faults`, { method: 'PUT', headers })).status, 404);
});

const BOOKING = `${head('booking', 'book')}
include: [${NAME}]
slots: {}
stages:
  book:
    kind: act
    steps:
      - { tool: hold_calendar, args: { broker_id: BR100003, date: "2027-03-02", time: "HOUR", with_id: CT100006, title: Vision } }
      - { tool: record_appointment, args: { broker_id: BR100003, date: "2027-03-02", time: "HOUR", with_id: CT100006, subject: Vision } }
      - { tool: create_task, args: { subject: Vision, about: CT100006, owner: BR100003, due: "2027-03-02" } }
      - { tool: send_email, args: { recipient: wei@example.com, subject: Vision, text: On Tuesday., about: CT100006 } }
    next: [{ to: booked }]
    failed: not_booked
  booked: { kind: end, outcome: booked, say: [Booked.] }
  not_booked: { kind: end, outcome: failed, say: [Not booked.] }
  bye: { kind: end, outcome: answered, say: [Goodbye.] }
  later: { kind: end, outcome: callback, say: [Somebody will call you back.] }
`;

/** Has the engine book, and the back office do what it wants, until it wants nothing any more. */
async function bookBy(hour: string) {
  const text = BOOKING.replaceAll('HOUR', hour);
  const flow = flowOf(text, 'booking.yaml', PLACES, { included: new Map([[NAME, FILE]]) });
  let step = flow.next(flow.initial, { type: 'start' }, { todayIso: '2027-03-01' });
  const used: string[] = [];
  while (step.act !== undefined) {
    const { id, tool, args } = step.act;
    const { outcome, saved } = await use(tool, args);
    used.push(`${tool} ${outcome.status}`);
    step = flow.next(
      step.state,
      { type: 'acted', id, outcome: outcome.status, saves: saved },
      { todayIso: '2027-03-01' },
    );
  }
  return { used, outcome: step.effects.find(({ type }) => type === 'outcome') };
}

t.test('an act books all of it; where the last step is refused, all of it is undone', async t => {
  const slots = await use('check_broker_availability', { broker_id: 'BR100003' });
  const [first, second] = [String(slots.saved.first_time), String(slots.saved.second_time)];
  await office.ask('PUT', '/v1/demo/faults', [{ fault: 'refused', path: '/v1/messages' }]);
  t.match(await bookBy(first), {
    outcome: { outcome: 'failed' },
    used: [
      'hold_calendar done',
      'record_appointment done',
      'create_task done',
      'send_email failed',
      'cancel_task done',
      'cancel_appointment done',
      'free_calendar done',
    ],
  });
  const free = { broker_id: 'BR100003', date: '2027-03-02', time: first };
  t.match((await use('check_broker_time', free)).saved, { broker_free: true });
  await office.ask('PUT', '/v1/demo/faults', [
    { fault: 'unavailable', path: '/v1/tasks', times: 2 },
    { fault: 'lost', path: '/v1/messages' },
  ]);
  t.match(await bookBy(second), {
    outcome: { outcome: 'booked' },
    used: ['hold_calendar done', 'record_appointment done', 'create_task done', 'send_email done'],
  });
  const rows = await office.rows(
    `SELECT 'appointment' AS what FROM appointments WHERE "with" = 'CT100006' AND status = 'booked'
     UNION ALL SELECT 'task' FROM tasks WHERE about = 'CT100006' AND status = 'open'
     UNION ALL SELECT 'message' FROM messages WHERE about = 'CT100006'`,
  );
  t.same(
    rows,
    [{ what: 'appointment' }, { what: 'task' }, { what: 'message' }],
    'once each, whatever went wrong',
  );
});
