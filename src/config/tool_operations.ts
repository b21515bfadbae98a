/** Something that a tool may do without naming an address of its own. */
export interface Operation {
  /**
   * `reads`: called twice it does no more than called once. `keyed`: nothing is done twice for the same key; where the other
   * end knows no keys, it is looked whether it was done.
   */
  readonly does: 'reads' | 'keyed';
  /** Its arguments: those that it needs, and those that it may have. */
  readonly needs: readonly string[];
  readonly may: readonly string[];
}

type Operations = Readonly<Record<string, Operation>>;

/** What the node knows by itself, without asking anybody (src/agent/tools/internal_tools.ts). */
export const INTERNAL_OPERATIONS = {
  reference: { does: 'keyed', needs: [], may: ['prefix'] },
  age: { does: 'reads', needs: ['born'], may: ['on'] },
  days_until: { does: 'reads', needs: ['date'], may: [] },
  day_after: { does: 'reads', needs: ['days'], may: ['from', 'workdays'] },
} as const satisfies Operations;

/** What the systems of others are asked for, by adapter (src/integrations). */
const ADAPTER_OPERATIONS: Readonly<Record<string, Operations>> = {
  calendly: {
    available_times: { does: 'reads', needs: [], may: ['from', 'days', 'event_type'] },
    book: {
      does: 'keyed',
      needs: ['start', 'name', 'email'],
      may: ['event_type', 'phone', 'time_zone', 'question', 'answer'],
    },
    scheduling_link: { does: 'reads', needs: [], may: ['event_type'] },
    cancel: { does: 'reads', needs: ['event'], may: ['reason'] },
  },
  google_calendar: {
    available_times: { does: 'reads', needs: [], may: ['from', 'days', 'minutes'] },
    create_event: { does: 'keyed', needs: ['start', 'title'], may: ['minutes', 'note'] },
    cancel_event: { does: 'reads', needs: ['event'], may: [] },
  },
  salesforce: {
    find_contact: { does: 'reads', needs: [], may: ['email', 'phone'] },
    upsert_lead: {
      does: 'reads',
      needs: ['external_id', 'last_name', 'company'],
      may: ['first_name', 'phone', 'email', 'state', 'zip', 'status', 'source', 'note'],
    },
    upsert_contact: {
      does: 'reads',
      needs: ['external_id', 'last_name'],
      may: ['first_name', 'phone', 'email', 'state', 'zip', 'note'],
    },
    create_task: {
      does: 'keyed',
      needs: ['subject'],
      may: ['due', 'note', 'who', 'what', 'status', 'priority'],
    },
    delete_task: { does: 'reads', needs: ['task'], may: [] },
  },
};

export const ADAPTER_NAMES = ['calendly', 'google_calendar', 'salesforce'] as const;

export function internalOperation(name: string): Operation | undefined {
  const all: Operations = INTERNAL_OPERATIONS;
  return Object.hasOwn(all, name) ? all[name] : undefined;
}

export function adapterOperation(adapter: string, name: string): Operation | undefined {
  const all = adapterOperations(adapter);
  return Object.hasOwn(all, name) ? all[name] : undefined;
}

export function adapterOperations(adapter: string): Operations {
  return Object.hasOwn(ADAPTER_OPERATIONS, adapter) ? (ADAPTER_OPERATIONS[adapter] ?? {}) : {};
}
