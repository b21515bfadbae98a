import { createHash } from 'node:crypto';

/** That somebody was given what is known of a person. */
export interface AuditEntry {
  /** From 1, without gaps. */
  readonly seq: number;
  /** ISO 8601, UTC, in milliseconds. */
  readonly at: string;
  /** As they called themselves; null where they did not. */
  readonly who: string | null;
  /** The route, such as `GET /api/calls/:callId`. */
  readonly action: string;
  /** Null where it was of several. */
  readonly callId: string | null;
  /** What of it they were given. */
  readonly fields: readonly string[];
  readonly requestId: string;
}

/** An entry with the hash of itself and all before it: SHA-256 in hexadecimal digits. */
export interface ChainedEntry extends AuditEntry {
  readonly sha256: string;
}

/** The hash before the first entry. */
export const NO_ENTRY = '0'.repeat(64);

/** Over the hash before it, the tenant, and the entry as JSON in this order. */
export function chainedHash(before: string, tenantId: string, entry: AuditEntry): string {
  const { seq, at, who, action, callId, fields, requestId } = entry;
  const text = JSON.stringify([before, tenantId, seq, at, who, action, callId, fields, requestId]);
  return createHash('sha256').update(text).digest('hex');
}

/** Where a chain stands: its last entry. */
export interface ChainHead {
  readonly seq: number;
  readonly sha256: string;
}

/** The chain goes on with these, in their order. Returns its new head, or the number of the first entry that is not what was written. */
export function followChain(
  head: ChainHead,
  tenantId: string,
  entries: readonly ChainedEntry[],
): ChainHead | { readonly brokenAt: number } {
  let { seq, sha256 } = head;
  for (const entry of entries) {
    seq += 1;
    sha256 = chainedHash(sha256, tenantId, entry);
    if (entry.seq !== seq || entry.sha256 !== sha256) return { brokenAt: seq };
  }
  return { seq, sha256 };
}
