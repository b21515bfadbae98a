import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { TrunklineError } from '../../src/config/errors.ts';
import { loadConfig } from '../../src/config/load.ts';
import { nodePaths } from '../../src/config/paths.ts';
import { kept, openOfficePostgres } from './office_postgres.ts';
import { startOffice } from './server.ts';

const USAGE = `npm run demo [-- OPTIONS]: the demo back office, until Ctrl-C

  --port 8090            where it listens, on the loopback
  --postgres-port 5434   where its database listens, if the node's does not run
  --no-faults            takes no orders to go wrong on purpose
`;
const PROJECT = fileURLToPath(new URL('../../', import.meta.url));
/** Named by the tools in workflows/shared/back_office_tools.yaml. */
const DIR = join(PROJECT, 'var', 'demo');

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: '8090' },
      'postgres-port': { type: 'string', default: '5434' },
      faults: { type: 'boolean', default: true },
      help: { type: 'boolean', short: 'h' },
    },
    allowNegative: true,
  });
  if (values.help) {
    process.stdout.write(USAGE);
    return;
  }
  const config = loadConfig(join(PROJECT, 'trunkline.yaml'));
  const paths = nodePaths(PROJECT, config);
  const { host, port } = config.postgres;
  const postgres = await openOfficePostgres({
    dir: DIR,
    toolsDir: paths.tools,
    node: { keysDir: paths.keys, host, port },
    port: Number(values['postgres-port']),
  });
  const keyFile = join(DIR, 'back_office.key');
  const hookFile = join(DIR, 'hook.key');
  const office = await startOffice({
    databaseUrl: postgres.url,
    key: kept(keyFile),
    hookSecret: kept(hookFile),
    host: '127.0.0.1',
    port: Number(values.port),
    faults: values.faults,
    onFault: code => process.stderr.write(`a request failed (${code})\n`),
  }).catch(async error => {
    await postgres.stop();
    throw error;
  });
  process.stdout.write(
    [
      'The demo back office is up.',
      `  REST      ${office.url}/v1/   (Authorization: Bearer KEY; ${office.url}/openapi.json)`,
      `  key       var/demo/back_office.key`,
      `  webhooks  ${office.url}/v1/hooks   (signed with var/demo/hook.key)`,
      `  Postgres  ${new URL(postgres.url).host}, database back_office${postgres.isNodes ? " (the node's)" : ''}`,
      `  tools     workflows/shared/back_office_tools.yaml`,
      '',
    ].join('\n'),
  );
  await stopSignal();
  await office.close();
  await postgres.stop();
}

function stopSignal(): Promise<unknown> {
  return new Promise(resolve => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, resolve);
  });
}

try {
  await main();
} catch (error) {
  const { code = '', message = '' } = error as NodeJS.ErrnoException;
  const remedy = error instanceof TrunklineError ? `\n  ${error.remedy}` : '';
  process.stderr.write(`${code} ${message}${remedy}\n`.trimStart());
  process.exitCode = 1;
}
