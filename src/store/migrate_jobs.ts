// The way in that tells a logger of the caller's instead of the terminal.
import { migrateSystemDatabase } from '@dbos-inc/dbos-sdk/internal/system_database';
import { GlobalLogger } from '@dbos-inc/dbos-sdk/internal/telemetry/logs';
import { APP_ROLE } from './app_role.ts';
import { asStoreError } from './store_errors.ts';

/** Where DBOS keeps its workflows: of the node, and of nobody's personal data. */
export const JOBS_SCHEMA = 'jobs';

/**
 * Brings the tables of durable jobs to what this code needs. @param ownerUrl connects as the owner of the schema
 * @throws TrunklineError STORE_UNAVAILABLE or STEP_FAILED
 */
export async function migrateJobs(ownerUrl: string, onLog: (line: string) => void): Promise<void> {
  const tell = (entry: unknown) => onLog(entry instanceof Error ? entry.message : String(entry));
  const logger = new GlobalLogger(undefined, {
    logger: { info: tell, debug: tell, warn: tell, error: tell },
  });
  try {
    await migrateSystemDatabase(ownerUrl, logger, JOBS_SCHEMA, APP_ROLE);
  } catch (error) {
    throw asStoreError(error, 'STEP_FAILED', 'the tables of jobs could not be migrated');
  }
}
