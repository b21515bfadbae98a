import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import t from 'tap';
import { LIMITS } from '../../src/config/limits.ts';
import { talkingWorkflows } from '../../src/supervisor/provider_lines.ts';
import { parseWorkflow, readWorkflow } from '../../src/workflow/document.ts';
import type { SharedFiles } from '../../src/workflow/include.ts';
import { flowOf } from '../../src/workflow/load.ts';
import { PLACES } from '../bench/small_flow.ts';

const PHRASES = `phrases:
  right: Right?
  yesOrNo: Yes or no, please.
  which: "Which: {options}?"
  everything: everything
  notHeard: [I did not hear you.]
  notUnderstood: [What?]
  sorry: [Sorry.]
  thanks: [Good.]
  offerOne: Say {options}?
  offerMany: Is it {options}?
  spelled: "Spelled {letters}: {name}."
  restart: Start over?
  goodbye: End this?
`;
const ENDS = `stages:
  bye: { kind: end, outcome: answered, say: ["Goodbye from {company}."] }
  later: { kind: end, outcome: callback }
`;
const MAIN = `name: main
version: 1.0.0
title: Main
include: [shared/phrases.yaml, shared/ends.yaml]
start: hello
exits: { exhausted: later, goodbye: bye, person: later }
confidence: { readBack: 0.1, reject: 0.3, sure: 0.6 }
patience: { misses: 2, silences: 3, turns: 50 }
variables: { company: Harmony Insurance }
slots: {}
stages:
  hello:
    kind: talk
    say: ["This is {company}."]
    instructions: You work for {company}. Say {nothing} else.
    without: bye
`;
const FILES = { 'shared/phrases.yaml': PHRASES, 'shared/ends.yaml': ENDS };

type Files = Readonly<Record<string, string>>;

function parsed(main: string, files: Files = FILES) {
  return parseWorkflow(main, 'main.yaml', new Map(Object.entries(files)));
}

function flow(main: string, files: Files = FILES) {
  return flowOf(main, 'main.yaml', PLACES, { included: new Map(Object.entries(files)) });
}

function faultOf(main: string, files: Files = FILES): string {
  try {
    flow(main, files);
    return 'taken';
  } catch (error) {
    return (error as { detail?: string }).detail ?? String(error);
  }
}

/** Line and column of a text's first match. */
function placeIn(text: string, needle: string): string {
  const before = text.slice(0, text.indexOf(needle)).split('\n');
  return `${before.length}:${(before.at(-1) ?? '').length + 1}`;
}

t.test('what a file includes is part of the workflow, variables put in everywhere', async t => {
  const { document } = flow(MAIN);
  t.same(Object.keys(document.stages), ['bye', 'later', 'hello']);
  t.equal(document.phrases.right, 'Right?');
  t.same(document.stages.bye?.say, ['Goodbye from Harmony Insurance.'], 'in an included sentence');
  const { hello } = document.stages;
  t.same(hello?.say, ['This is Harmony Insurance.']);
  t.match(hello, { instructions: 'You work for Harmony Insurance. Say {nothing} else.' });
});

t.test('a fault is told in the file where it stands', async t => {
  const cases: readonly (readonly [what: string, file: string, text: string, near: string, fault: RegExp])[] =
    [
      [
        'an unknown key',
        'shared/ends.yaml',
        ENDS.replace('outcome: callback', 'outcme: x'),
        'outcme',
        /outcme/,
      ],
      [
        'a name that leads nowhere',
        'shared/ends.yaml',
        ENDS.replace('{company}', '{town}'),
        '"Goodbye',
        /no slot town/,
      ],
      [
        'a sentence with markup',
        'shared/phrases.yaml',
        PHRASES.replace('Right?', '<b>'),
        'right:',
        /phrases\.right/,
      ],
      [
        'a section that is none',
        'shared/ends.yaml',
        `${ENDS}titel: x\n`,
        'titel',
        /no part of an included file/,
      ],
      ['a title', 'shared/ends.yaml', `${ENDS}title: x\n`, 'title', /no part of an included file/],
      ['no YAML', 'shared/ends.yaml', `${ENDS}slots: [\n`, '', /shared\/ends\.yaml:\d+:\d+: /],
      ['no mapping', 'shared/ends.yaml', '- a\n', '', /shared\/ends\.yaml:1:1: the file/],
      ['a section of another kind', 'shared/ends.yaml', `${ENDS}slots: 5\n`, '', /slots/],
    ];
  for (const [what, file, text, near, fault] of cases) {
    const detail = faultOf(MAIN, { ...FILES, [file]: text });
    t.match(detail, fault, what);
    if (near !== '') t.match(detail, `${file}:${placeIn(text, near)}: `, `${what}: its place`);
  }
  const lacking = MAIN.replace('    without: bye\n', '');
  t.match(faultOf(lacking), /^main\.yaml:\d+:\d+: stages\.hello\.without/, 'and in the workflow itself');
});

t.test('the same name twice is an error, unless it is overridden', async t => {
  const own = MAIN.replace('stages:\n', 'stages:\n  later: { kind: end, outcome: never }\n');
  const detail = faultOf(own);
  t.match(detail, `main.yaml:${placeIn(own, 'later: { kind')}: stages.later: is in shared/ends.yaml as well`);
  for (const name of ['later', 'stages.later']) {
    const { document } = flow(own.replace('start:', `override: [${name}]\nstart:`));
    t.match(document.stages.later, { outcome: 'never' }, name);
  }
  t.match(faultOf(MAIN.replace('start:', 'override: [nobody]\nstart:')), /override\.0: overrides nothing/);
  t.match(faultOf(own.replace('start:', 'override: [slots.later]\nstart:')), /stages\.later: is in/);
  const two = { ...FILES, 'shared/more.yaml': 'stages:\n  later: { kind: end, outcome: third }\n' };
  const both = MAIN.replace('shared/ends.yaml', 'shared/ends.yaml, shared/more.yaml');
  t.match(
    faultOf(both, two),
    /shared\/more\.yaml:2:3: stages\.later: is in shared\/ends\.yaml/,
    'of two included files',
  );
  const variant = MAIN.replace('{ company: Harmony Insurance }', '{ company: Other }').replace(
    'start:',
    'override: [company]\nstart:',
  );
  const withDefault = { ...FILES, 'shared/ends.yaml': `${ENDS}variables: { company: Default }\n` };
  t.same(
    flow(variant, withDefault).document.stages.hello?.say,
    ['This is Other.'],
    'a variable of a variant',
  );
});

t.test('files that include files', async t => {
  const deep: Files = {
    ...FILES,
    'shared/ends.yaml': 'include: [shared/inner/ends.yaml]\n',
    'shared/inner/ends.yaml': `include: [shared/phrases.yaml]\n${ENDS}`,
  };
  t.equal(flow(MAIN, deep).document.phrases.right, 'Right?', 'one that is included twice is there once');
  const circle = { ...deep, 'shared/inner/ends.yaml': `include: [shared/ends.yaml]\n${ENDS}` };
  t.match(
    faultOf(MAIN, circle),
    /shared\/inner\/ends\.yaml:1:11: include\.0: goes round in a circle \(shared\/ends\.yaml includes shared\/inner\/ends\.yaml includes shared\/ends\.yaml\)/,
  );
  const itself = { ...FILES, 'shared/ends.yaml': `include: [shared/ends.yaml]\n${ENDS}` };
  t.match(faultOf(MAIN, itself), /shared\/ends\.yaml:1:11: include\.0: goes round in a circle/);
  const chain = (depth: number): Files => ({
    ...FILES,
    'shared/ends.yaml': `include: [shared/c1.yaml]\n`,
    ...Object.fromEntries(
      Array.from({ length: depth }, (_, at) => [
        `shared/c${at + 1}.yaml`,
        at + 1 === depth ? ENDS : `include: [shared/c${at + 2}.yaml]\n`,
      ]),
    ),
  });
  t.equal(faultOf(MAIN, chain(LIMITS.includeDepth - 2)), 'taken', 'four files deep');
  t.match(
    faultOf(MAIN, chain(LIMITS.includeDepth - 1)),
    /shared\/c2\.yaml:1:11: include\.0: is more than 4 files deep/,
  );
  const many = Object.fromEntries(
    Array.from({ length: LIMITS.includedFiles + 1 }, (_, at) => [`many/f${at}.yaml`, 'slots: {}\n']),
  );
  const lists = Array.from({ length: 3 }, (_, at) => `list/l${at}.yaml`);
  const listed = Object.fromEntries(
    lists.map((name, at) => [
      name,
      `include: [${Object.keys(many)
        .slice(at * 12, at * 12 + 12)
        .join(', ')}]\n`,
    ]),
  );
  const main = MAIN.replace('shared/ends.yaml', ['shared/ends.yaml', ...lists].join(', '));
  t.match(faultOf(main, { ...FILES, ...listed, ...many }), /more than 32 files/);
});

t.test('names that lead out of the folder, or nowhere', async t => {
  for (const name of [
    '../secret.yaml',
    '/etc/passwd',
    'shared/../x.yaml',
    'main.yaml',
    'shared/x.csv',
    'a\\b.yaml',
    '',
  ]) {
    const text = MAIN.replace('shared/ends.yaml', JSON.stringify(name));
    t.match(faultOf(text), /main\.yaml:4:32: include\.1: must be a file in a folder/, name);
  }
  t.match(
    faultOf(MAIN.replace('shared/ends.yaml', 'shared/none.yaml')),
    /include\.1: shared\/none\.yaml is not in the/,
  );
  t.match(faultOf(MAIN.replace('[shared/phrases.yaml, shared/ends.yaml]', '5')), /main\.yaml:4:1: include/);
});

t.test('another text of an included file is another version', async t => {
  const { version } = flow(MAIN);
  const other = flow(MAIN, { ...FILES, 'shared/ends.yaml': `${ENDS}# changed\n` });
  t.not(other.version, version);
  t.equal(
    flow(MAIN, { ...FILES, 'shared/unused.yaml': 'slots: {}\n' }).version,
    version,
    'an unused one is none',
  );
  t.same([...parsed(MAIN).included.keys()], ['shared/phrases.yaml', 'shared/ends.yaml']);
});

t.test('variables', async t => {
  const cases: readonly (readonly [string, string, RegExp])[] = [
    [
      'a slot',
      MAIN.replace(
        'slots: {}',
        'slots:\n  company: { kind: street, part: street, repair: [{ by: again, prompt: Where? }] }',
      ),
      /variables\.company: is a slot as well/,
    ],
    [
      'what the engine fills in',
      MAIN.replace('{ company:', '{ options: x, company:'),
      /variables\.options: is filled in by the engine/,
    ],
    [
      'braces',
      MAIN.replace('Harmony Insurance', "'{company}'"),
      /main\.yaml:9:14: variables\.company: plain text/,
    ],
    ['lines', MAIN.replace('Harmony Insurance', '"a\\nb"'), /variables\.company: plain text/],
    ['a number', MAIN.replace('Harmony Insurance', '5'), /variables\.company/],
    ['a list', MAIN.replace('{ company: Harmony Insurance }', '[a]'), /main\.yaml:9:1: variables/],
    [
      'what is not spoken',
      MAIN.replace('Harmony Insurance', 'A<b>'),
      /stages\.hello\.say\.0: letters, digits/,
    ],
    [
      'too many',
      MAIN.replace(
        '{ company:',
        `{ ${Array.from({ length: 64 }, (_, at) => `v${at}: x,`).join(' ')} company:`,
      ),
      /at most 64 variables/,
    ],
    [
      'too long',
      MAIN.replace('Say {nothing}', '{company}'.repeat(1_000)),
      /stages\.hello\.instructions: too long with its variables/,
    ],
  ];
  for (const [what, text, fault] of cases) t.match(faultOf(text), fault, what);
  const grown = `${Array.from({ length: 1_200 }, () => `    - "${'{v}'.repeat(39)}"\n`).join('')}`;
  const bomb = MAIN.replace('{ company:', `{ v: ${'x'.repeat(400)}, company:`).replace(
    'slots: {}',
    `tools:\n  a:\n${grown}slots: {}`,
  );
  t.match(faultOf(bomb), /too long with its variables/, 'what grows without end');
});

t.test('files of a folder', async t => {
  const folder = await mkdtemp(join(tmpdir(), 'included-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const dir = join(folder, 'workflows');
  const put = async (name: string, text: string): Promise<void> => {
    await mkdir(dirname(join(dir, name)), { recursive: true });
    await writeFile(join(dir, name), text);
  };
  await put('main.yaml', MAIN);
  for (const [name, text] of Object.entries(FILES)) await put(name, text);
  const readMain = (shared?: SharedFiles) => readWorkflow(join(dir, 'main.yaml'), 'main.yaml', shared);
  const read = (): Promise<string> =>
    readMain().then(
      ({ digest }) => digest,
      (error: { detail?: string }) => error.detail ?? String(error),
    );
  t.equal(await read(), parsed(MAIN).digest, 'read as texts at hand are');
  t.same(await talkingWorkflows(dir), ['main'], 'by the supervisor, too');
  const shared: SharedFiles = new Map();
  const [first, second] = [await readMain(shared), await readMain(shared)];
  t.same(
    { ...second, fault: undefined },
    { ...first, fault: undefined },
    'what is parsed already is as good',
  );
  await put('shared/phrases.yaml', PHRASES.replace('Right?', 'Is it?'));
  t.not((await readMain(shared)).digest, first.digest, 'but not once it is another text');
  await put('shared/phrases.yaml', PHRASES);

  await put('shared/ends.yaml', `include: [shared/ends.yaml]\n${ENDS}`);
  t.match(await read(), /circle/);
  await put('shared/ends.yaml', `# ${'x'.repeat(LIMITS.includedBytes)}\n${ENDS}`);
  t.match(await read(), /main\.yaml:4:32: include\.1: shared\/ends\.yaml makes more than/);
  await rm(join(dir, 'shared/ends.yaml'));
  t.match(await read(), /include\.1: shared\/ends\.yaml is not in the workflows folder/);
  await mkdir(join(dir, 'shared/ends.yaml'));
  t.match(await read(), /include\.1: shared\/ends\.yaml can't be read/);
  await rm(join(dir, 'shared/ends.yaml'), { recursive: true });
  await writeFile(join(folder, 'outside.yaml'), ENDS);
  await symlink(join(folder, 'outside.yaml'), join(dir, 'shared/ends.yaml'));
  t.match(await read(), /include\.1: shared\/ends\.yaml leads out of the workflows folder/, 'by a link');
});
