import { z } from 'zod';
import type { Row, Tx } from '../database.ts';
import { cents, day, id, line, words } from '../fields.ts';
import { type Office, route } from '../office_routes.ts';
import { notFound, Refusal } from '../refusal.ts';
import { dayLater } from './brokers.ts';

const policy = { policy_number: id };

/** Whoever does not know the date of birth as well is told that there is none. */
async function found(tx: Tx, policyNumber: string, born?: string): Promise<Row> {
  const [row] = await tx.query(
    `SELECT policies.*, first_name, last_name, phone, email, state FROM policies JOIN clients ON clients.id = client_id
     WHERE policies.id = $1 AND ($2::date IS NULL OR born = $2)`,
    [policyNumber, born ?? null],
  );
  if (row === undefined) throw notFound('policy');
  return row;
}

function assertActive({ status }: Row): void {
  if (status !== 'active') throw new Refusal(422, 'not_active', 'the policy is not active');
}

/** Sets what is not withdrawn yet to withdrawn. */
async function withdraw(
  tx: Tx,
  table: 'changes' | 'certificates' | 'policies',
  where: string,
  values: readonly unknown[],
): Promise<Row> {
  const rows = await tx.query(
    `UPDATE ${table} SET status = 'withdrawn' WHERE ${where} AND status <> 'withdrawn' RETURNING id`,
    values,
  );
  return { withdrawn: rows.length };
}

function knownPolicyRoutes(office: Office): void {
  const tag = 'policies';
  route(
    office,
    'GET',
    '/v1/policies/:policy_number',
    { tag, summary: 'A policy, for those who know the date of birth', params: policy, query: { born: day } },
    async ({ tx, params, query }) => {
      const { id: policy_number, coverages, ...rest } = await found(tx, params.policy_number, query.born);
      return { policy_number, ...rest, coverages, covers: Object.keys(coverages as Row).join(', ') };
    },
  );
  route(
    office,
    'GET',
    '/v1/policies/:policy_number/coverage',
    {
      tag,
      summary: 'Whether something is covered, and up to what',
      params: policy,
      query: { what: words(40) },
    },
    async ({ tx, params, query }) => {
      const { coverages, deductible_cents, status } = await found(tx, params.policy_number);
      const all = coverages as Readonly<Record<string, number>>;
      const limit = Object.hasOwn(all, query.what) ? all[query.what] : undefined;
      return {
        what: query.what,
        covered: limit !== undefined && status === 'active',
        limit_cents: limit ?? 0,
        deductible_cents,
      };
    },
  );
}

function newPolicyRoutes(office: Office): void {
  const tag = 'policies';
  route(
    office,
    'POST',
    '/v1/policies',
    {
      tag,
      summary: 'A policy that begins when it was paid',
      body: {
        client_id: id,
        line,
        yearly_cents: cents,
        cover_cents: cents,
        deductible_cents: cents.default(0),
        effective: day.optional(),
      },
    },
    async ({ tx, body: { cover_cents, effective, ...body }, today }) => {
      const client = await tx.query('SELECT id FROM clients WHERE id = $1', [body.client_id]);
      if (client.length === 0) throw notFound('client');
      const begins = effective ?? dayLater(today, 1);
      const row = {
        ...body,
        status: 'pending',
        effective: begins,
        expires: dayLater(begins, 365),
        coverages: { [body.line]: cover_cents },
      };
      const { id: policy_number, status } = await tx.insert('policies', row);
      return { policy_number, status, effective: begins };
    },
  );
  route(
    office,
    'POST',
    '/v1/policies/withdrawals',
    { tag, summary: 'Undoes policies that have not begun', body: { client_id: id, line }, status: 200 },
    ({ tx, body }) =>
      withdraw(tx, 'policies', "client_id = $1 AND line = $2 AND status = 'pending'", [
        body.client_id,
        body.line,
      ]),
  );
}

export function routePolicies(office: Office): void {
  for (const add of [knownPolicyRoutes, newPolicyRoutes]) add(office);
}

function changeRoutes(office: Office): void {
  const tag = 'policy service';
  const kind = z.enum([
    'address',
    'vehicle',
    'driver',
    'coverage',
    'beneficiary',
    'payment',
    'name',
    'cancellation',
    'other',
  ]);
  route(
    office,
    'POST',
    '/v1/policies/:policy_number/changes',
    {
      tag,
      summary: 'Asks for a change',
      params: policy,
      body: { kind, detail: words(500), effective: day.optional() },
    },
    async ({ tx, params, body, today }) => {
      assertActive(await found(tx, params.policy_number));
      const effective = body.effective ?? today;
      const { id: change_id, status } = await tx.insert('changes', { ...body, ...params, effective });
      return { change_id, status, effective };
    },
  );
  route(
    office,
    'POST',
    '/v1/policies/:policy_number/change_withdrawals',
    { tag, summary: 'Takes changes of a kind back', params: policy, body: { kind }, status: 200 },
    ({ tx, params, body }) =>
      withdraw(tx, 'changes', "policy_number = $1 AND kind = $2 AND status = 'requested'", [
        params.policy_number,
        body.kind,
      ]),
  );
}

function endorsementRoutes(office: Office): void {
  const tag = 'policy service';
  route(
    office,
    'POST',
    '/v1/changes/:change_id/endorsement',
    { tag, summary: 'Endorses a change that was asked for', params: { change_id: id } },
    async ({ tx, params }) => {
      const [change] = await tx.query('SELECT * FROM changes WHERE id = $1 FOR UPDATE', [params.change_id]);
      if (change === undefined) throw notFound('change');
      if (change.status !== 'requested')
        throw new Refusal(422, 'not_open', 'the change is not open any more');
      const endorsement = `E${String(change.id).slice(1)}`;
      await tx.query("UPDATE changes SET status = 'endorsed', endorsement = $2 WHERE id = $1", [
        change.id,
        endorsement,
      ]);
      return {
        change_id: change.id,
        policy_number: change.policy_number,
        endorsement,
        effective: change.effective,
      };
    },
  );
}

function certificateRoutes(office: Office): void {
  const tag = 'policy service';
  route(
    office,
    'POST',
    '/v1/policies/:policy_number/certificates',
    {
      tag,
      summary: 'A certificate of insurance for somebody who wants to see one',
      params: policy,
      body: { holder: words(120) },
    },
    async ({ tx, params, body }) => {
      assertActive(await found(tx, params.policy_number));
      const { id: certificate_id, status } = await tx.insert('certificates', { ...body, ...params });
      return { certificate_id, status, document: `/v1/certificates/${certificate_id}` };
    },
  );
  route(
    office,
    'GET',
    '/v1/certificates/:certificate_id',
    { tag, summary: 'A certificate', params: { certificate_id: id } },
    async ({ tx, params }) => {
      const [certificate] = await tx.query(
        `SELECT certificates.id AS certificate_id, policy_number, holder, certificates.status, line, effective, expires, coverages
       FROM certificates JOIN policies ON policies.id = policy_number WHERE certificates.id = $1`,
        [params.certificate_id],
      );
      if (certificate === undefined) throw notFound('certificate');
      return certificate;
    },
  );
  route(
    office,
    'POST',
    '/v1/policies/:policy_number/certificate_withdrawals',
    {
      tag,
      summary: 'Takes certificates of a holder back',
      params: policy,
      body: { holder: words(120) },
      status: 200,
    },
    ({ tx, params, body }) =>
      withdraw(tx, 'certificates', 'policy_number = $1 AND holder = $2', [params.policy_number, body.holder]),
  );
}

export function routeService(office: Office): void {
  for (const add of [changeRoutes, endorsementRoutes, certificateRoutes]) add(office);
}
