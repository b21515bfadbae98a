import { chmodSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { nodePaths } from '../../src/config/paths.ts';
import { type Config, configSchema } from '../../src/config/schema.ts';
import { checkKeys, ensureKeys } from '../../src/supervisor/keys.ts';

function place(t: Test, settings: object = {}) {
  const config: Config = configSchema.parse(settings);
  return { config, paths: nodePaths(t.testdir(), config) };
}

t.test('keys are made once, for their owner alone, and kept', async t => {
  const { config, paths } = place(t);
  t.equal(checkKeys(config, paths).length, 4, 'a check tells what is to be made');
  t.notOk(statSync(paths.keys, { throwIfNoEntry: false }), 'and makes nothing');
  const keys = ensureKeys(config, paths);
  t.match(keys.livekitSecret, /^[\w-]{43}$/);
  t.not(keys.livekitSecret, keys.redisPassword);
  for (const file of [keys.apiKeyFile, keys.sealKeyFile]) t.equal(statSync(file).mode & 0o777, 0o600, file);
  const sealed = readFileSync(keys.sealKeyFile, 'utf8');
  t.same(ensureKeys(config, paths), keys);
  t.equal(readFileSync(keys.sealKeyFile, 'utf8'), sealed);
  t.same(checkKeys(config, paths), []);
});

t.test('a key that others could read is closed to them', async t => {
  const { config, paths } = place(t);
  const { apiKeyFile } = ensureKeys(config, paths);
  chmodSync(apiKeyFile, 0o644);
  ensureKeys(config, paths);
  t.equal(statSync(apiKeyFile).mode & 0o777, 0o600);
});

t.test('a wrong key is refused by the name of its file, and never replaced', async t => {
  for (const name of ['api.key', 'livekit.key', 'redis.key', 'seal.key']) {
    for (const content of [
      '',
      'short\n',
      'two words that are long enough to be a key',
      `${'x'.repeat(40)}\0\n`,
    ]) {
      const { config, paths } = place(t);
      ensureKeys(config, paths);
      const file = join(paths.keys, name);
      writeFileSync(file, content);
      const refusal = { code: 'KEY_INVALID', detail: new RegExp(name) };
      t.throws(() => ensureKeys(config, paths), refusal, `${name}: ${JSON.stringify(content)}`);
      t.throws(() => checkKeys(config, paths), refusal);
      t.equal(readFileSync(file, 'utf8'), content);
    }
  }
});

t.test('no new seal key is made where a database holds what the old one sealed', async t => {
  const { config, paths } = place(t);
  const { sealKeyFile } = ensureKeys(config, paths);
  mkdirSync(join(paths.postgres, 'cluster'), { recursive: true });
  rmSync(sealKeyFile);
  t.throws(() => ensureKeys(config, paths), { code: 'KEY_INVALID', detail: /seal\.key is missing/ });
  t.throws(() => checkKeys(config, paths), { code: 'KEY_INVALID' });
  t.notOk(statSync(sealKeyFile, { throwIfNoEntry: false }));
});

t.test('configured keys', async t => {
  const short = place(t, { livekit: { apiSecret: 'secret' } });
  t.throws(() => ensureKeys(short.config, short.paths), {
    code: 'KEY_INVALID',
    detail: /livekit\.apiSecret/,
  });
  const missing = place(t, { sealKeyFile: 'elsewhere/seal.key' });
  t.throws(() => ensureKeys(missing.config, missing.paths), { code: 'KEY_INVALID', detail: /elsewhere/ });
  const secret = 'a secret of more than thirty-two letters';
  const own = place(t, { livekit: { apiSecret: secret } });
  t.equal(ensureKeys(own.config, own.paths).livekitSecret, secret);
});
