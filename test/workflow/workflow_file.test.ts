import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { TrunklineError } from '../../src/config/errors.ts';
import { flowOf, loadFlow, loadFlows } from '../../src/workflow/load.ts';
import { loadPlaces } from '../../src/workflow/places.ts';

const shipped = await readFile('workflows/piano_removal.yaml', 'utf8');
const places = loadPlaces('workflows/places');

/** The shipped workflow with one piece of its text replaced. */
function changed(from: string | RegExp, to: string): string {
  const text = shipped.replace(from, to);
  if (text === shipped) throw new Error(`nothing matches ${String(from)}`);
  return text;
}

function errorOf(text: string): string {
  try {
    flowOf(text, 'flow.yaml', places);
  } catch (error) {
    if (error instanceof TrunklineError && error.code === 'WORKFLOW_INVALID') return error.detail;
    throw error;
  }
  return 'taken';
}

function lineOf(text: string, needle: string): number {
  return text.slice(0, text.indexOf(needle)).split('\n').length;
}

t.test('what is wrong with a file is told with line, column and key', async t => {
  const cases: readonly (readonly [name: string, text: string, near: string, what: RegExp])[] = [
    ['an unknown key', changed('title:', 'titel: x\ntitle:'), 'titel:', /titel: unknown key/],
    [
      'an unknown key of a stage',
      changed('    ask: May', '    aks: x\n    ask: May'),
      'aks:',
      /stages\.welcome\.aks: unknown key/,
    ],
    ['an unknown kind', changed('kind: consent', 'kind: consnet'), 'kind: consnet', /stages\.welcome\.kind/],
    [
      'an unknown kind of slot',
      changed('kind: choice', 'kind: chioce'),
      'kind: chioce',
      /slots\.piano_type\.kind/,
    ],
    [
      'a missing prompt',
      changed('        prompt: What type of piano do you want to move?\n', ''),
      'slots: [piano_type]',
      /stages\.piano\.questions\.0\.prompt/,
    ],
    [
      'an empty prompt',
      changed('prompt: What type of piano do you want to move?', "prompt: ''"),
      "prompt: ''",
      /stages\.piano\.questions\.0\.prompt/,
    ],
    [
      'a prompt with markup',
      changed('What type of piano do you want to move?', 'What <b>type</b>?'),
      'What <b>',
      /plain punctuation/,
    ],
    [
      'a slot that is not there',
      changed('slots: [piano_type]', 'slots: [piano_tpye]'),
      'slots: [piano_tpye]',
      /no slot piano_tpye/,
    ],
    [
      'a placeholder of no slot',
      changed('I have {piano_type}.', 'I have {piano}.'),
      'I have {piano}',
      /no slot piano/,
    ],
    [
      'a broken placeholder',
      changed('I have {piano_type}.', 'I have {piano_type.'),
      'I have {piano_type.',
      /braces/,
    ],
    [
      'a stage that is not there',
      changed('- to: piano\n', '- to: pianola\n'),
      '- to: pianola',
      /no stage pianola/,
    ],
    [
      'a start that is not there',
      changed('start: welcome', 'start: hello'),
      'start: hello',
      /start: there is no stage hello/,
    ],
    [
      'a stage that nobody reaches',
      changed('  booked:\n', '  lost:\n    kind: end\n    outcome: lost\n  booked:\n'),
      '  lost:',
      /stages\.lost: no stage leads here/,
    ],
    ['a circle', changed('- to: quote\n', '- to: piano\n'), '', /leads back to itself|no stage leads here/],
    [
      'a stage that leads to itself',
      changed('- to: piano\n', '- to: welcome\n'),
      '',
      /leads back to itself|no stage leads here/,
    ],
    [
      'a branch after one that always holds',
      changed('- to: not_booked', '- to: not_booked\n      - to: booked'),
      '- to: not_booked',
      /nothing after it is ever reached/,
    ],
    [
      'no branch that always holds',
      changed('      - to: not_booked\n', ''),
      '',
      /the last branch must hold always/,
    ],
    [
      'what follows from a question for another slot',
      changed(/otherwise: \{ ?origin_elevator: false ?\}/, 'otherwise: { narrow_doorways: false }'),
      'narrow_doorways: false',
      /is not a slot of this question/,
    ],
    [
      'an exit that is no end',
      changed('exhausted: call_back', 'exhausted: piano'),
      'exhausted: piano',
      /must be a stage of kind end/,
    ],
    [
      'spelling of a number',
      changed('by: digits', 'by: spelling'),
      'by: spelling',
      /house_number can not be spelled; use again/,
    ],
    [
      'a price that is no whole number of cents',
      changed('centsPerMile: 400', 'centsPerMile: 4.5'),
      'centsPerMile: 4.5',
      /pricing\.lines\.1\.centsPerMile/,
    ],
    [
      'a distance between floors',
      changed('from: origin_town', 'from: origin_floor'),
      'from: origin_floor',
      /must be a slot of kind town/,
    ],
    [
      'a quote without prices',
      shipped.slice(0, shipped.indexOf('# All amounts')),
      '',
      /a quote needs pricing/,
    ],
    [
      'a phrase that forgets its options',
      changed('Did you say {options}?', 'Did you say so?'),
      'Did you say so?',
      /must contain \{options\}/,
    ],
    [
      'confidences the wrong way round',
      changed('reject: 0.3', 'reject: 0.9'),
      'reject: 0.9',
      /must not be above sure/,
    ],
    [
      'a condition on two things',
      changed(/\{ ?slot: origin_floor, is: 1 ?\}/, '{slot: origin_floor, any: [{slot: origin_floor}]}'),
      '',
      /exactly one of slot, all and any/,
    ],
    [
      'a phrase that is no words',
      changed('upright one', 'upright|one'),
      'upright|one',
      /lower-case words only/,
    ],
    ['a version that is none', changed('version: 1.0.0', 'version: latest'), 'version: latest', /version/],
    ['a key twice', changed('title:', 'name: again\ntitle:'), 'name: again', /unique/],
    ['no YAML at all', changed('slots:\n', 'slots: [\n'), '', /flow\.yaml:\d+:\d+: /],
    [
      'an alias',
      changed('title: Piano removals', 'title: &a Piano\n').replace('start: welcome', 'start: *a'),
      'start: *a',
      /aliases are not taken/,
    ],
    ['a list instead of a map', '- one\n- two\n', '', /flow\.yaml:1:1: the file/],
    ['an empty file', '', '', /flow\.yaml:1:1: /],
    ['a tag', changed('title: Piano removals', 'title: !!js/function x'), 'title: !!js', /tag/i],
    ['a prototype', changed('title:', '__proto__: {a: 1}\ntitle:'), '__proto__', /unknown key/],
    [
      'a control character in a key',
      changed('title:', '"a\\u001b[2J": 1\ntitle:'),
      '',
      /: "[^"]+2J": unknown key/,
    ],
  ];
  for (const [name, text, near, what] of cases) {
    const detail = errorOf(text);
    t.match(detail, what, name);
    if (near !== '')
      t.match(detail, new RegExp(`flow\\.yaml:${lineOf(text, near)}:\\d+: `), `${name}: the line`);
  }
});

t.test('the column is that of the key', async t => {
  t.match(errorOf(changed('title:', 'titel: x\ntitle:')), /flow\.yaml:\d+:1: titel/);
  t.match(
    errorOf(changed('    ask: May', '    aks: x\n    ask: May')),
    /flow\.yaml:\d+:5: stages\.welcome\.aks/,
  );
});

t.test('what is too large is refused before it is read', async t => {
  t.match(errorOf(`# ${'x'.repeat(1 << 20)}\n${shipped}`), /larger than/);
  t.match(errorOf(changed('say: an upright piano', `say: ${'a'.repeat(500)}`)), /say/);
  const bomb = `a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a]\nc: [*b,*b,*b,*b,*b,*b]\n`;
  t.match(errorOf(bomb), /aliases/);
  t.match(errorOf(`${shipped}\n---\nname: another\n`), /^flow\.yaml:\d+:\d+: a second document/);
  const steps = Array.from({ length: 100 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n');
  for (const text of [
    '['.repeat(50_000),
    '{a: '.repeat(50_000),
    '- '.repeat(50_000),
    '? '.repeat(50_000),
    steps,
  ]) {
    t.match(
      errorOf(`x: 1\ny:\n${text}`),
      /^flow\.yaml:\d+:\d+: nested deeper than 24 levels/,
      'deep nesting',
    );
  }
});

t.test('a folder of workflows', async t => {
  const folder = await mkdtemp(join(tmpdir(), 'workflows-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  await cp('workflows', folder, { recursive: true });
  const flows = await loadFlows(folder);
  t.ok(flows.has('piano_removal') && flows.has('receptionist') && flows.has('claims_intake'));
  const flow = flows.get('piano_removal')!;
  t.match(flow.version, /^1\.0\.0\+[0-9a-f]{12}$/);
  await writeFile(join(folder, 'piano_removal.yaml'), changed('Is that right?', 'Is that correct?'));
  const other = await loadFlow(folder, 'piano_removal');
  t.not(other.version, flow.version, 'another text is another version');
  await writeFile(join(folder, 'second.yaml'), shipped);
  await t.rejects(loadFlows(folder), { code: 'WORKFLOW_INVALID' }, 'a name that is not the file’s');
  for (const name of ['nobody', '../piano_removal', '/etc/passwd', 'a\u0000b', '']) {
    await t.rejects(loadFlow(folder, name), { code: 'WORKFLOW_UNKNOWN' }, JSON.stringify(name));
  }
  for (const [file, text, what] of [
    ['towns.csv', 'name,state\n', /towns\.csv:1: the header/],
    ['towns.csv', 'name,state,lat,lon,population\nSalem,MA,91,0,5\n', /towns\.csv:2: lat and lon/],
    ['towns.csv', 'name,state,lat,lon,population\nSalem,XX,1,0,5\n', /towns\.csv:2: the state/],
    ['towns.csv', 'name,state,lat,lon,population\nSalem,MA,1,0,5\nSalem,MA,1,0,5\n', /towns\.csv:3: .*twice/],
    ['streets.csv', 'name,types\nMaple|Street\n', /streets\.csv:2: 2 fields/],
    ['streets.csv', 'name,types\n<b>,Street\n', /streets\.csv:2: names/],
  ] as const) {
    await cp('workflows/places', join(folder, 'places'), { recursive: true });
    await writeFile(join(folder, 'places', file), text);
    const error: unknown = await loadFlow(folder, 'piano_removal').catch((thrown: unknown) => thrown);
    t.match(error, { code: 'WORKFLOW_INVALID', detail: what }, text);
  }
  await rm(join(folder, 'places', 'towns.csv'));
  await t.rejects(loadFlow(folder, 'piano_removal'), { code: 'WORKFLOW_INVALID' });
});
