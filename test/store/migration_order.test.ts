import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { runner } from 'node-pg-migrate';
import t from 'tap';
import { migrate, migrationNames } from '../../src/store/migrate.ts';
import { ROOT } from '../tidy/sources.ts';
import { asOwner, startTestStore } from './postgres.ts';

const FOLDER = join(ROOT, 'src/store/migrations');
/** Written at the same time; none may join them. */
const SHARED_NUMBERS = ['0010', '0011'];

/** What a schema is made of, with the order of columns left out: a column that was added later stands behind. */
const SCHEMA = `
  SELECT 'column' AS kind, format('%s.%s %s %s %s', table_name, column_name, data_type, is_nullable, column_default) AS it
    FROM information_schema.columns WHERE table_schema = 'public'
  UNION ALL SELECT 'constraint', format('%s.%s %s', conrelid::regclass, conname, pg_get_constraintdef(oid))
    FROM pg_constraint WHERE connamespace = 'public'::regnamespace
  UNION ALL SELECT 'index', indexdef FROM pg_indexes WHERE schemaname = 'public'
  UNION ALL SELECT 'policy', format('%s.%s %s %s', tablename, policyname, qual, with_check) FROM pg_policies
  UNION ALL SELECT 'right', format('%s %s %s', table_name, grantee, privilege_type)
    FROM information_schema.role_table_grants WHERE table_schema = 'public' AND grantee <> grantor
  ORDER BY kind, it`;

const store = await startTestStore();
t.teardown(() => store.end());

/** A database that has run these, each when it came, by the name that it then had. */
async function databaseThatRan(name: string, steps: readonly (readonly string[])[]): Promise<string> {
  await asOwner(store, `CREATE DATABASE ${name}`);
  const ownerUrl = Object.assign(new URL(store.ownerUrl), { pathname: `/${name}` }).href;
  const dir = join(store.dir, name);
  mkdirSync(dir);
  for (const files of steps) {
    for (const file of files) {
      const [as = '', from = as] = file.split(' was ');
      copyFileSync(join(FOLDER, `${from}.sql`), join(dir, `${as}.sql`));
    }
    await runner({
      databaseUrl: ownerUrl,
      dir,
      direction: 'up',
      migrationsSchema: 'node',
      createMigrationsSchema: true,
      migrationsTable: 'migrations',
      checkOrder: false,
      log: () => undefined,
    });
  }
  return ownerUrl;
}

const names = migrationNames();
const upTo = (last: string) => names.slice(0, names.indexOf(last) + 1);
const fresh = await asOwner(store, SCHEMA);

const LANDED = [
  upTo('0009_kept_states'),
  ['0010_unknown_effects'],
  ['0011_retired_texts'],
  ['0010_kept_state_claims'],
  ['0011_kept_state_claim_count'],
];
/** What databases had run between two landings, in the order in which these were made, and what comes late to them. */
const BETWEEN = [
  { had: LANDED.slice(0, 2), late: ['0010_kept_state_claims'] },
  { had: LANDED.slice(0, 3), late: ['0010_kept_state_claims', '0011_kept_state_claim_count'] },
  { had: LANDED.slice(0, 4), late: ['0011_kept_state_claim_count'] },
  { had: LANDED, late: [] },
  { had: [upTo('0007_workflow_versions'), ['0007_durable was 0008_durable']], late: [] },
];

for (const [index, { had, late }] of BETWEEN.entries())
  t.test(`a database that last ran ${had.at(-1)} gets the same schema`, async t => {
    const ownerUrl = await databaseThatRan(`landing_${index}`, had);
    const logged: string[] = [];
    const run = () => migrate({ ownerUrl, vault: store.vault, onLog: line => logged.push(line) });
    await run();
    t.same(await asOwner({ ownerUrl }, SCHEMA), fresh);
    const rows = await asOwner<{ name: string }>({ ownerUrl }, 'SELECT name FROM node.migrations');
    t.same(rows.map(row => row.name).toSorted(), names, 'each has run, by the name that it has now');
    t.same(
      logged.filter(line => line.includes('runs after later ones')),
      late.map(name => `${name} runs after later ones`),
      'what runs late is told',
    );
    await run();
    t.equal((await asOwner({ ownerUrl }, 'SELECT FROM node.migrations')).length, names.length, 'and once');
  });

t.test('no two new migrations share a number, and none is left out', async t => {
  const numbers = names.map(name => name.slice(0, 4));
  const shared = numbers.filter((number, index) => numbers.indexOf(number) !== index);
  t.same(shared, SHARED_NUMBERS);
  const inOrder = [...new Set(numbers)].map((_, index) => String(index + 1).padStart(4, '0'));
  t.same([...new Set(numbers)], inOrder, 'a new one comes behind all others, so that it runs behind them');
});
