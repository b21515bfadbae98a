import type { Vault } from '../compliance/vault.ts';
import { CHATTER, type Database, openDatabase, type Transaction } from './database.ts';
import { addEvents, lockTenant, type NumberedEvent } from './event_writer.ts';
import type { CallEvent } from './events.ts';
import { openPublisher } from './live_events.ts';
import { sealEvent } from './sealing.ts';

/** Where a text chat stands. Its record is that of the call with its id. */
export interface StoredChat {
  readonly chatId: string;
  readonly workflow: string;
  readonly stage: string;
  /** The conversation's state as JSON; null once the chat is over. */
  readonly state: string | null;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly lastAt: string;
  /** Events and turns of its record, and messages answered, so far. */
  readonly events: number;
  readonly turns: number;
  readonly messages: number;
}

/**
 * Chats between two messages. What happens in one is added with the state that it leads to, in one transaction: both
 * are there or neither. Every method throws TrunklineError STORE_UNAVAILABLE when the database is away or stands still.
 */
export interface ChatStore {
  /** False when the tenant has `mostOpen` open chats already. */
  begin(tenantId: string, chat: StoredChat, events: readonly CallEvent[], mostOpen: number): Promise<boolean>;
  /** Moves a chat on that had `knownEvents` events; false when it has others by now, or is over. */
  advance(
    tenantId: string,
    chat: StoredChat,
    events: readonly CallEvent[],
    knownEvents: number,
  ): Promise<boolean>;
  /** Undefined when the tenant has no such chat. @throws TrunklineError SEAL_BROKEN */
  find(tenantId: string, chatId: string): Promise<StoredChat | undefined>;
  /** Open chats in which nothing was said since then, longest silent first. */
  idleSince(tenantId: string, at: string, limit: number): Promise<string[]>;
  /** The open chat of a party that is named, or of theirs the latest in which nothing was said since `before`. */
  left(tenantId: string, query: LeftQuery): Promise<StoredChat | undefined>;
  close(): Promise<void>;
}

interface LeftQuery {
  readonly workflow: string;
  /** Who wrote in it; personal data. */
  readonly from: string | undefined;
  readonly callId: string | undefined;
  /** ISO 8601. */
  readonly before: string;
}

export interface ChatStoreOptions {
  readonly databaseUrl: string;
  readonly connections: number;
  readonly redisUrl: string;
  readonly vault: Vault;
}

const COUNT_OPEN =
  'SELECT count(*)::integer AS open FROM chats WHERE tenant_id = $1 AND state_sealed IS NOT NULL';

const BEGIN = `
  INSERT INTO chats (tenant_id, chat_id, workflow, stage, state_sealed, started_at, last_at, events, turns, messages)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`;

const ADVANCE = `
  UPDATE chats SET stage = $3, state_sealed = $4, last_at = $5, events = $6, turns = $7, messages = $8, workflow = $10
  WHERE tenant_id = $1 AND chat_id = $2 AND events = $9 AND state_sealed IS NOT NULL
  RETURNING chat_id`;

const FIND = `
  SELECT chat_id AS "chatId", workflow, stage, state_sealed AS state, started_at AS "startedAt", last_at AS "lastAt",
         events, turns, messages
  FROM chats WHERE tenant_id = $1 AND chat_id = $2`;

const IDLE = `
  SELECT chat_id AS "chatId" FROM chats
  WHERE tenant_id = $1 AND state_sealed IS NOT NULL AND last_at <= $2
  ORDER BY last_at, chat_id LIMIT $3`;

const LEFT = `
  SELECT chat_id AS "chatId"
  FROM chats JOIN calls ON calls.tenant_id = chats.tenant_id AND calls.call_id = chat_id
  WHERE chats.tenant_id = $1 AND chats.workflow = $2 AND state_sealed IS NOT NULL
    AND (chat_id = $4 OR (from_index = $3 AND last_at <= $5))
  ORDER BY (chat_id = $4) IS TRUE DESC, last_at DESC LIMIT 1`;

/** A row's times are read as dates. */
type ChatRow = Omit<StoredChat, 'startedAt' | 'lastAt'> & { readonly startedAt: Date; readonly lastAt: Date };

/** Connects at the first use. */
export function openChatStore({ databaseUrl, connections, redisUrl, vault }: ChatStoreOptions): ChatStore {
  const database = openDatabase(databaseUrl, connections, CHATTER);
  const publisher = openPublisher(redisUrl);
  const sealedState = (tenantId: string, { chatId, state }: StoredChat) =>
    state === null ? null : vault.seal(state, placeOf(tenantId, chatId));
  const told = (added: readonly NumberedEvent[] | undefined) => {
    if (added !== undefined) publisher.publish(added);
    return added !== undefined;
  };
  return {
    async begin(tenantId, chat, events, mostOpen) {
      const { chatId, workflow, stage, startedAt, lastAt, turns, messages } = chat;
      const sealed = events.map(event => sealEvent(event, vault));
      const values = [tenantId, chatId, workflow, stage, sealedState(tenantId, chat), startedAt, lastAt];
      const added = await database.transaction(tenantId, async tx => {
        if ((await countOpen(tx, tenantId)) >= mostOpen) return undefined;
        const numbered = await addEvents(tx, tenantId, sealed);
        await tx.query(BEGIN, [...values, chat.events, turns, messages]);
        return numbered;
      });
      return told(added);
    },
    async advance(tenantId, chat, events, knownEvents) {
      const { chatId, workflow, stage, lastAt, turns, messages } = chat;
      const sealed = events.map(event => sealEvent(event, vault));
      const values = [tenantId, chatId, stage, sealedState(tenantId, chat), lastAt];
      const added = await database.transaction(tenantId, async tx => {
        // Locked before the chat, as by all who write: else two could wait for one another.
        await lockTenant(tx, tenantId);
        const counts = [chat.events, turns, messages, knownEvents];
        const moved = await tx.query(ADVANCE, [...values, ...counts, workflow]);
        return moved.length === 0 ? undefined : addEvents(tx, tenantId, sealed);
      });
      return told(added);
    },
    find: (tenantId, chatId) => find(database, vault, tenantId, chatId),
    async idleSince(tenantId, at, limit) {
      const rows = await database.transaction(tenantId, tx =>
        tx.query<{ chatId: string }>(IDLE, [tenantId, at, limit]),
      );
      return rows.map(({ chatId }) => chatId);
    },
    async left(tenantId, { workflow, from, callId = null, before }) {
      const index = from === undefined ? null : vault.blindIndex(from, { tenantId, kind: 'number' });
      const values = [tenantId, workflow, index, callId, before];
      const [row] = await database.transaction(tenantId, tx => tx.query<{ chatId: string }>(LEFT, values));
      return row && find(database, vault, tenantId, row.chatId);
    },
    async close() {
      publisher.close();
      await database.close();
    },
  };
}

/** Counted with the tenant locked, so that two that begin at once are counted one after the other. */
async function countOpen(tx: Transaction, tenantId: string): Promise<number> {
  await lockTenant(tx, tenantId);
  const [row] = await tx.query<{ open: number }>(COUNT_OPEN, [tenantId]);
  return row?.open ?? 0;
}

async function find(
  database: Database,
  vault: Vault,
  tenantId: string,
  chatId: string,
): Promise<StoredChat | undefined> {
  const [row] = await database.transaction(tenantId, tx => tx.query<ChatRow>(FIND, [tenantId, chatId]));
  if (row === undefined) return undefined;
  return {
    ...row,
    state: row.state === null ? null : vault.open(row.state, placeOf(tenantId, chatId)),
    startedAt: row.startedAt.toISOString(),
    lastAt: row.lastAt.toISOString(),
  };
}

function placeOf(tenantId: string, chatId: string) {
  return { tenantId, record: chatId, field: 'chat.state' };
}
