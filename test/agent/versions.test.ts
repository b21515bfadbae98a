import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { BRIDGING_WORDS } from '../../src/agent/resumption.ts';
import type { CallEvent } from '../../src/store/events.ts';
import { type Bundle, flowOfBundle } from '../../src/workflow/versions/bundle.ts';
import { KeptVersions } from '../../src/workflow/versions/kept_versions.ts';
import { FlowShelf } from '../../src/workflow/versions/shelf.ts';
import { PLACES } from '../bench/small_flow.ts';
import { DESK, flowsOf, QUOTES } from '../workflow/desk_flows.ts';
import { CallRig, type CallRigOptions } from './call_rig.ts';
import { ScriptedStt, understood } from './fakes.ts';

const MAKINGS = { places: PLACES, options: {} };
const FILES = flowsOf([DESK, QUOTES]);
const OLD = version('old');
const NEW = version('new');

/** The desk and what it asks, told apart by a word. */
function version(word: string): Bundle {
  return {
    'desk.yaml': DESK.replace('Desk robot here.', `The ${word} desk here.`)
      .replace('What size?', `What ${word} size?`)
      .replace('What floor?', `What ${word} floor?`),
  };
}

function flowOf(bundle: Bundle) {
  return flowOfBundle('desk', bundle, MAKINGS);
}

const folder = mkdtempSync(join(tmpdir(), 'trunkline-versions-'));
const kept = new KeptVersions(folder);
t.teardown(() => rmSync(folder, { recursive: true }));

async function deploy(live: Bundle, tried?: Bundle): Promise<void> {
  const texts = [live, ...(tried ? [tried] : [])];
  const flowVersion = (bundle: Bundle) => flowOf(bundle).version;
  await kept.write(
    {
      seq: 1,
      workflows: {
        desk: {
          live: { version: 1, flowVersion: flowVersion(live), byFile: false },
          canary: tried ? { version: 2, flowVersion: flowVersion(tried), percent: 99 } : null,
        },
      },
    },
    texts.map(bundle => ({ workflow: 'desk', flowVersion: flowVersion(bundle), bundle })),
  );
}

/** As another process has it, which knows nothing but what is on the disk. */
function openShelf(): FlowShelf {
  const shelf = new FlowShelf({
    files: FILES,
    kept: new KeptVersions(folder),
    compile: (workflow, bundle) => flowOfBundle(workflow, bundle, MAKINGS),
    onFault: error => t.fail(String(error)),
  });
  shelf.look().use();
  return shelf;
}

async function begin(flows: FlowShelf, events: CallEvent[], more: Partial<CallRigOptions> = {}) {
  const stt = new ScriptedStt();
  stt.finals = [understood('big')];
  const rig = new CallRig({ flow: FILES.get('desk')!, flows, stt, lineKind: 'trunk', events, ...more });
  await rig.answer();
  await rig.pass(4_500);
  return rig;
}

/** The caller says which size it is. */
async function answer(rig: CallRig): Promise<void> {
  await rig.speak(600);
  await rig.pass(4_000);
}

const agentSaid = (events: readonly CallEvent[]) =>
  events.flatMap(event => (event.type === 'turn.agent' ? [event.detail.text] : []));
const startedWith = (events: readonly CallEvent[]) =>
  events.flatMap(event => (event.type === 'call.started' ? [event.detail] : []));

t.test('a call keeps its version while a new one begins with the new one', async t => {
  await deploy(OLD);
  const shelf = openShelf();
  const events: CallEvent[] = [];
  const running = await begin(shelf, events);
  t.same(agentSaid(events), ['The old desk here. What old size?']);
  await deploy(NEW);
  shelf.look().use();
  const others: CallEvent[] = [];
  await begin(shelf, others);
  t.same(agentSaid(others), ['The new desk here. What new size?']);
  await running.pass(9_000);
  t.match(agentSaid(events).at(-1), /What old size\?/, 'who says nothing is asked the same again');
  t.match(startedWith(events), [{ workflowVersion: flowOf(OLD).version, canary: false }]);
  t.match(startedWith(others), [{ workflowVersion: flowOf(NEW).version, canary: false }]);
});

t.test('and keeps it in the process that takes it over, also what it may be handed on to', async t => {
  await deploy(OLD);
  const events: CallEvent[] = [];
  const first = await begin(openShelf(), events);
  const last = first.sent.findLast(message => message.type === 'checkpoint');
  const checkpoint = last?.type === 'checkpoint' ? last.checkpoint : '';
  t.match(JSON.parse(checkpoint).versions, {
    desk: flowOf(OLD).version,
    quotes: FILES.get('quotes')?.version,
  });
  await deploy(NEW);
  const after: CallEvent[] = [];
  const shelf = openShelf();
  const second = await begin(shelf, after, { resume: { times: 1, checkpoint } });
  await answer(second);
  t.same(agentSaid(after), [`${BRIDGING_WORDS} What old size?`, 'What old floor?']);
  const { versions: _, ...older } = JSON.parse(checkpoint);
  const again: CallEvent[] = [];
  await answer(await begin(shelf, again, { resume: { times: 1, checkpoint: JSON.stringify(older) } }));
  t.match(agentSaid(again).at(-1), /What old floor\?/, 'by its state alone, too');
});

t.test('a call that tries a version says so in its record', async t => {
  await deploy(OLD, NEW);
  const events: CallEvent[] = [];
  await begin(openShelf(), events);
  t.match(startedWith(events), [{ workflowVersion: flowOf(NEW).version, canary: true }]);
});
