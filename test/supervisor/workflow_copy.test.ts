import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { copyWorkflows } from '../../src/supervisor/workflow_copy.ts';

t.test('what processes read stays as it was when the node started', async t => {
  const dir = mkdtempSync(join(tmpdir(), 'trunkline-copy-'));
  t.teardown(() => rmSync(dir, { recursive: true }));
  const [from, to, outside] = [
    join(dir, 'workflows'),
    join(dir, 'run', 'workflows'),
    join(dir, 'outside.yaml'),
  ];
  for (const folder of ['places', 'shared/us']) mkdirSync(join(from, folder), { recursive: true });
  for (const file of ['a.yaml', 'README.md', 'places/towns.csv', 'shared/us/law.yaml'])
    writeFileSync(join(from, file), file);
  writeFileSync(outside, 'outside');
  symlinkSync(outside, join(from, 'linked.yaml'));
  symlinkSync(outside, join(from, 'shared', 'leads_out.yaml'));
  symlinkSync(join(from, 'a.yaml'), join(from, 'shared', 'within.yaml'));
  symlinkSync('nowhere', join(from, 'broken.yaml'));
  await copyWorkflows(from, to);
  const files = () =>
    readdirSync(to, { recursive: true, withFileTypes: true })
      .filter(entry => !entry.isDirectory())
      .map(entry => join(entry.parentPath, entry.name).slice(to.length + 1))
      .toSorted();
  t.same(files(), ['a.yaml', 'linked.yaml', 'places/towns.csv', 'shared/us/law.yaml', 'shared/within.yaml']);
  writeFileSync(join(from, 'a.yaml'), 'edited');
  t.equal(readFileSync(join(to, 'a.yaml'), 'utf8'), 'a.yaml');
  t.equal(readFileSync(join(to, 'linked.yaml'), 'utf8'), 'outside');
  rmSync(join(from, 'linked.yaml'));
  await copyWorkflows(from, to);
  t.equal(readFileSync(join(to, 'a.yaml'), 'utf8'), 'edited', 'until the next start');
  t.notOk(files().includes('linked.yaml'));
  await t.rejects(copyWorkflows(join(dir, 'none'), to), { code: 'CONFIG_INVALID' });
});
