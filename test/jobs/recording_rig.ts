import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import pino from 'pino';
import t from 'tap';
import { configSchema } from '../../src/config/schema.ts';
import { RecordingSweep } from '../../src/jobs/recording_sweep.ts';
import { openDatabase } from '../../src/store/database.ts';
import { writeEvents } from '../../src/store/event_writer.ts';
import type { CallEvent } from '../../src/store/events.ts';
import { openKeptStates } from '../../src/store/kept_states.ts';
import { openLegalHolds } from '../../src/store/legal_holds.ts';
import {
  openDeletions,
  openRecordingDeletions,
  type RecordingDeletions,
} from '../../src/store/recording_deletions.ts';
import { openRetention } from '../../src/store/retention.ts';
import { sealEvent } from '../../src/store/sealing.ts';
import { PERSONAL, storyTeller } from '../store/call_story.ts';
import { startTestStore } from '../store/postgres.ts';

const DAY_MS = 86_400_000;
/** Nights over a real store and real files. */
export const store = await startTestStore();
const database = openDatabase(store.appUrl, 1);
export const deletions = openRecordingDeletions(store.appUrl);
export const proofs = openDeletions(store.appUrl);
export const holds = openLegalHolds(store.appUrl, store.vault);
export const retention = openRetention(store.appUrl);
export const states = openKeptStates(store.appUrl, store.vault);
t.teardown(async () => {
  for (const part of [deletions, proofs, holds, retention, states, database]) await part.close();
  await store.end();
});

export const dir = join(store.dir, 'recordings');
export const AT = new Date();
/** A later run. */
export const nights = (count: number) => new Date(AT.getTime() + count * DAY_MS);
export const daysAgo = (days: number) => new Date(AT.getTime() - days * DAY_MS);
export const BY = { by: 'counsel', why: 'the Quackenbush matter' };

interface StoryOptions {
  readonly days: number;
  readonly workflow?: string;
  readonly disposition?: 'COMPLETED' | 'FAILED' | 'none';
}

/** A call that ended so many days ago, with a recording; each test has a tenant of its own. */
export async function keepCall(
  tenantId: string,
  callId: string,
  { days, workflow = 'visits', disposition = 'COMPLETED' }: StoryOptions,
) {
  const tell = storyTeller(tenantId, callId, daysAgo(days).getTime() - 5_000);
  const ends = { reason: 'remoteHangup', durationMs: 9, framesConcealed: 0, framesDropped: 0 };
  const parties = { from: PERSONAL.from, to: '', workflow, workflowVersion: '1' };
  const keepUntil = daysAgo(days - 1).toISOString();
  const events: CallEvent[] = [
    tell('call.started', { direction: 'inbound', lineKind: 'trunk', ...parties }),
    tell('recording.started', { file: `${tenantId}/${callId}.wav`, mediaMs: 0, rateHz: 8000 }),
    tell('turn.caller', { turn: 2, text: PERSONAL.said, startMs: 1, endMs: 2, confidence: 1 }),
    tell('state.kept', { workflow, keepUntil, state: '{"a":1}' }),
    ...(disposition === 'none' ? [] : [tell('call.ended', { disposition, ...ends })]),
  ];
  await writeEvents(
    database,
    tenantId,
    events.map(event => sealEvent(event, store.vault)),
  );
}

/** A file that was written to last so many days ago. */
export function putFile(
  tenantId: string,
  name: string,
  days = 0,
): { path: string; sha256: string; bytes: number } {
  mkdirSync(join(dir, tenantId), { recursive: true });
  const path = join(dir, tenantId, name);
  const content = `sound of ${tenantId} ${name}`;
  writeFileSync(path, content);
  utimesSync(path, daysAgo(days), daysAgo(days));
  return { path, sha256: createHash('sha256').update(content).digest('hex'), bytes: content.length };
}

interface SweepOptions {
  readonly config?: object;
  readonly at?: Date;
  readonly signal?: AbortSignal;
  readonly through?: Partial<RecordingDeletions>;
}

export async function sweep(tenantId: string, { config = {}, at = AT, signal, through }: SweepOptions = {}) {
  const lines: Record<string, unknown>[] = [];
  const out = new Writable({
    write(chunk, _encoding, done) {
      lines.push(JSON.parse(String(chunk)));
      done();
    },
  });
  const one = new RecordingSweep({
    tenantId,
    dir,
    days: configSchema.parse({ retention: config }).retention,
    deletions: { ...deletions, ...through },
    log: pino(out),
  });
  const done = await one.run(at, signal ?? new AbortController().signal);
  return { done, lines };
}

export const listed = async (tenantId: string, callId?: string) =>
  (await proofs.list(tenantId, { limit: 100 }, callId)).rows;
export const left = (tenantId: string, names: readonly string[]) =>
  names.filter(name => existsSync(join(dir, tenantId, name)));
