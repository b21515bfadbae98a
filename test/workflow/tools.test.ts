import { readFile } from 'node:fs/promises';
import t from 'tap';
import { TrunklineError } from '../../src/config/errors.ts';
import { promptPatterns } from '../../src/workflow/prompts.ts';
import { talkFlow } from '../agent/talk_flow.ts';

const TOOLS = `
tools:
  find_order:
    description: Looks an order up by its number.
    parameters:
      order_number: { type: string, description: As on the letter., minLength: 3, maxLength: 12 }
      parts: { type: array, items: { type: string, enum: [status, price] }, maxItems: 2, optional: true }
    http:
      method: GET
      url: https://shop.example/orders/{order_number}?parts={parts}
      headers: { Authorization: { secretEnv: SHOP_KEY, prefix: "Bearer " }, X-From: telephone }
    filler: I am looking it up.
    saves: { size: /size, booked: /booked, floor: /floor, day: /day }
  book:
    description: Books.
    parameters:
      floors: { type: integer, minimum: 1, maximum: 9 }
      heavy: { type: boolean, optional: true }
      miles: { type: number, optional: true }
    http:
      method: POST
      url: http://127.0.0.1:8080/bookings
    keyed: true
    retries: 2
`;
const SLOTS = `
slots:
  size:
    kind: choice
    part: size
    values: { big: { say: a big one, phrases: [big] }, small: { say: a small one, phrases: [small] } }
    repair: [{ by: again, prompt: Which? }]
  booked: { kind: yes_no, part: booking, repair: [{ by: again, prompt: Booked? }] }
  floor: { kind: floor, part: floor, basement: false, max: 9, repair: [{ by: again, prompt: Which? }] }
  day: { kind: date, part: day, withinDays: 60, repair: [{ by: again, prompt: When? }] }
`;

function withTools(change: (yaml: string) => string = yaml => yaml) {
  return talkFlow(yaml =>
    change(
      yaml
        .replace('slots: {}', `${SLOTS}${TOOLS}`)
        .replace('    ways:', '    tools: [find_order, book]\n    ways:'),
    ),
  );
}

function faultOf(from: string, to: string): string {
  try {
    withTools(yaml => {
      if (!yaml.includes(from)) throw new Error(`nothing is ${from}`);
      return yaml.replace(from, to);
    });
  } catch (error) {
    if (error instanceof TrunklineError && error.code === 'WORKFLOW_INVALID') return error.detail;
    throw error;
  }
  return 'taken';
}

t.test('what is wrong with a tool is told with its place, and what to do', async t => {
  const url = 'https://shop.example/orders/{order_number}?parts={parts}';
  const cases: readonly (readonly [from: string, to: string, fault: RegExp])[] = [
    [
      url,
      'http://shop.example/{order_number}?a={parts}',
      /:\d+:7: tools\.find_order\.http\.url: must be https/,
    ],
    [url, 'https://{order_number}.example/{parts}', /http\.url: must be https:\/\/HOST/],
    [url, 'https://shop{parts}.example/{order_number}', /http\.url: must be https:\/\/HOST/],
    [url, 'https://me:word@shop.example/{order_number}?a={parts}', /http\.url: must be https:\/\/HOST/],
    [url, 'ftp://shop.example/{order_number}?a={parts}', /http\.url: must be https:\/\/HOST/],
    [url, 'https://shop.example/{order_number}?a={parts}#b', /http\.url: must be https:\/\/HOST/],
    [url, 'https://shop.example\\@evil.example/{order_number}', /http\.url/],
    [url, 'https://shop.example/{order_number}/{parts}', /url: parts is optional; put it into the query/],
    [url, 'https://shop.example/{order_number}?a={parts}&b={who}', /there is no parameter and no slot who/],
    [
      url,
      'https://shop.example/{order_number}',
      /parameters\.parts: is sent nowhere; put \{parts\} into the url/,
    ],
    ['X-From: telephone', 'Host: evil.example', /headers\.Host: is made by the engine/],
    ['X-From: telephone', 'idempotency-key: one', /headers\.idempotency-key: is made by the engine/],
    ['X-From: telephone', 'authorization: x', /headers\.authorization: is there twice/],
    ['X-From: telephone', 'X-From: "{order_number}"', /headers\.X-From: headers take no/],
    ['X-From: telephone', '"X From": a', /headers\.X From: a header name/],
    ['X-From: telephone', 'X-From: "a\\r\\nX: b"', /printable ASCII/],
    ['secretEnv: SHOP_KEY', 'secret: hunter2', /Authorization: printable ASCII, or \{secretEnv: NAME\}/],
    ['method: GET', 'method: GET\n      body: {a: b}', /body: a GET has none/],
    ['method: GET', 'method: HEAD', /http\.method/],
    ['    keyed: true\n', '', /tools\.book\.retries: only what is idempotent or keyed/],
    ['size: /size', 'sizes: /size', /saves\.sizes: there is no slot sizes/],
    ['size: /size', 'size: size', /saves\.size: a JSON pointer/],
    ['minimum: 1', 'minimum: 11', /parameters\.floors: takes nothing/],
    ['minLength: 3', 'pattern: "^a"', /parameters\.order_number\.pattern: unknown key/],
    ['  book:', '  go_on:', /tools\.go_on: go_on is how a model leaves/],
    ['tools: [find_order, book]', 'tools: [find_order]', /tools\.book: no stage uses it/],
    ['tools: [find_order, book]', 'tools: [find_order, book, boook]', /tools\.2: there is no tool boook/],
    ['tools: [find_order, book]', 'tools: [find_order, book, book]', /each tool once/],
    ['I am looking it up.', 'I look up {nothing}.', /filler\.0: there is no slot nothing/],
    ['    retries: 2', '    retries: 2\n    timeoutMs: 600000', /timeoutMs/],
  ];
  for (const [from, to, fault] of cases) t.match(faultOf(from, to), fault, to);
  t.equal(faultOf('http://127.0.0.1:8080', 'http://[::1]:8080'), 'taken');
  t.equal(faultOf(url, `${url}\n      insecure: true`.replace('https', 'http')), 'taken', 'where it is said');
});

t.test('what is wrong with who does it is told, too', async t => {
  const post =
    'http:\n      method: POST\n      url: http://127.0.0.1:8080/bookings\n    keyed: true\n    retries: 2';
  const hook = 'webhook: {url: "https://x.example/in", secret: {secretEnv: HOOK}}';
  const cases: readonly (readonly [to: string, fault: RegExp | string])[] = [
    [hook, 'taken'],
    ['', /tools\.book: exactly one of http, webhook, adapter and internal/],
    [`${post}\n    ${hook}`, /tools\.book: exactly one of/],
    [hook.replace('https', 'http'), /webhook\.url: must be https/],
    [hook.replace('/in', '/{floors}'), /webhook\.url: takes no \{names\}/],
    [hook.replace('{secretEnv: HOOK}', 'hunter2'), /webhook\.secret: \{secretEnv: NAME\}/],
    [hook.replace('}}', '}, headers: {Webhook-Id: a}}'), /headers\.Webhook-Id: is made by the engine/],
    [hook.replace('}}', '}, body: {a: "{floors}"}}'), /webhook\.body: the parameter heavy is sent nowhere/],
    [`${hook}\n    retries: 1`, /tools\.book\.retries: only what is idempotent or keyed/],
    [
      'adapter: {name: salesforce, operation: fly}',
      /operation: there is no fly; one of find_contact, upsert_lead/,
    ],
    ['adapter: {name: hubspot, operation: fly}', /adapter\.name/],
    ['adapter: {name: salesforce, operation: create_task}', /create_task needs subject; add a parameter/],
    [
      'adapter: {name: salesforce, operation: create_task, with: {subject: "{floors} {heavy} {miles}", colour: red}}',
      /create_task takes no colour; one of subject, due/,
    ],
    ['adapter: {name: salesforce, operation: create_task, with: {subject: "{who}"}}', /no slot who/],
    ['internal: {operation: sudo}', /operation: there is no sudo; one of reference, age/],
    ['internal: {operation: reference}', /reference takes no floors/],
    ['internal: {operation: age, with: {born: "{floors}{heavy}{miles}"}}', 'taken'],
  ];
  for (const [to, fault] of cases) {
    const told = faultOf(post, to);
    if (typeof fault === 'string') t.equal(told, fault, to);
    else t.match(told, fault, to);
  }
});

t.test('a model is told what a tool takes, and nothing else is taken', async t => {
  const flow = withTools();
  const [find, book] =
    flow.talk?.(flow.next(flow.initial, { type: 'start' }, { todayIso: '2026-01-01' }).state)?.tools ?? [];
  t.same(find?.parameters, {
    type: 'object',
    properties: {
      order_number: { type: 'string', description: 'As on the letter.', minLength: 3, maxLength: 12 },
      parts: {
        type: 'array',
        items: { type: 'string', enum: ['status', 'price'], maxLength: 200 },
        maxItems: 2,
      },
    },
    required: ['order_number'],
    additionalProperties: false,
  });
  t.match(find, { isIdempotent: true, onInterrupt: 'cancel' });
  t.match(book, { isIdempotent: false, onInterrupt: 'keep' });
  t.same(find?.check('{"order_number":"A-17","parts":["price"]}'), {
    args: { order_number: 'A-17', parts: ['price'] },
  });
  const refused: readonly (readonly [json: string, fault: RegExp])[] = [
    ['{"order_number":', /no JSON/],
    ['[]', /expected object/],
    ['null', /expected object/],
    ['{}', /order_number/],
    ['{"order_number":17}', /order_number: .*expected string/],
    ['{"order_number":"A-17","parts":["colour"]}', /parts: 0/],
    ['{"order_number":"A-17","parts":["price","price","price"]}', /parts/],
    ['{"order_number":"0123456789abc"}', /order_number/],
    ['{"order_number":"A-17","url":"https://evil.example"}', /url/],
    [`{"order_number":"${'x'.repeat(5000)}"}`, /too long/],
  ];
  for (const [json, fault] of refused) t.match(find?.check(json), { fault }, json.slice(0, 60));
  for (const json of [
    '{"floors":2.5}',
    '{"floors":0}',
    '{"floors":10}',
    '{"floors":"2"}',
    '{"floors":1e400}',
  ])
    t.match(book?.check(json), { fault: /floors/ }, json);
  t.same(book?.check('{"floors":2,"miles":2.5,"heavy":false}'), {
    args: { floors: 2, miles: 2.5, heavy: false },
  });
});

t.test('slots take of an answer what they would take of a caller', async t => {
  const flow = withTools();
  const context = { todayIso: '2026-01-01' };
  const { state } = flow.next(flow.initial, { type: 'start' }, context);
  const exchange = {
    id: 'tool_1',
    tool: 'find_order',
    argumentsJson: '{}',
    text: '{}',
    signature: 's',
    key: 'k',
  };
  const saved = (saves: Record<string, unknown>) =>
    flow.tellTool!(state, { ...exchange, isUnknown: false, saves }, context);
  const { state: after, effects } = saved({ size: 'big', booked: true, floor: 2, day: '2026-01-05' });
  t.same(
    Object.entries(after.slots).map(([slot, { value, confirmed }]) => [slot, value, confirmed]),
    [
      ['size', 'big', false],
      ['booked', true, false],
      ['floor', 2, false],
      ['day', '2026-01-05', false],
    ],
  );
  t.equal(effects.length, 4);
  t.match(flow.talk!(after)?.turns, [{ by: 'tool', id: 'tool_1', tool: 'find_order' }]);
  const refused: readonly Record<string, unknown>[] = [
    { size: 'huge' },
    { size: 'constructor' },
    { size: ['big'] },
    { booked: 'yes' },
    { floor: 10 },
    { floor: '2' },
    { day: '2025-01-01' },
    { day: null },
    { other: 'big' },
  ];
  for (const saves of refused) t.same(saved(saves).state.slots, {}, JSON.stringify(saves));
});

t.test('what may have been done is remembered until it is known', async t => {
  const flow = withTools();
  const context = { todayIso: '2026-01-01' };
  const { state } = flow.next(flow.initial, { type: 'start' }, context);
  const exchange = {
    id: 'tool_1',
    tool: 'book',
    argumentsJson: '{}',
    text: '{}',
    signature: 's',
    key: 'k',
    saves: {},
  };
  const unknown = flow.tellTool!(state, { ...exchange, isUnknown: true }, context).state;
  t.same(flow.talk!(unknown)?.unknownTools, [{ signature: 's', key: 'k' }]);
  const known = flow.tellTool!(unknown, { ...exchange, isUnknown: false }, context).state;
  t.same(flow.talk!(known)?.unknownTools, []);
});

t.test('fillers are among what the agent says', async t => {
  t.match(
    promptPatterns(withTools()).filter(({ of }) => of === 'find_order'),
    [{ role: 'say', template: 'I am looking it up.' }],
  );
});

t.test('the example of the handbook is taken', async t => {
  const handbook = await readFile('workflows/README.md', 'utf8');
  const [, tools = ''] = /\n(tools:\n {2}find_order:[\s\S]*?)stages:\n/.exec(handbook) ?? [];
  const flow = talkFlow(yaml =>
    yaml
      .replace('slots: {}', `${SLOTS.replace(/ {2}day:.*\n/, '')}${tools}`)
      .replace('    ways:', '    tools: [find_order, book_visit]\n    ways:'),
  );
  t.same(
    flow.tools.map(({ name }) => name),
    ['find_order', 'book_visit'],
  );
});
