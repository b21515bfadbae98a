import { openAuditLog } from '../../src/store/audit_log.ts';
import { openChatStore } from '../../src/store/chats.ts';
import { openLegalHolds } from '../../src/store/legal_holds.ts';
import { openRecordingDeletions } from '../../src/store/recording_deletions.ts';
import { openWorkflowStore } from '../../src/store/workflow_versions.ts';
import { callStory, PERSONAL } from './call_story.ts';
import type { TestStore } from './postgres.ts';

/** What no event of a call leaves in the store, of one tenant. */
export async function beginAll(store: TestStore, tenantId: string, callId: string): Promise<void> {
  await beginChat(store, tenantId);
  await beginVersion(store, tenantId);
  await deleteAndHold(store, tenantId, callId);
  const audit = openAuditLog(store.appUrl);
  const entry = {
    who: 'jo',
    action: 'GET /api/calls/:callId',
    callId,
    fields: ['turns'],
    requestId: 'request-1',
  };
  await audit.append(tenantId, entry);
  await audit.close();
}

/** A chat that nobody has answered yet. */
async function beginChat({ appUrl, vault }: TestStore, tenantId: string): Promise<void> {
  const redisUrl = 'redis://127.0.0.1:1';
  const chats = openChatStore({ databaseUrl: appUrl, connections: 1, redisUrl, vault });
  const at = '2026-01-05T12:00:01.000Z';
  const chat = { chatId: 'chat', workflow: 'piano_removal', stage: 'welcome', state: '{}' };
  const told = { startedAt: at, lastAt: at, events: 1, turns: 0, messages: 0 };
  await chats.begin(tenantId, { ...chat, ...told }, callStory(tenantId, 'chat').slice(0, 1), 1);
  await chats.close();
}

/** A recording of the call was deleted, and then the call is held. */
async function deleteAndHold({ appUrl, vault }: TestStore, tenantId: string, callId: string): Promise<void> {
  const deletions = openRecordingDeletions(appUrl);
  const file = `${tenantId}/${callId}.wav`;
  const runAt = new Date();
  const what = {
    sha256: '0'.repeat(64),
    bytes: 44,
    rule: 'retention.recordings',
    days: 90,
    keptSince: runAt,
  };
  await deletions.delete(tenantId, { callId, file, recording: file, ...what, runAt }, async () => undefined);
  await deletions.finish(tenantId, { at: runAt, held: 0, failed: 0, isLimited: false });
  await deletions.close();
  const holds = openLegalHolds(appUrl, vault);
  await holds.set(tenantId, callId, { by: 'counsel', why: PERSONAL.said });
  await holds.close();
}

/** Leaves a version of a workflow, and its first line of history, in the store. */
async function beginVersion({ appUrl }: TestStore, tenantId: string): Promise<void> {
  const versions = openWorkflowStore({ databaseUrl: appUrl, connections: 1 });
  const text = { files: { 'shop.yaml': 'name: shop' }, sha256: '0'.repeat(64), flowVersion: null };
  await versions.add(tenantId, 'shop', { ...text, author: 'jo', note: '' });
  await versions.close();
}
