import { openVault } from '../../compliance/vault.ts';
import type { NodePaths } from '../../config/paths.ts';
import type { Config } from '../../config/schema.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../store/embedded_postgres.ts';
import { migrate } from '../../store/migrate.ts';
import { migrateJobs } from '../../store/migrate_jobs.ts';
import type { ChildrenFile } from '../children_file.ts';
import type { LogFiles } from '../log_files.ts';

/** The node's own Postgres, on record like the node's other processes. */
export async function startPostgres(
  config: Config,
  paths: NodePaths,
  logs: LogFiles,
  children: ChildrenFile,
): Promise<EmbeddedPostgres> {
  const postgres = await startEmbeddedPostgres({
    dataDir: paths.postgres,
    keysDir: paths.keys,
    toolsDir: paths.tools,
    host: config.postgres.host,
    port: config.postgres.port,
    onLog: logs.lineWriter('postgres'),
  });
  children.add('postgres', postgres.pid, 'SIGINT');
  void postgres.exited.then(() => children.remove(postgres.pid));
  return postgres;
}

export async function migrateDatabase(ownerUrl: string, sealKeyFile: string, logs: LogFiles): Promise<void> {
  await migrate({ ownerUrl, vault: openVault(sealKeyFile), onLog: logs.lineWriter('migrate') });
  await migrateJobs(ownerUrl, logs.lineWriter('migrate'));
}
