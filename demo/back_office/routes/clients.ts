import type { Row } from '../database.ts';
import { day, email, id, line, name, phone, state, whole, words } from '../fields.ts';
import { type Office, route } from '../office_routes.ts';
import { notFound, Refusal } from '../refusal.ts';

/** In whole years on a day, both YYYY-MM-DD. */
function ageOn(born: string, today: string): number {
  return Number(today.slice(0, 4)) - Number(born.slice(0, 4)) - (today.slice(5) < born.slice(5) ? 1 : 0);
}

function shown({ id: client_id, coverage_gaps, ...client }: Row, today: string): Row {
  const {
    first_name,
    last_name,
    state: home,
    zip,
    plan,
    email: address,
    phone: number,
    broker_id,
    born,
  } = client;
  const gaps = coverage_gaps as readonly string[];
  return {
    client_id,
    first_name,
    last_name,
    state: home,
    zip,
    plan,
    email: address,
    phone: number,
    broker_id,
    coverage_gaps: gaps,
    gap: gaps[0] ?? 'none',
    age: ageOn(String(born), today),
  };
}

function clientRoutes(office: Office): void {
  const tag = 'clients';
  route(
    office,
    'GET',
    '/v1/clients',
    {
      tag,
      summary: 'A client by phone, and date of birth where it is known',
      query: { phone, born: day.optional() },
    },
    async ({ tx, query, today }) => {
      const [client] = await tx.query(
        'SELECT * FROM clients WHERE phone = $1 AND ($2::date IS NULL OR born = $2) ORDER BY id LIMIT 1',
        [query.phone, query.born ?? null],
      );
      if (client === undefined) throw notFound('client');
      return shown(client, today);
    },
  );
  route(
    office,
    'POST',
    '/v1/clients',
    {
      tag,
      summary: 'Adds a client',
      body: { first_name: words(60), last_name: words(60), born: day, phone, email, state, zip: words(10) },
    },
    async ({ tx, body, today }) => {
      const [broker] = await tx.query('SELECT id FROM brokers WHERE $1 = ANY (states) ORDER BY id LIMIT 1', [
        body.state,
      ]);
      if (broker === undefined) throw new Refusal(422, 'not_served', 'nobody is licensed in that state');
      const row = { ...body, plan: 'none', coverage_gaps: ['dental', 'vision'], broker_id: broker.id };
      return shown(await tx.insert('clients', row), today);
    },
  );
}

function eligibilityRoutes(office: Office): void {
  const tag = 'clients';
  route(
    office,
    'GET',
    '/v1/clients/:client_id/eligibility',
    {
      tag,
      summary: 'What a client may add to the plan',
      params: { client_id: id },
      query: { line: line.optional() },
    },
    async ({ tx, params, query, today }) => {
      const [client] = await tx.query('SELECT * FROM clients WHERE id = $1', [params.client_id]);
      if (client === undefined) throw notFound('client');
      const facts = shown(client, today);
      const gaps = facts.coverage_gaps as readonly string[];
      const wanted = query.line ?? String(facts.gap);
      const [product] = await tx.query(
        `SELECT id FROM products JOIN product_prices ON product_id = id
         WHERE line = $1 AND state IN ($2, '*') AND $3 BETWEEN age_from AND age_to LIMIT 1`,
        [wanted, facts.state, facts.age],
      );
      const hasGap = gaps.includes(wanted);
      const reason = hasGap ? (product === undefined ? 'not_offered' : 'gap') : 'has_it';
      return { ...facts, line: wanted, eligible: reason === 'gap', reason, product_id: product?.id ?? null };
    },
  );
}

function noteRoutes(office: Office): void {
  const tag = 'clients';
  route(
    office,
    'POST',
    '/v1/clients/:client_id/notes',
    {
      tag,
      summary: 'Adds a note to the file of a client',
      params: { client_id: id },
      body: { text: words(2000) },
    },
    async ({ tx, params, body }) => {
      const found = await tx.query('SELECT id FROM clients WHERE id = $1', [params.client_id]);
      if (found.length === 0) throw notFound('client');
      const { id: note_id } = await tx.insert('notes', { about: params.client_id, text: body.text });
      return { note_id };
    },
  );
  route(
    office,
    'GET',
    '/v1/notes',
    { tag, summary: 'Notes about somebody, the newest first', query: { about: id } },
    async ({ tx, query }) => {
      const rows = await tx.query(
        "SELECT id, text FROM notes WHERE about = $1 AND status = 'kept' ORDER BY at DESC, id DESC LIMIT 50",
        [query.about],
      );
      return { notes: rows };
    },
  );
}

function priceRoutes(office: Office): void {
  route(
    office,
    'GET',
    '/v1/products/:product_id/price',
    {
      tag: 'products',
      summary: 'What a product costs somebody of that age in that state',
      params: { product_id: name },
      query: { state, age: whole(0, 120).default(40) },
    },
    async ({ tx, params, query }) => {
      const [found] = await tx.query(
        `SELECT products.*, monthly_cents FROM products JOIN product_prices ON product_id = id
         WHERE id = $1 AND state IN ($2, '*') AND $3 BETWEEN age_from AND age_to
         ORDER BY state = '*' LIMIT 1`,
        [params.product_id, query.state, query.age],
      );
      if (found === undefined) throw notFound('product for that state and age');
      const { id: product_id, monthly_cents, ...rest } = found;
      return { product_id, monthly_cents, yearly_cents: Number(monthly_cents) * 12, ...rest };
    },
  );
}

export function routeClients(office: Office): void {
  for (const add of [clientRoutes, eligibilityRoutes, noteRoutes, priceRoutes]) add(office);
}
