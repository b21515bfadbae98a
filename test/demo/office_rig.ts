import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import pg from 'pg';
import { freePort } from '../../bench/sip/free_ports.ts';
import { prepareOffice } from '../../demo/back_office/office_postgres.ts';
import { startOffice } from '../../demo/back_office/server.ts';
import { startEmbeddedPostgres } from '../../src/store/embedded_postgres.ts';
import { putMigratedCluster } from '../store/migrated_cluster.ts';
import { scratchFolder } from '../store/postgres.ts';

export const KEY = 'office-key-of-the-test';
export const HOOK_SECRET = 'hook-secret-of-the-test';
/** A Monday. */
export const TODAY = '2027-03-01';

/** A back office with a database of its own, and whoever asks it over HTTP. */
export async function startTestOffice() {
  const { dir, remove } = scratchFolder();
  const dirs = { dataDir: join(dir, 'postgres'), keysDir: join(dir, 'keys') };
  await putMigratedCluster(dirs);
  const postgres = await startEmbeddedPostgres({
    ...dirs,
    toolsDir: join(dir, 'tools'),
    host: '127.0.0.1',
    port: await freePort(),
    onLog: () => undefined,
  });
  const databaseUrl = await prepareOffice(postgres.ownerUrl, dir);
  const keyFile = join(dir, 'var', 'demo', 'back_office.key');
  mkdirSync(dirname(keyFile), { recursive: true });
  writeFileSync(keyFile, `${KEY}\n`);
  const faulty: string[] = [];
  const options = {
    databaseUrl,
    key: KEY,
    hookSecret: HOOK_SECRET,
    host: '127.0.0.1',
    port: 0,
    faults: true,
  };
  const office = await startOffice({ ...options, today: () => TODAY, onFault: code => faulty.push(code) });
  let keys = 0;
  return {
    dir,
    url: office.url,
    databaseUrl,
    options,
    ownerUrl: postgres.ownerUrl,
    /** Codes of what failed inside. */
    faulty,
    async ask(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
      keys += 1;
      const answer = await fetch(`${office.url}${path}`, {
        method,
        headers: {
          authorization: `Bearer ${KEY}`,
          ...(method !== 'GET' && { 'idempotency-key': `"test-${keys}"` }),
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      });
      const text = await answer.text();
      return { status: answer.status, headers: answer.headers, body: text === '' ? {} : JSON.parse(text) };
    },
    async rows(sql: string): Promise<readonly Record<string, unknown>[]> {
      const client = new pg.Client({ connectionString: databaseUrl, options: '-c search_path=back_office' });
      await client.connect();
      try {
        return (await client.query(sql)).rows;
      } finally {
        await client.end();
      }
    },
    async end() {
      await office.close();
      await postgres.stop();
      remove();
    },
  };
}
