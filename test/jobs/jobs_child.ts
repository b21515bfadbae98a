import { nodePaths } from '../../src/config/paths.ts';
import { configSchema } from '../../src/config/schema.ts';
import type { Link } from '../../src/ipc/link.ts';
import { createLogger } from '../../src/observe/log.ts';
import { run } from '../../src/roles/jobs.ts';

/** The role of jobs in a process of its own, with a link that leads nowhere; says `ready`, and ends in order on SIGTERM. */
const [, , databaseUrl = '', sealKeyFile = '', project = ''] = process.argv;
const config = configSchema.parse({ tenant: 'acme', postgres: { url: databaseUrl }, sealKeyFile });
const link = { send: () => process.stdout.write('ready\n') } as unknown as Link;
const role = await run({
  address: 'jobs',
  config,
  paths: nodePaths(project, config),
  ownsLiveKit: false,
  runtimeFile: '',
  link,
  log: createLogger('jobs', process.env.JOBS_LOG === undefined ? 'silent' : 'debug'),
});
process.on('SIGTERM', () => {
  void role.stop().then(() => process.exit(0));
});
