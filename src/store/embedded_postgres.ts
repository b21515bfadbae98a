import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { z } from 'zod';
import { writeSecretFile } from '../compliance/secret_file.ts';
import { TrunklineError } from '../config/errors.ts';
import { LIMITS } from '../config/limits.ts';
import { APP_ROLE } from './app_role.ts';
import { accountFor, assertVersion, createCluster, endLeftoverServer, handOver } from './postgres/cluster.ts';
import { packagedPrograms, postgresPrograms } from './postgres/programs.ts';
import { type PostgresServer, startServer } from './postgres/server.ts';

const DATABASE = 'trunkline';
const OWNER_ROLE = 'trunkline_owner';
/** Every account reaches it, also where the checkout lies in a home that only root may enter. */
const SHARED_DIR = '/var/lib/trunkline';

const passwordsSchema = z.strictObject({
  owner: z.string().regex(/^[0-9a-f]{64}$/),
  app: z.string().regex(/^[0-9a-f]{64}$/),
});
type Passwords = z.infer<typeof passwordsSchema>;

export interface EmbeddedPostgresOptions {
  /** Folder of the cluster; made if missing. The caller makes sure that no other node uses it. */
  readonly dataDir: string;
  /** Where postgres.json with the roles' passwords lies. */
  readonly keysDir: string;
  /** For a copy of the programs where the npm package can't be used in its place. */
  readonly toolsDir: string;
  readonly host: string;
  readonly port: number;
  /** Lines that Postgres logs; never statements or values. */
  readonly onLog: (line: string) => void;
}

export interface EmbeddedPostgres extends PostgresServer {
  /** Connects as the owner of the schema, for migrations only. */
  readonly ownerUrl: string;
  /** Connects as a role that row-level security binds, for everything else. */
  readonly appUrl: string;
}

/**
 * Starts the Postgres of the npm package on a cluster of its own, making the cluster, its database and roles as
 * far as they are missing. Works as an ordinary user and as root, then under an unprivileged account.
 * @throws TrunklineError PORT_BUSY, DISK_FULL, KEY_INVALID, TOOL_MISSING or STEP_FAILED
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const { host, port, onLog } = options;
  const clusterDir = join(options.dataDir, 'cluster');
  const account = accountFor(clusterDir);
  handOver(clusterDir, account);
  const copyDirs = account === undefined ? [options.toolsDir] : [options.toolsDir, SHARED_DIR];
  const { postgres, initdb } = postgresPrograms(packagedPrograms(), copyDirs, account);
  const passwords = readPasswords(join(options.keysDir, 'postgres.json'), existsSync(clusterDir));
  if (!existsSync(clusterDir)) {
    await createCluster({
      clusterDir,
      initdb,
      account,
      ownerRole: OWNER_ROLE,
      password: passwords.owner,
      onLog,
    });
  }
  assertVersion(clusterDir);
  await endLeftoverServer(clusterDir);
  const server = await startServer({ postgres, clusterDir, account, host, port, onLog });
  const url = (role: string, password: string, database: string) => urlOf(options, role, password, database);
  try {
    await createDatabase(url(OWNER_ROLE, passwords.owner, 'postgres'), passwords.app);
  } catch (error) {
    await server.stop();
    throw error;
  }
  return {
    ...server,
    ownerUrl: url(OWNER_ROLE, passwords.owner, DATABASE),
    appUrl: url(APP_ROLE, passwords.app, DATABASE),
  };
}

type Whereabouts = Pick<EmbeddedPostgresOptions, 'keysDir' | 'host' | 'port'>;

/** Of a server that somebody else may run; undefined where none was ever made. */
export function embeddedUrls({
  keysDir,
  host,
  port,
}: Whereabouts): Pick<EmbeddedPostgres, 'ownerUrl' | 'appUrl'> | undefined {
  const file = join(keysDir, 'postgres.json');
  if (!existsSync(file)) return undefined;
  const { owner, app } = readPasswords(file, true);
  return {
    ownerUrl: urlOf({ host, port }, OWNER_ROLE, owner, DATABASE),
    appUrl: urlOf({ host, port }, APP_ROLE, app, DATABASE),
  };
}

/** Connects as the owner of the schema to a server that somebody else may run; undefined where none was ever made. */
export function embeddedOwnerUrl(where: Whereabouts): string | undefined {
  return embeddedUrls(where)?.ownerUrl;
}

export async function isAnswering(url: string): Promise<boolean> {
  const limitMs = LIMITS.adoptMs;
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: limitMs,
    query_timeout: limitMs,
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('SELECT 1');
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}

function urlOf(
  { host, port }: Pick<EmbeddedPostgresOptions, 'host' | 'port'>,
  role: string,
  password: string,
  database: string,
): string {
  return `postgres://${role}:${password}@${host.includes(':') ? `[${host}]` : host}:${port}/${database}`;
}

function readPasswords(file: string, clusterExists: boolean): Passwords {
  if (existsSync(file)) {
    try {
      return passwordsSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
    } catch (cause) {
      throw new TrunklineError('KEY_INVALID', `${file} does not hold the database passwords`, { cause });
    }
  }
  if (clusterExists) throw new TrunklineError('KEY_INVALID', `${file} is missing but its database is there`);
  const passwords = { owner: randomBytes(32).toString('hex'), app: randomBytes(32).toString('hex') };
  writeSecretFile(file, `${JSON.stringify(passwords)}\n`);
  return passwords;
}

/** Idempotent, so that a start that was cut short here is mended by the next. */
async function createDatabase(url: string, appPassword: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const role = await client.query('SELECT FROM pg_roles WHERE rolname = $1', [APP_ROLE]);
    const verb = role.rowCount === 0 ? 'CREATE' : 'ALTER';
    await client.query(
      `${verb} ROLE ${APP_ROLE} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS ` +
        `PASSWORD ${pg.escapeLiteral(appPassword)}`,
    );
    const database = await client.query('SELECT FROM pg_database WHERE datname = $1', [DATABASE]);
    if (database.rowCount === 0) await client.query(`CREATE DATABASE ${DATABASE}`);
  } catch (cause) {
    if ((cause as { code?: string }).code === '28P01') {
      throw new TrunklineError('KEY_INVALID', 'postgres.json is not the key of this database', { cause });
    }
    throw new TrunklineError('STEP_FAILED', 'the database could not be prepared', { cause });
  } finally {
    await client.end().catch(() => undefined);
  }
}
