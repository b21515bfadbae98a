import { createHash } from 'node:crypto';
import type { Tx } from './database.ts';
import { Refusal } from './refusal.ts';

export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** Names a request, so that another one with the same key is known for what it is. */
export function fingerprintOf(method: string, url: string, body: unknown): string {
  return createHash('sha256')
    .update(JSON.stringify([method, url, body ?? null]))
    .digest('hex');
}

/** The key of an Idempotency-Key header: a string of RFC 8941 §3.3.3, or bare as many clients send it. */
export function keyIn(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  const [, quoted, bare] =
    /^(?:"([\x21\x23-\x5b\x5d-\x7e]{1,128})"|([\x21\x23-\x5b\x5d-\x7e]{1,128}))$/.exec(header) ?? [];
  const key = quoted ?? bare;
  if (key !== undefined) return key;
  throw new Refusal(400, 'bad_key', 'Idempotency-Key must be a string of 1 to 128 printable characters');
}

/**
 * Does something once for a key (draft-ietf-httpapi-idempotency-key-header-07): the same request again has the answer of
 * the first, another one with the same key is refused. Who comes while the first is under way waits for it.
 */
export async function onceFor(
  tx: Tx,
  key: string,
  fingerprint: string,
  work: () => Promise<Answer>,
): Promise<Answer & { readonly isRepeated: boolean }> {
  // Waits for a transaction that has added the same key; should that one fail, it is ours.
  const added = await tx.query(
    `INSERT INTO idempotency (key, fingerprint, status, answer) VALUES ($1, $2, 0, 'null')
     ON CONFLICT DO NOTHING RETURNING key`,
    [key, fingerprint],
  );
  if (added.length === 0) {
    const [row] = await tx.query('SELECT fingerprint, status, answer FROM idempotency WHERE key = $1', [key]);
    if (row?.fingerprint !== fingerprint)
      throw new Refusal(422, 'key_reused', 'this Idempotency-Key belongs to another request');
    return { status: Number(row.status), body: row.answer, isRepeated: true };
  }
  const answer = await work();
  await tx.query('UPDATE idempotency SET status = $2, answer = $3 WHERE key = $1', [
    key,
    answer.status,
    JSON.stringify(answer.body),
  ]);
  return { ...answer, isRepeated: false };
}
