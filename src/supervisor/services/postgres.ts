import { openVault } from '../../compliance/vault.ts';
import { LIMITS } from '../../config/limits.ts';
import type { NodePaths } from '../../config/paths.ts';
import type { Config } from '../../config/schema.ts';
import {
  type EmbeddedPostgres,
  embeddedUrls,
  isAnswering,
  startEmbeddedPostgres,
} from '../../store/embedded_postgres.ts';
import { migrate } from '../../store/migrate.ts';
import { migrateJobs } from '../../store/migrate_jobs.ts';
import type { ChildStarter } from '../child.ts';
import type { ChildrenFile } from '../children_file.ts';
import type { LogFiles } from '../log_files.ts';

/** As Postgres calls them: a fast end, then one at once. */
const END_WITH = [{ signal: 'SIGINT', waitMs: LIMITS.postgresStopMs }] as const;

interface PostgresParts {
  readonly config: Config;
  readonly paths: NodePaths;
  readonly logs: LogFiles;
  readonly children: ChildrenFile;
  readonly starter: ChildStarter;
}

/** The node's own Postgres, on record like the node's other processes: started, or taken over where one answers. */
export async function startPostgres(parts: PostgresParts): Promise<EmbeddedPostgres> {
  const { config, paths, logs, children, starter } = parts;
  const adopted = starter.takeAdopted('postgres', END_WITH);
  if (adopted !== undefined) {
    const { host, port } = config.postgres;
    const urls = embeddedUrls({ keysDir: paths.keys, host, port });
    if (urls !== undefined && (await isAnswering(urls.ownerUrl))) return { ...adopted, ...urls };
    await adopted.stop();
  }
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
