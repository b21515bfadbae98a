import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { ensureKeyFile } from '../../src/compliance/key_file.ts';
import { normaliseName, normaliseNumber, openVault, type SealPlace } from '../../src/compliance/vault.ts';
import { scratchFolder, scratchVault } from './postgres.ts';

const PLACE: SealPlace = { tenantId: 'acme', record: 'call-1', field: 'turn.caller.text' };

function scratch(t: { teardown(fn: () => void): void }): string {
  const { dir, remove } = scratchFolder();
  t.teardown(remove);
  return dir;
}

t.test('what is sealed opens again, and only in its place', async t => {
  const vault = scratchVault(scratch(t));
  for (const plain of ['', 'a', 'Ünïcödé ✓ 𝄞', 'x'.repeat(100_000)]) {
    t.equal(vault.open(vault.seal(plain, PLACE), PLACE), plain);
  }
  const sealed = vault.seal('secret words', PLACE);
  t.match(sealed, /^v1\.k1\./);
  t.notMatch(sealed, /secret/);
  t.not(vault.seal('secret words', PLACE), sealed, 'equal texts are sealed differently');
  const elsewhere: Partial<SealPlace>[] = [
    { tenantId: 'other' },
    { record: 'call-2' },
    { field: 'turn.agent.text' },
    { tenantId: 'acme","call-1', record: '' },
  ];
  for (const change of elsewhere) {
    t.throws(
      () => vault.open(sealed, { ...PLACE, ...change }),
      { code: 'SEAL_BROKEN' },
      JSON.stringify(change),
    );
  }
});

t.test('no nonce is used twice', async t => {
  const vault = scratchVault(scratch(t));
  const nonceOf = (sealed: string) =>
    Buffer.from(sealed.slice('v1.k1.'.length), 'base64url').toString('hex', 0, 12);
  const nonces = Array.from({ length: 1000 }, () => nonceOf(vault.seal('the same words', PLACE)));
  t.equal(new Set(nonces).size, 1000);
  // Not counted up either: bytes of every place differ.
  for (let at = 0; at < 24; at += 2) t.ok(new Set(nonces.map(nonce => nonce.slice(at, at + 2))).size > 100);
});

t.test('no changed ciphertext opens', async t => {
  const vault = scratchVault(scratch(t));
  const sealed = vault.seal('secret', PLACE);
  const body = Buffer.from(sealed.slice('v1.k1.'.length), 'base64url');
  for (let bit = 0; bit < body.length * 8; bit += 1) {
    const changed = Buffer.from(body);
    changed[bit >> 3]! ^= 1 << (bit & 7);
    t.throws(() => vault.open(`v1.k1.${changed.toString('base64url')}`, PLACE), { code: 'SEAL_BROKEN' });
  }
  for (let length = 0; length < body.length; length += 1) {
    const cut = body.subarray(0, length).toString('base64url');
    t.throws(() => vault.open(`v1.k1.${cut}`, PLACE), { code: 'SEAL_BROKEN' });
  }
  for (const text of ['', 'secret', 'v1.k1.', 'v2.k1.AAAA', 'v1.k2.AAAA', 'v1.__proto__.AAAA', '\0']) {
    t.throws(() => vault.open(text, PLACE), { code: 'SEAL_BROKEN' }, JSON.stringify(text));
  }
});

t.test('a blind index finds equal values of one tenant only', async t => {
  const vault = scratchVault(scratch(t));
  const place = { tenantId: 'acme', kind: 'number' } as const;
  const index = vault.blindIndex('+15550100123', place);
  t.match(index, /^[0-9a-f]{32}$/);
  for (const same of [
    '+1 (555) 010-0123',
    'tel:+15550100123',
    'sip:+15550100123@10.0.0.1;user=phone',
    '0015550100123',
  ]) {
    t.equal(vault.blindIndex(same, place), index, same);
  }
  t.not(vault.blindIndex('+15550100124', place), index);
  t.not(vault.blindIndex('+15550100123', { ...place, tenantId: 'other' }), index, 'tenants share no index');
  t.not(vault.blindIndex('+15550100123', { ...place, kind: 'name' }), index, 'kinds share no index');
  t.not(scratchVault(scratch(t)).blindIndex('+15550100123', place), index, 'it needs the key');
});

t.test('numbers and names are compared normalised', async t => {
  t.equal(normaliseNumber('5550100'), '5550100');
  t.equal(normaliseNumber('browser-4F2A'), 'browser 4f2a');
  t.equal(normaliseNumber(''), '');
  t.equal(normaliseName('  José  GARCÍA-Ruiz '), 'jose garcia ruiz');
  t.equal(normaliseName("O'Brien"), 'o brien');
  t.equal(normaliseName('王小明'), '王小明');
});

t.test('the key file is made once, for its owner alone', async t => {
  const file = join(scratch(t), 'keys', 'seal.key');
  ensureKeyFile(file);
  const first = readFileSync(file, 'utf8');
  t.equal(statSync(file).mode & 0o777, 0o600);
  t.equal(statSync(join(file, '..')).mode & 0o777, 0o700);
  ensureKeyFile(file);
  t.equal(readFileSync(file, 'utf8'), first);
  writeFileSync(file, 'damaged');
  ensureKeyFile(file);
  t.equal(readFileSync(file, 'utf8'), 'damaged', 'an unusable one is not replaced');
});

t.test('after a change of keys the old seals open and indexes stay', async t => {
  const dir = scratch(t);
  const old = scratchVault(dir);
  const file = join(dir, 'keys', 'seal.key');
  const keys = JSON.parse(readFileSync(file, 'utf8'));
  keys.sealing.k2 = Buffer.alloc(32, 7).toString('base64');
  keys.current = 'k2';
  const both = join(dir, 'both.key');
  writeFileSync(both, JSON.stringify(keys));
  const vault = openVault(both);
  const sealed = old.seal('before', PLACE);
  t.equal(vault.open(sealed, PLACE), 'before');
  t.match(vault.seal('after', PLACE), /^v1\.k2\./);
  t.throws(() => old.open(vault.seal('after', PLACE), PLACE), { code: 'SEAL_BROKEN' });
  const renamed = sealed.replace('v1.k1.', 'v1.k2.');
  t.throws(() => vault.open(renamed, PLACE), { code: 'SEAL_BROKEN' }, 'the key id is part of the seal');
  const place = { tenantId: 'acme', kind: 'name' } as const;
  t.equal(vault.blindIndex('Ann', place), old.blindIndex('ann', place));
});

t.test('an unusable key file is told without its keys', async t => {
  const dir = scratch(t);
  scratchVault(dir);
  const good = JSON.parse(readFileSync(join(dir, 'keys', 'seal.key'), 'utf8'));
  const key = good.index as string;
  const bad: [string, string][] = [
    ['empty', ''],
    ['garbage', '\0\xff{'],
    ['no object', '42'],
    ['short key', JSON.stringify({ ...good, sealing: { k1: key.slice(8) } })],
    ['long key', JSON.stringify({ ...good, sealing: { k1: key.slice(0, 40) + key } })],
    ['no base64', JSON.stringify({ ...good, index: '!'.repeat(44) })],
    ['no current key', JSON.stringify({ ...good, current: 'k9' })],
    ['inherited current key', JSON.stringify({ ...good, current: 'constructor' })],
    ['hostile key id', JSON.stringify({ ...good, sealing: { ...good.sealing, 'K.1': key } })],
    ['unknown field', JSON.stringify({ ...good, extra: 1 })],
    ['other format', JSON.stringify({ ...good, format: 'trunkline-keys-2' })],
  ];
  for (const [name, text] of bad) {
    const file = join(dir, 'bad.key');
    writeFileSync(file, text);
    try {
      openVault(file);
      t.fail(`${name} was taken`);
    } catch (error) {
      t.match(error, { code: 'KEY_INVALID' }, name);
      t.notOk(String(error).includes(key.slice(0, 20)), `${name}: no key in the message`);
    }
  }
  t.throws(() => openVault(join(dir, 'none.key')), { code: 'KEY_INVALID', message: /is missing/ });
  t.throws(() => openVault(dir), { code: 'KEY_INVALID' }, 'a folder');
});
