import t from 'tap';
import { FlowResponder } from '../../src/agent/responder.ts';
import { BRIDGING_WORDS, type ConversationState, firstResponse } from '../../src/agent/resumption.ts';
import type { LeftRecording, OpenRecorder } from '../../src/calls/talk_recording.ts';
import type { CallEvent, EventType } from '../../src/store/events.ts';
import { CallRig, type CallRigOptions } from './call_rig.ts';
import { type Script, ScriptedFlow, ScriptedStt, understood } from './fakes.ts';

const GRANTED = { type: 'consent', kind: 'recording', granted: true } as const;
const FLOOR = { type: 'slotSet', slot: 'floor', value: 2, confirmed: true, sensitive: false } as const;

/** Asked again it says the same: the state moves on with answers alone. */
const SCRIPT: Script = (state, heard) => {
  const asked = heard.type === 'start' && state.stage !== '0';
  if (asked) return { say: [`Question number ${state.stage} please.`] };
  return state.stage === '0' ? { effects: [GRANTED] } : { effects: [FLOOR] };
};

class Recordings {
  readonly opened: (LeftRecording | undefined)[] = [];

  readonly open: OpenRecorder = ({ goesOnWith }) => {
    this.opened.push(goesOnWith);
    return {
      file: 'tenant/call.wav',
      unfinishedFile: `tenant/call.wav.${this.opened.length}`,
      drain: () => undefined,
      silence: () => undefined,
      close: async () => ({ durationMs: 1, bytes: 44 }),
    };
  };
}

function rigOf(options: Partial<CallRigOptions> & { readonly events: CallEvent[] }): CallRig {
  const stt = new ScriptedStt();
  stt.finals = [understood('the second floor')];
  return new CallRig({
    flow: new ScriptedFlow(SCRIPT),
    stt,
    lineKind: 'trunk',
    ...options,
  });
}

function checkpointOf(rig: CallRig): string {
  const last = rig.sent.findLast(message => message.type === 'checkpoint');
  if (last?.type !== 'checkpoint') throw new Error('no checkpoint');
  return last.checkpoint;
}

function details(events: readonly CallEvent[], type: EventType): unknown[] {
  return events.filter(event => event.type === type).map(({ detail }) => detail);
}

t.test('a call goes on where a lost process left it, and its record is one', async t => {
  const events: CallEvent[] = [];
  const recordings = new Recordings();
  const first = await rigOf({ events, openRecorder: recordings.open }).answer();
  await first.pass(4000);
  await first.speak(600);
  await first.pass(2500);
  const checkpoint = checkpointOf(first);
  t.equal(details(events, 'slot.set').length, 1);
  const written = events.length;
  // Of what the lost process did after that, nothing but the disk knows.
  await first.pass(3000);

  const second = await rigOf({
    events,
    openRecorder: recordings.open,
    resume: { times: 1, checkpoint },
  }).answer();
  t.equal(details(events, 'call.started').length, 1);
  const [resumed] = details(events, 'call.resumed') as { mediaMs: number; recording: string }[];
  t.ok(resumed!.mediaMs >= 6000, `media time goes on: ${resumed?.mediaMs}`);
  t.equal(resumed?.recording, 'tenant/call.wav');
  t.match(recordings.opened[1], { file: 'tenant/call.wav', unfinishedFile: 'tenant/call.wav.1' });
  t.ok(recordings.opened[1]!.lengthMs > 5000 && recordings.opened[1]!.lengthMs <= resumed!.mediaMs);
  second.calls.receive({
    type: 'leg',
    slot: 0,
    fact: { type: 'leg.answered', detail: { leg: 'b', mediaMs: 20 } },
  });
  const [leg] = details(events, 'leg.answered') as { mediaMs: number }[];
  t.ok(leg!.mediaMs >= 20 + resumed!.mediaMs - 1000, `on the clock of the call: ${leg?.mediaMs}`);
  second.calls.receive({ type: 'measured', slot: 0, measured: { mediaMs: 20, seconds: 1, measures: {} } });
  const [measured] = details(events, 'call.measured') as { mediaMs: number }[];
  t.equal(measured?.mediaMs, leg?.mediaMs, 'and so are the measures');
  await second.pass(6000);
  const turns = details(events, 'turn.agent') as { turn: number; text: string; startMs: number }[];
  t.equal(turns.at(-1)?.text, `${BRIDGING_WORDS} Question number 2 please.`);
  t.ok(turns.at(-1)!.startMs >= resumed!.mediaMs, 'at its place on the clock');
  await second.speak(600);
  await second.pass(1500);
  t.equal(details(events, 'slot.set').length, 2, 'and takes answers');
  const keys = events.map(({ key }) => key);
  t.equal(new Set(keys).size, keys.length, 'no event is another');
  t.ok(keys.slice(0, written).every(key => /^call:\d+$/.test(key)));
  const numbers = [...details(events, 'turn.agent'), ...details(events, 'turn.caller')] as { turn: number }[];
  t.equal(new Set(numbers.map(({ turn }) => turn)).size, numbers.length, 'nor a turn');
  t.match(checkpointOf(second), /tenant\/call\.wav\.2/, 'ready for the next one');
});

t.test('without a checkpoint it begins anew, and the same facts are the same events', async t => {
  const events: CallEvent[] = [];
  await rigOf({ events }).answer();
  for (const checkpoint of [null, 'not JSON', '{}']) {
    const again: CallEvent[] = [];
    const rig = await rigOf({ events: again, resume: { times: 1, checkpoint } }).answer();
    t.same(
      again.slice(0, 3).map(({ key, type }) => [key, type]),
      events.slice(0, 3).map(({ key, type }) => [key, type]),
    );
    t.match(again[3], { key: 'call:1:1', type: 'call.resumed', detail: { mediaMs: 0 } });
    await rig.pass(3000);
    t.match(details(again, 'turn.agent'), [{ text: 'Question number 1 please.' }], 'greeted like at first');
  }
});

t.test('a checkpoint never knows more than the disk, and rooms have none', async t => {
  const room = await rigOf({ events: [], lineKind: 'room' }).answer();
  await room.pass(3000);
  t.notOk(room.sent.some(({ type }) => type === 'checkpoint'));

  const flushes: (() => void)[] = [];
  const rig = await rigOf({
    events: [],
    flush: () => new Promise<void>(resolve => flushes.push(resolve)),
  }).answer();
  await rig.pass(3000);
  t.equal(flushes.length, 1, 'the newest alone waits for the next one');
  t.notOk(rig.sent.some(({ type }) => type === 'checkpoint'));
  flushes[0]?.();
  await rig.pass(20);
  t.equal(rig.sent.filter(({ type }) => type === 'checkpoint').length, 1);
  t.equal(flushes.length, 2);
  rig.call.hangUp('localHangup');
  for (const flushed of flushes) flushed();
  await rig.pass(20);
  t.equal(rig.sent.filter(({ type }) => type === 'checkpoint').length, 1, 'none of a call that is over');
});

t.test('with what a conversation begins', async t => {
  const flow = new ScriptedFlow(SCRIPT);
  const state = { flow: flow.initial, said: [], silences: 0, notUnderstood: 0 };
  const first = async (from: ScriptedFlow, left: ConversationState) => {
    const sentences: string[] = [];
    const response = firstResponse(new FlowResponder(from), left, '2026-01-01');
    for await (const sentence of response.sentences) sentences.push(sentence);
    return sentences;
  };
  t.same(await first(flow, state), ['Question number 1 please.']);
  const asked = { ...state, flow: { ...flow.initial, stage: '4' }, said: ['All right. Which floor?'] };
  t.same(await first(flow, asked), [BRIDGING_WORDS, 'Question number 4 please.']);
  const over = new ScriptedFlow(() => ({ say: [], done: true }));
  t.same(await first(over, asked), [BRIDGING_WORDS, 'All right. Which floor?']);
});
