import { z } from 'zod';
import type { Row, Tx } from '../database.ts';
import { id, line, name, phone, words } from '../fields.ts';
import { type Office, route } from '../office_routes.ts';
import { notFound, Refusal } from '../refusal.ts';
import { dayLater } from './brokers.ts';

const VALID_DAYS = 30;
const MOST_ANSWERS = 200;

const application = { application_id: id };
const about = words(40);
const dollars = z.number().int().min(0).max(1_000_000_000);
const answers = z
  .record(z.string().regex(/^[a-z][a-z0-9_]{0,63}$/), z.union([words(500), z.number(), z.boolean()]))
  .refine(all => Object.keys(all).length <= MOST_ANSWERS, `at most ${MOST_ANSWERS}`);

function shown({ id: application_id, answers: given, revision, ...row }: Row): Row {
  const { line: of, phone: number, name: who, status, underwriter } = row;
  const all = given as Readonly<Record<string, unknown>>;
  return {
    application_id,
    line: of,
    phone: number,
    name: who,
    status,
    underwriter,
    revision,
    answered: Object.keys(all).length,
    answers: all,
  };
}

/** Locks it: two who save at once do it one after the other. */
async function opened(tx: Tx, applicationId: string): Promise<Row> {
  const [found] = await tx.query('SELECT * FROM applications WHERE id = $1 FOR UPDATE', [applicationId]);
  if (found === undefined) throw notFound('application');
  return found;
}

async function moved(tx: Tx, applicationId: string, from: readonly string[], to: Row): Promise<Row> {
  const found = await opened(tx, applicationId);
  if (!from.includes(String(found.status)))
    throw new Refusal(422, 'not_open', 'the application is not open any more');
  const [row] = await tx.query(
    'UPDATE applications SET status = $2, underwriter = $3 WHERE id = $1 RETURNING *',
    [applicationId, to.status, to.underwriter ?? null],
  );
  return shown(row!);
}

function applicationRoutes(office: Office): void {
  const tag = 'underwriting';
  route(
    office,
    'POST',
    '/v1/applications',
    { tag, summary: 'Begins an application', body: { line, phone, name } },
    async ({ tx, body }) => shown(await tx.insert('applications', body)),
  );
  route(
    office,
    'GET',
    '/v1/applications',
    { tag, summary: 'The newest application of a telephone number', query: { phone } },
    async ({ tx, query }) => {
      const [found] = await tx.query(
        "SELECT * FROM applications WHERE phone = $1 AND status <> 'withdrawn' ORDER BY at DESC, id DESC LIMIT 1",
        [query.phone],
      );
      if (found === undefined) throw notFound('application');
      return shown(found);
    },
  );
  route(
    office,
    'GET',
    '/v1/applications/:application_id',
    { tag, summary: 'An application', params: application },
    async ({ tx, params }) => shown(await opened(tx, params.application_id)),
  );
  route(
    office,
    'PUT',
    '/v1/applications/:application_id/answers',
    {
      tag,
      summary: 'Saves answers beside those that are there',
      params: application,
      body: { answers },
      status: 200,
    },
    async ({ tx, params, body }) => {
      const found = await opened(tx, params.application_id);
      if (found.status !== 'open') throw new Refusal(422, 'not_open', 'the application is not open any more');
      const all = { ...(found.answers as Row), ...body.answers };
      if (Object.keys(all).length > MOST_ANSWERS)
        throw new Refusal(422, 'too_many', `at most ${MOST_ANSWERS} answers`);
      const [row] = await tx.query(
        'UPDATE applications SET answers = $2, revision = revision + 1 WHERE id = $1 RETURNING *',
        [params.application_id, JSON.stringify(all)],
      );
      return shown(row!);
    },
  );
}

function endRoutes(office: Office): void {
  const tag = 'underwriting';
  route(
    office,
    'POST',
    '/v1/applications/:application_id/submission',
    { tag, summary: 'Hands it in', params: application, status: 200 },
    ({ tx, params }) => moved(tx, params.application_id, ['open'], { status: 'submitted' }),
  );
  route(
    office,
    'POST',
    '/v1/applications/:application_id/referral',
    { tag, summary: 'Gives it to a human underwriter', params: application, body: { reason: words(500) } },
    async ({ tx, params, body }) => {
      const underwriter = 'Priya Raman';
      const row = await moved(tx, params.application_id, ['open', 'submitted'], {
        status: 'referred',
        underwriter,
      });
      const task = {
        subject: 'Underwriting referral',
        about: params.application_id,
        owner: underwriter,
        note: body.reason,
      };
      const { id: task_id } = await tx.insert('tasks', task);
      return { ...row, task_id };
    },
  );
  route(
    office,
    'POST',
    '/v1/applications/:application_id/withdrawal',
    { tag, summary: 'Undoes it', params: application, status: 200 },
    ({ tx, params }) =>
      moved(tx, params.application_id, ['open', 'submitted', 'referred', 'withdrawn'], {
        status: 'withdrawn',
      }),
  );
}

export function routeApplications(office: Office): void {
  for (const add of [applicationRoutes, endRoutes]) add(office);
}

interface Line {
  readonly what: string;
  readonly cents: number;
}

async function quoted(tx: Tx, of: string, whom: string, lines: readonly Line[], today: string): Promise<Row> {
  const yearly_cents = lines.reduce((sum, { cents }) => sum + cents, 0);
  const monthly_cents = Math.round(yearly_cents / 12);
  const breakdown = { lines };
  const valid_until = dayLater(today, VALID_DAYS);
  const row = { line: of, about: whom, monthly_cents, yearly_cents, breakdown, valid_until };
  const { id: quote_id } = await tx.insert('quotes', row);
  return { quote_id, monthly_cents, yearly_cents, lines, valid_until, referral: false };
}

function businessQuoteRoutes(office: Office): void {
  const tag = 'quotes';
  route(
    office,
    'POST',
    '/v1/quotes/business',
    {
      tag,
      summary: 'What the liability of a business costs; above its limits a person decides (referral)',
      body: {
        about,
        industry: words(60),
        revenue_dollars: dollars,
        employees: z.number().int().min(0).max(100_000),
        claims: z.number().int().min(0).max(100),
      },
    },
    async ({ tx, body, today }) => {
      const [rate] = await tx.query(
        'SELECT * FROM business_rates WHERE industry IN ($1, $2) ORDER BY industry = $2 LIMIT 1',
        [body.industry.toLowerCase(), 'other'],
      );
      const {
        base_cents,
        cents_per_thousand_revenue,
        cents_per_employee,
        most_revenue_dollars,
        most_claims,
      } = rate ?? {};
      const isLarge = body.revenue_dollars > Number(most_revenue_dollars);
      if (isLarge || body.claims > Number(most_claims))
        return { referral: true, reason: isLarge ? 'revenue' : 'claims' };
      const revenue = Math.round((body.revenue_dollars / 1000) * Number(cents_per_thousand_revenue));
      const rated = Number(base_cents) + revenue + body.employees * Number(cents_per_employee);
      const lines = [
        { what: 'base', cents: Number(base_cents) },
        { what: 'revenue', cents: revenue },
        { what: 'employees', cents: body.employees * Number(cents_per_employee) },
        // A fifth for each claim of the last years.
        { what: 'claims', cents: Math.round((rated * body.claims) / 5) },
      ];
      return quoted(tx, 'business', body.about, lines, today);
    },
  );
}

function lifeQuoteRoutes(office: Office): void {
  const tag = 'quotes';
  route(
    office,
    'POST',
    '/v1/quotes/life',
    {
      tag,
      summary: 'What a term life insurance costs',
      body: {
        about,
        age: z.number().int().min(0).max(120),
        smoker: z.boolean(),
        term_years: z.number().int().min(1).max(40),
        cover_dollars: dollars,
      },
    },
    async ({ tx, body, today }) => {
      const [rate] = await tx.query(
        'SELECT cents_per_thousand FROM life_rates WHERE term_years = $1 AND smoker = $2 AND $3 BETWEEN age_from AND age_to',
        [body.term_years, body.smoker, body.age],
      );
      if (rate === undefined || body.cover_dollars > 2_000_000)
        return { referral: true, reason: rate === undefined ? 'age_or_term' : 'cover' };
      const monthly = Math.round((body.cover_dollars / 1000) * Number(rate.cents_per_thousand));
      return quoted(tx, 'life', body.about, [{ what: 'cover', cents: monthly * 12 }], today);
    },
  );
}

function offerRoutes(office: Office): void {
  const tag = 'quotes';
  route(
    office,
    'GET',
    '/v1/quotes/:quote_id',
    { tag, summary: 'A quote', params: { quote_id: id } },
    async ({ tx, params }) => {
      const [found] = await tx.query('SELECT * FROM quotes WHERE id = $1', [params.quote_id]);
      if (found === undefined) throw notFound('quote');
      const { id: quote_id, breakdown, ...rest } = found;
      return { quote_id, ...rest, ...(breakdown as Row) };
    },
  );
  route(
    office,
    'POST',
    '/v1/quotes/withdrawals',
    { tag, summary: 'Takes offers back', body: { about, line }, status: 200 },
    async ({ tx, body }) => {
      const rows = await tx.query(
        "UPDATE quotes SET status = 'withdrawn' WHERE about = $1 AND line = $2 AND status = 'offered' RETURNING id",
        [body.about, body.line],
      );
      return { withdrawn: rows.length };
    },
  );
}

export function routeQuotes(office: Office): void {
  for (const add of [businessQuoteRoutes, lifeQuoteRoutes, offerRoutes]) add(office);
}
