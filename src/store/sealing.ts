import { z } from 'zod';
import type { Vault } from '../compliance/vault.ts';
import { type CallEvent, detailSchema, EVENT_TYPES, type EventType } from './events.ts';

/**
 * An event whose personal fields are sealed: the only form that reaches a disk, Postgres or Redis. Sealed fields are
 * strings; those that are looked up bring their blind index along.
 */
export interface SealedEvent {
  readonly key: string;
  readonly tenantId: string;
  readonly callId: string;
  readonly at: string;
  readonly type: EventType;
  readonly detail: Readonly<Record<string, unknown>>;
  readonly indexes: Readonly<Record<string, string>>;
}

export const sealedEventSchema = z.strictObject({
  key: z.string().min(1).max(256),
  tenantId: z.string().regex(/^[a-z0-9][a-z0-9_-]{0,63}$/),
  callId: z.string().regex(/^[A-Za-z0-9_-]{1,128}$/),
  at: z.iso.datetime({ precision: 3 }),
  type: z.enum(EVENT_TYPES),
  detail: z.record(z.string(), z.unknown()),
  indexes: z.record(z.string(), z.string().regex(/^[0-9a-f]{32}$/)),
});

/** Fields that the contract marks as personal, by type. */
const PERSONAL_FIELDS: ReadonlyMap<EventType, readonly string[]> = new Map(
  EVENT_TYPES.map(type => {
    const fields: [string, z.ZodType][] = Object.entries(detailSchema(type).shape);
    return [type, fields.filter(([, schema]) => schema.meta()?.personal === true).map(([name]) => name)];
  }),
);

/** Fields that can be searched for, and as what. */
const INDEXED_FIELDS: Readonly<
  Partial<Record<EventType, Readonly<Record<string, 'number' | 'name' | 'id'>>>>
> = {
  'call.started': { from: 'number', to: 'number', sipCallId: 'id' },
  'slot.set': { value: 'name' },
};

function sealedFields(type: EventType, detail: Readonly<Record<string, unknown>>): readonly string[] {
  if (type === 'slot.set' && detail.sensitive !== true) return [];
  return (PERSONAL_FIELDS.get(type) ?? []).filter(field => detail[field] !== undefined);
}

function placeOf(event: { tenantId: string; callId: string; type: EventType }, field: string) {
  return { tenantId: event.tenantId, record: event.callId, field: `${event.type}.${field}` };
}

/** @throws ZodError when the event is not one of the contract */
export function sealEvent(event: CallEvent, vault: Vault): SealedEvent {
  const detail: Record<string, unknown> = storable(detailSchema(event.type).parse(event.detail));
  const indexes: Record<string, string> = {};
  for (const field of sealedFields(event.type, detail)) {
    const value = detail[field];
    const kind = INDEXED_FIELDS[event.type]?.[field];
    if (kind !== undefined) {
      indexes[field] = vault.blindIndex(String(value), { tenantId: event.tenantId, kind });
    }
    detail[field] = vault.seal(JSON.stringify(value), placeOf(event, field));
  }
  return sealedEventSchema.parse({ ...event, detail, indexes });
}

/** @throws TrunklineError SEAL_BROKEN */
export function openEvent(sealed: SealedEvent, vault: Vault): CallEvent {
  const detail = { ...sealed.detail };
  for (const field of sealedFields(sealed.type, detail)) {
    detail[field] = openField(sealed, field, String(detail[field]), vault);
  }
  const { key, tenantId, callId, at, type } = sealed;
  return { key, tenantId, callId, at, type, detail: detailSchema(type).parse(detail) } as CallEvent;
}

/** Opens one field of an event, for projections that keep it sealed. @throws TrunklineError SEAL_BROKEN */
export function openField(
  event: { readonly tenantId: string; readonly callId: string; readonly type: EventType },
  field: string,
  sealed: string,
  vault: Vault,
): unknown {
  return JSON.parse(vault.open(sealed, placeOf(event, field)));
}

/** Postgres stores neither NUL nor half a surrogate pair (https://www.postgresql.org/docs/16/datatype-json.html). */
function storable<T>(value: T): T {
  if (typeof value === 'string') return value.replaceAll('\0', '').toWellFormed() as T;
  if (Array.isArray(value)) return value.map(storable) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, storable(field)])) as T;
}
