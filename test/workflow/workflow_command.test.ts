import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { checkWorkflows } from '../../src/workflow/check_files.ts';
import { editorSchemas } from '../../src/workflow/editor_schema.ts';

t.test('the schemas of editors are those of the code', async t => {
  for (const [name, text] of Object.entries(editorSchemas()))
    t.equal(
      await readFile(join('workflows', name), 'utf8'),
      text,
      `${name}: npm run workflow -- schema makes it anew`,
    );
  const { 'workflow.schema.json': text = '{}' } = editorSchemas();
  const schema = JSON.parse(text) as { properties: Record<string, object>; required: string[] };
  t.same(schema.required, ['name', 'version', 'title', 'start'], 'an included file may bring all else');
  for (const key of ['include', 'variables', 'texts', 'persona', 'guardrails', 'slots', 'stages', 'topics'])
    t.ok(schema.properties[key], key);
  t.match(text, /"const": "hand_off"/, 'kinds are told apart');
});

t.test('shipped workflows name their schema', async t => {
  const files = (await readdir('workflows', { recursive: true })).filter(file => file.endsWith('.yaml'));
  for (const file of files) {
    const name = file.includes('/') ? '../included.schema.json' : 'workflow.schema.json';
    const [first] = (await readFile(join('workflows', file), 'utf8')).split('\n');
    t.equal(first, `# yaml-language-server: $schema=${name}`, file);
  }
});

t.test('nothing is wrong with shipped workflows', async t => {
  for (const { name, faults } of await checkWorkflows('workflows')) t.same(faults, [], name);
});

t.test('a look at a folder', async t => {
  const folder = await mkdtemp(join(tmpdir(), 'looked-at-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  for (const part of ['places', 'piano_removal.yaml', 'receptionist.yaml'])
    await cp(join('workflows', part), join(folder, part), { recursive: true });
  const put = async (name: string, change: (text: string) => string): Promise<void> =>
    writeFile(join(folder, name), change(await readFile(join(folder, name), 'utf8')));
  await put('piano_removal.yaml', text =>
    text
      .replace('What type of piano do you want to move?', 'What type of piano, on {move_date}?')
      .replace(
        'slots:\n',
        'slots:\n  lost: { kind: street, part: lost, repair: [{ by: again, prompt: Where? }] }\n',
      ),
  );
  await put(
    'receptionist.yaml',
    text =>
      `${text.replace('ways:\n', 'ways:\n      quote: { to: quotes, meaning: they want a quote }\n')}\n  quotes: { kind: hand_off, to: nobody }\n`,
  );
  await writeFile(join(folder, 'broken.yaml'), 'name: broken\nslots: [\n');
  const [broken, piano, desk] = await checkWorkflows(folder);
  t.match(broken, { name: 'broken', version: undefined, faults: [/^broken\.yaml:\d+:\d+: /] });
  t.match(piano, { name: 'piano_removal', version: /^1\.0\.0\+/, faults: [] });
  t.match(piano?.warnings, [/^piano_removal\.yaml:\d+:3: slots\.lost: no stage asks for it/]);
  t.match(desk?.faults, [/^receptionist\.yaml:\d+:\d+: stages\.\w+\.to: there is no workflow nobody/]);
  await put('piano_removal.yaml', text => text.replace(/takeOver:.*\n/, ''));
  const [only, ...others] = await checkWorkflows(folder, ['piano_removal']);
  t.match(
    only?.warnings.at(-1),
    /piano_removal\.yaml:\d+:\d+: stages\.piano\.questions\.0\.prompt: says move_date, which no way here has filled/,
  );
  t.same(others, []);
  t.match(await checkWorkflows(folder, ['nobody', '../x']), [
    { faults: [/nobody/] },
    { faults: [/lower-case/] },
  ]);
});
