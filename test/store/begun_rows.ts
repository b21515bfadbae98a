import { openChatStore } from '../../src/store/chats.ts';
import { openWorkflowStore } from '../../src/store/workflow_versions.ts';
import { callStory } from './call_story.ts';
import type { TestStore } from './postgres.ts';

/** A chat that nobody has answered yet. */
export async function beginChat({ appUrl, vault }: TestStore, tenantId: string): Promise<void> {
  const redisUrl = 'redis://127.0.0.1:1';
  const chats = openChatStore({ databaseUrl: appUrl, connections: 1, redisUrl, vault });
  const at = '2026-01-05T12:00:01.000Z';
  const chat = { chatId: 'chat', workflow: 'piano_removal', stage: 'welcome', state: '{}' };
  const told = { startedAt: at, lastAt: at, events: 1, turns: 0, messages: 0 };
  await chats.begin(tenantId, { ...chat, ...told }, callStory(tenantId, 'chat').slice(0, 1), 1);
  await chats.close();
}

/** Leaves a version of a workflow, and its first line of history, in the store. */
export async function beginVersion({ appUrl }: TestStore, tenantId: string): Promise<void> {
  const versions = openWorkflowStore({ databaseUrl: appUrl, connections: 1 });
  const text = { files: { 'shop.yaml': 'name: shop' }, sha256: '0'.repeat(64), flowVersion: null };
  await versions.add(tenantId, 'shop', { ...text, author: 'jo', note: '' });
  await versions.close();
}
