import { clientRow, policyRow } from '../../demo/back_office/seed/seed.ts';

/** Clients that the demo back office knows. */
const CLIENTS = 60;

type Row = Readonly<Record<string, string | number | boolean>>;

/** Tables that every scenario may draw rows of: who is in the demo back office (docs/back_office.md). */
export const OFFICE_TABLES: Readonly<Record<string, readonly Row[]>> = {
  office_clients: Array.from({ length: CLIENTS }, (_, at) => clientOf(at)),
};

/** A client with their policy, as slots store it. */
function clientOf(at: number): Row {
  const client = clientRow(at);
  const policy = policyRow(at);
  const gaps = client.coverage_gaps as readonly string[];
  return {
    client_id: String(client.id),
    name: `${String(client.first_name)} ${String(client.last_name)}`,
    first_name: String(client.first_name),
    last_name: String(client.last_name),
    born: String(client.born),
    phone: `+1${String(client.phone)}`,
    email: String(client.email),
    state: String(client.state),
    zip: String(client.zip),
    plan: String(client.plan),
    gaps: gaps.length === 0 ? 'none' : gaps.join('+'),
    broker_id: String(client.broker_id),
    policy_number: String(policy.id),
    line: String(policy.line),
    policy_status: String(policy.status),
    deductible_cents: Number(policy.deductible_cents),
  };
}
