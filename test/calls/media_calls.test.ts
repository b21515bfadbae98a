import t from 'tap';
import type { PipelineOverrides } from '../../pipeline/policy.ts';
import { MediaCalls } from '../../src/calls/media_calls.ts';
import type { FromTalk } from '../../src/calls/media_threads.ts';
import { available } from '../../src/calls/ring.ts';
import { CONTROL, createSlotMemory, slotView } from '../../src/calls/slot_buffers.ts';
import { SpeechWriter } from '../../src/calls/speech_writer.ts';
import type { ToTalk } from '../../src/calls/thread_messages.ts';
import type { CallAssignment } from '../../src/ipc/messages.ts';
import { createLogger } from '../../src/observe/log.ts';
import { PLAIN_SOUND } from '../pipeline/plain_sound.ts';
import { sharedParts } from '../pipeline/shared_parts.ts';
import { concat, NO_FLITE, silence, speech } from '../pipeline/sounds.ts';
import { HandLine } from './hand_line.ts';

const SLOTS = 2;
const shared = await sharedParts(64);

function assignment(callId: string): CallAssignment {
  return {
    callId,
    tenantId: 'default',
    direction: 'inbound',
    workflow: 'piano_removal',
    assignedAtMs: 5,
    line: { kind: 'room', url: 'ws://nowhere', token: 'none', room: `room-${callId}` },
  };
}

/** Calls on lines worked by hand. */
function house() {
  const memory = createSlotMemory(SLOTS);
  const lines = new Map<string, HandLine>();
  const told: string[] = [];
  const toTalk: ToTalk[] = [];
  let fault: Error | undefined;
  let sound: readonly PipelineOverrides[] = [PLAIN_SOUND];
  let hasTime = true;
  const calls = new MediaCalls({
    memory,
    maxCalls: SLOTS,
    shared,
    hasTime: () => hasTime,
    soundOf: () => sound,
    rateOf: () => 16_000,
    log: createLogger('media-0', 'silent'),
    openLine: ({ callId }, rateHz, events) => {
      if (fault !== undefined) throw fault;
      const line = new HandLine(rateHz, events);
      lines.set(callId, line);
      return line;
    },
    openLegLine: (_legId, _access, rateHz, events) => new HandLine(rateHz, events),
    ports: {
      toTalk: message => toTalk.push(message),
      callUp: callId => told.push(`up ${callId}`),
      callRefused: (callId, reason) => told.push(`refused ${callId}: ${reason}`),
      callEnded: (callId, reason, failed) =>
        told.push(`ended ${callId}: ${reason}${failed ? ', failed' : ''}`),
      checkpoint: () => undefined,
      legWanted: () => undefined,
      orphan: () => undefined,
      callsChanged: () => {},
      readinessChanged: () => {},
    },
  });
  return {
    calls,
    told,
    toTalk,
    view: (slot: number) => slotView(memory, slot),
    line: (callId: string) => lines.get(callId)!,
    sounds: (overrides: readonly PipelineOverrides[]) => {
      sound = overrides;
    },
    affords: (time: boolean) => {
      hasTime = time;
    },
    fail: (error: Error | undefined) => {
      fault = error;
    },
    settle: () => new Promise(resolve => setImmediate(resolve)),
  };
}

t.test('a call from assignment to end', async t => {
  const { calls, told, toTalk, line, settle } = house();
  calls.assign(assignment('a'));
  t.equal(calls.count, 1);
  t.equal(calls.unanswered, 1);
  line('a').events.answered();
  t.equal(calls.unanswered, 0);
  t.strictSame(told, ['up a']);
  t.match(toTalk[0], {
    type: 'answered',
    call: {
      callId: 'a',
      slot: 0,
      rateHz: 16_000,
      from: 'caller',
      to: 'agent',
      room: 'room-a',
      assignedAtMs: 5,
    },
  });
  for (let i = 0; i < 10; i += 1) calls.tick();
  line('a').events.ended('remoteHangup');
  t.match(toTalk.at(-1), { type: 'lineEnded', slot: 0, reason: 'remoteHangup', atMs: 100 });
  await settle();
  t.equal(calls.count, 1, 'the talk thread still writes it down');
  calls.fromTalk({ type: 'released', slot: 0 });
  await settle();
  t.strictSame(told, ['up a', 'ended a: remoteHangup']);
  t.equal(calls.count, 0);
});

t.test('what a call sounded like is told every ten seconds, and the rest before its end', async t => {
  const { calls, toTalk, line } = house();
  calls.assign(assignment('one'));
  line('one').events.answered();
  for (let tick = 0; tick < 1150; tick += 1) calls.tick();
  calls.skip(1000);
  for (let tick = 0; tick < 320; tick += 1) calls.tick();
  calls.hangUp('one');
  const told = toTalk.filter(({ type }) => type === 'measured' || type === 'lineEnded');
  t.match(told, [
    { type: 'measured', slot: 0, measured: { mediaMs: 0, seconds: 10 } },
    { type: 'measured', slot: 0, measured: { mediaMs: 10_000, seconds: 1 } },
    { type: 'measured', slot: 0, measured: { mediaMs: 21_000, seconds: 3 } },
    { type: 'lineEnded', atMs: 24_700 },
  ]);
  t.match(told[0], { measured: { measures: { deadAirMs: [800, ...Array(9).fill(1000)] } } });
  t.same(told[0], structuredClone(told[0]), 'plain data');
});

t.test('a call that was over within its first second has nothing to tell', async t => {
  const { calls, toTalk, line } = house();
  calls.assign(assignment('one'));
  line('one').events.answered();
  for (let tick = 0; tick < 99; tick += 1) calls.tick();
  calls.hangUp('one');
  t.same(
    toTalk.map(({ type }) => type),
    ['answered', 'lineEnded'],
  );
});

t.test('a call that was never up is over without the talk thread, as failed', async t => {
  const { calls, told, toTalk, line, settle } = house();
  calls.assign(assignment('a'));
  line('a').events.ended('noMedia');
  await settle();
  t.strictSame(told, ['ended a: noMedia, failed']);
  t.strictSame(toTalk, []);
});

t.test('refused while the spool is full, told at once in both directions', async t => {
  const { calls, told, line } = house();
  calls.assign(assignment('a'));
  line('a').events.answered();
  calls.fromTalk({ type: 'spool', full: true });
  t.ok(calls.isSpoolFull);
  calls.assign(assignment('b'));
  t.equal(told.at(-1), 'refused b: the event spool is full');
  t.equal(calls.count, 1, 'the call that is up goes on');
  calls.fromTalk({ type: 'spool', full: false });
  calls.assign(assignment('b'));
  t.equal(calls.count, 2);
});

t.test(
  'refused while there is no time for more; what another process has lost is taken all the same',
  async t => {
    const { calls, told, line, affords } = house();
    calls.assign(assignment('a'));
    line('a').events.answered();
    affords(false);
    calls.assign(assignment('b'));
    t.equal(told.at(-1), 'refused b: no media process has time for another call');
    t.equal(calls.count, 1, 'the call that is up goes on');
    calls.assign({ ...assignment('c'), resume: { times: 1, checkpoint: null } });
    t.equal(calls.count, 2);
  },
);

t.test('refused: no slot, the same call twice, draining, no line', async t => {
  const { calls, told, line, settle, fail } = house();
  calls.assign(assignment('a'));
  calls.assign(assignment('a'));
  calls.assign(assignment('b'));
  calls.assign(assignment('c'));
  t.match(told, ['refused a: all call slots are taken', 'refused c: all call slots are taken']);
  line('a').events.ended('noMedia');
  await settle();
  fail(new Error('no such library'));
  calls.assign(assignment('d'));
  t.match(told.at(-1), 'refused d: the line could not be set up');
  t.equal(calls.count, 1);
  fail(undefined);
  calls.drain();
  calls.assign(assignment('e'));
  t.match(told.at(-1), 'refused e: the node is shutting down');
  t.ok(calls.isDraining);
  t.equal(calls.count, 1, 'the call that is up goes on');
});

t.test('a slot is used again only after the talk thread let go of it, and is empty then', async t => {
  const { calls, told, line, view, settle } = house();
  calls.assign(assignment('a'));
  line('a').events.answered();
  for (let i = 0; i < 50; i += 1) calls.tick();
  view(0).control[CONTROL.generation] = 3;
  line('a').events.ended('remoteHangup');
  calls.assign(assignment('b'));
  calls.assign(assignment('c'));
  t.match(told.at(-1), /refused c/, 'slot 0 is still read by the talk thread');
  calls.fromTalk({ type: 'released', slot: 0 });
  await settle();
  calls.assign(assignment('d'));
  line('d').events.answered();
  t.equal(available(view(0).heard), 0);
  t.equal(view(0).control[CONTROL.generation], 0);
  t.equal(view(0).control[CONTROL.mediaMs], 0);
});

t.test('a fault in one call ends that call; the others go on', async t => {
  const { calls, told, toTalk, line, view, settle } = house();
  calls.assign(assignment('a'));
  calls.assign(assignment('b'));
  line('a').events.answered();
  line('b').events.answered();
  line('a').pull = () => {
    throw new TypeError('broken');
  };
  calls.tick();
  calls.tick();
  t.match(toTalk.at(-1), { type: 'lineEnded', slot: 0, reason: 'localHangup' });
  t.equal(view(1).control[CONTROL.mediaMs], 20);
  calls.fromTalk({ type: 'released', slot: 0 });
  await settle();
  t.ok(told.includes('ended a: localHangup, failed'));
});

t.test('voices are judged between hearing and speaking', { skip: NO_FLITE }, async t => {
  const { calls, toTalk, line } = house();
  for (const callId of ['a', 'b']) {
    calls.assign(assignment(callId));
    line(callId).events.answered();
  }
  line('b').say(speech('good morning to you', 16_000));
  for (let i = 0; i < 300; i += 1) calls.tick();
  const told = toTalk.flatMap(message => (message.type === 'turn' ? [message] : []));
  t.ok(told.every(({ slot }) => slot === 1));
  t.same(
    told.map(({ event }) => event.type).filter(type => type !== 'silence'),
    ['speechStarted', 'speechEnded', 'turnEnded'],
  );
});

t.test(
  'an agent that is held for a nod goes on when it is told to, and not before',
  { skip: NO_FLITE },
  t => {
    const { calls, told, toTalk, line, view } = house();
    calls.assign(assignment('a'));
    line('a').events.answered();
    new SpeechWriter(view(0)).write(new Int16Array(40_000).fill(8000));
    const said = (): number => line('a').sent.filter(sample => sample > 0.1).length;
    const isHeld = (): boolean => {
      const before = said();
      for (let i = 0; i < 8; i += 1) calls.tick();
      return said() === before;
    };
    const nod = (): { hold: number } | undefined =>
      toTalk
        .flatMap(message => (message.type === 'turn' ? [message.event] : []))
        .find(event => event.type === 'backchannel');
    line('a').say(concat(silence(600, 16_000), speech('yes', 16_000)));
    for (let i = 0; i < 200 && nod() === undefined; i += 1) calls.tick();
    const { hold } = nod() ?? { hold: 0 };
    t.equal(hold, 1);
    calls.fromTalk({ type: 'goOn', slot: 0, hold: 2 });
    t.ok(isHeld(), 'another nod was meant');
    calls.fromTalk({ type: 'goOn', slot: 0, hold });
    t.notOk(isHeld());
    t.strictSame(told, ['up a'], 'and the call is up');
    t.end();
  },
);

t.test('messages for slots without a call, and late ones, change nothing', async t => {
  const { calls, told, line, settle } = house();
  const stray: FromTalk[] = [
    { type: 'released', slot: 0 },
    { type: 'cut', slot: 1, generation: 0 },
    { type: 'goOn', slot: 0, hold: 1 },
    { type: 'hangUp', slot: 7, drain: false },
    { type: 'released', slot: -1 },
  ];
  for (const message of stray) calls.fromTalk(message);
  calls.hangUp('nobody');
  calls.assign(assignment('a'));
  line('a').events.answered();
  calls.fromTalk({ type: 'hangUp', slot: 0, drain: false });
  calls.fromTalk({ type: 'cut', slot: 0, generation: 0 });
  calls.fromTalk({ type: 'goOn', slot: 0, hold: 1 });
  calls.fromTalk({ type: 'hangUp', slot: 0, drain: true });
  calls.fromTalk({ type: 'released', slot: 0 });
  calls.fromTalk({ type: 'released', slot: 0 });
  await settle();
  t.strictSame(told, ['up a', 'ended a: localHangup']);
});

t.test('stopping hangs up everything and waits for the records, but not for ever', async t => {
  const { calls, told, line, settle } = house();
  calls.assign(assignment('a'));
  calls.assign(assignment('b'));
  line('a').events.answered();
  const stopped = calls.stop(60_000);
  await settle();
  t.strictSame(told, ['up a', 'ended b: localHangup, failed']);
  calls.fromTalk({ type: 'released', slot: 0 });
  await stopped;
  t.equal(calls.count, 0);

  const other = house();
  other.calls.assign(assignment('a'));
  other.line('a').events.answered();
  await other.calls.stop(20);
  t.equal(other.calls.count, 1, 'a talk thread that does not answer is not waited for');
});

t.test('a call is not joined to the room that it came by', async t => {
  const { calls, line } = house();
  calls.assign(assignment('a'));
  line('a').events.answered();
  const join = (room: string): boolean => {
    const access = { kind: 'link', port: 2, farPort: 4, to: room } as const;
    const leg = { legId: room, mode: 'bridge', keepAgent: true, access } as const;
    return calls.leg({ type: 'openLeg', callId: 'a', leg });
  };
  t.notOk(join('room-a'));
  t.ok(join('room-b'));
});

t.test('configuration, trunk and workflow say how a call sounds, also while it is up', async t => {
  const { calls, line, sounds } = house();
  calls.assign(assignment('a'));
  const { events, sent } = line('a');
  events.answered();
  /** Whether anything is heard of the next 50 frames, in which the agent is silent. */
  const sounding = (): boolean => {
    for (let i = 0; i < 50; i += 1) calls.tick();
    return sent
      .splice(0)
      .slice(-160)
      .some(sample => sample !== 0);
  };
  t.notOk(sounding());
  sounds([PLAIN_SOUND, { comfortNoise: { enabled: true } }]);
  t.notOk(sounding(), 'nobody has told it yet');
  calls.retune();
  t.ok(sounding());
  calls.fromTalk({ type: 'pipeline', slot: 0, overrides: { comfortNoise: { enabled: false } } });
  t.notOk(sounding(), 'the workflow goes before both');
  calls.retune();
  t.notOk(sounding());
});
