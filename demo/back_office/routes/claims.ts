import { z } from 'zod';
import type { Row, Tx } from '../database.ts';
import { day, id, words } from '../fields.ts';
import { type Office, route } from '../office_routes.ts';
import { notFound, Refusal } from '../refusal.ts';

const fields = z
  .record(z.string().regex(/^[a-z][a-z0-9_]{0,63}$/), z.union([words(500), z.number(), z.boolean()]))
  .refine(all => Object.keys(all).length <= 60, 'at most sixty');
const ADJUSTERS: Readonly<Record<string, string>> = { auto: 'Tom Okafor', home: 'Lena Brandt' };

async function missingOf(tx: Tx, line: unknown, given: Row): Promise<readonly string[]> {
  const rows = await tx.query('SELECT field FROM claim_fields WHERE line = $1 ORDER BY field', [line]);
  return rows.map(({ field }) => String(field)).filter(field => !Object.hasOwn(given, field));
}

function shown({ id: claim_number, ...rest }: Row): Row {
  const missing = rest.missing as readonly string[];
  return { claim_number, ...rest, missing, complete: missing.length === 0 };
}

function newClaimRoutes(office: Office): void {
  const tag = 'claims';
  route(
    office,
    'POST',
    '/v1/claims',
    {
      tag,
      summary: 'Opens a claim: what is still missing is named, and may come later',
      body: {
        policy_number: id,
        cause: words(60),
        loss_date: day,
        description: words(2000),
        fields: fields.default({}),
      },
    },
    async ({ tx, body, today }) => {
      const [policy] = await tx.query('SELECT line, status, effective, expires FROM policies WHERE id = $1', [
        body.policy_number,
      ]);
      if (policy === undefined) throw notFound('policy');
      if (body.loss_date > today) throw new Refusal(422, 'in_future', 'the loss lies in the future');
      const isCovered =
        String(policy.effective) <= body.loss_date && body.loss_date <= String(policy.expires);
      const adjuster = ADJUSTERS[String(policy.line)] ?? 'Maya Lindqvist';
      const missing = await missingOf(tx, policy.line, body.fields);
      const row = await tx.insert('claims', { ...body, line: policy.line, adjuster, missing });
      return { ...shown(row), in_force: isCovered && policy.status === 'active' };
    },
  );
  route(
    office,
    'POST',
    '/v1/claims/withdrawals',
    {
      tag,
      summary: 'Undoes a claim that was opened',
      body: { policy_number: id, loss_date: day, cause: words(60) },
      status: 200,
    },
    async ({ tx, body }) => {
      const rows = await tx.query(
        "UPDATE claims SET status = 'withdrawn' WHERE policy_number = $1 AND loss_date = $2 AND cause = $3 AND status = 'open' RETURNING id",
        [body.policy_number, body.loss_date, body.cause],
      );
      return { withdrawn: rows.length };
    },
  );
}

function knownClaimRoutes(office: Office): void {
  const tag = 'claims';
  route(
    office,
    'PUT',
    '/v1/claims/:claim_number/fields',
    { tag, summary: 'Adds what was missing', params: { claim_number: id }, body: { fields }, status: 200 },
    async ({ tx, params, body }) => {
      const [claim] = await tx.query("SELECT * FROM claims WHERE id = $1 AND status = 'open' FOR UPDATE", [
        params.claim_number,
      ]);
      if (claim === undefined) throw notFound('open claim');
      const all = { ...(claim.fields as Row), ...body.fields };
      const [row] = await tx.query('UPDATE claims SET fields = $2, missing = $3 WHERE id = $1 RETURNING *', [
        params.claim_number,
        JSON.stringify(all),
        await missingOf(tx, claim.line, all),
      ]);
      return shown(row!);
    },
  );
  route(
    office,
    'GET',
    '/v1/claims/:claim_number',
    { tag, summary: 'A claim', params: { claim_number: id } },
    async ({ tx, params }) => {
      const [claim] = await tx.query('SELECT * FROM claims WHERE id = $1', [params.claim_number]);
      if (claim === undefined) throw notFound('claim');
      return shown(claim);
    },
  );
  route(
    office,
    'GET',
    '/v1/claims',
    { tag, summary: 'Claims of a policy, the newest first', query: { policy_number: id } },
    async ({ tx, query }) => {
      const rows = await tx.query('SELECT * FROM claims WHERE policy_number = $1 ORDER BY id DESC LIMIT 50', [
        query.policy_number,
      ]);
      return { claims: rows.map(shown), open: rows.filter(({ status }) => status === 'open').length };
    },
  );
}

export function routeClaims(office: Office): void {
  for (const add of [newClaimRoutes, knownClaimRoutes]) add(office);
}
