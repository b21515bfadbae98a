import { join } from 'node:path';
import { startEmbeddedPostgres } from '../../src/store/embedded_postgres.ts';

/** Starts a database in a folder, prints its process id and stays until it is killed, or stops it at the end of stdin. */
const [, , dir = '', port = ''] = process.argv;
const server = await startEmbeddedPostgres({
  dataDir: join(dir, 'postgres'),
  keysDir: join(dir, 'keys'),
  toolsDir: join(dir, 'tools'),
  host: '127.0.0.1',
  port: Number(port),
  onLog: () => undefined,
});
process.stdout.write(`${server.pid}\n`);
process.stdin.resume().on('end', () => void server.stop());
