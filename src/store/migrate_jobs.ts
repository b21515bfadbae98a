import { DBOS } from '@dbos-inc/dbos-sdk';
import { APP_ROLE } from './app_role.ts';
import { asStoreError } from './store_errors.ts';

/** Where DBOS keeps its workflows: of the node, and of nobody's personal data. */
export const JOBS_SCHEMA = 'jobs';

/**
 * Brings the tables of durable jobs to what this code needs. @param ownerUrl connects as the owner of the schema
 * @throws TrunklineError STORE_UNAVAILABLE or STEP_FAILED
 */
export async function migrateJobs(ownerUrl: string): Promise<void> {
  try {
    await DBOS.migrate(ownerUrl, { schemaName: JOBS_SCHEMA, applicationRole: APP_ROLE });
  } catch (error) {
    throw asStoreError(error, 'STEP_FAILED', 'the tables of jobs could not be migrated');
  }
}
