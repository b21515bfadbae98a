import t from 'tap';
import { Admission } from '../../src/calls/admission.ts';
import { Assignment } from '../../src/calls/assignment.ts';
import { LIMITS } from '../../src/config/limits.ts';
import type { Address, CallAssignment, Message, MessageOf } from '../../src/ipc/messages.ts';
import { createLogger } from '../../src/observe/log.ts';
import { ManualTimers } from '../agent/fakes.ts';

const LOAD = {
  calls: 0,
  unanswered: 0,
  maxCalls: 1,
  tickLatenessP99Ms: 0,
  draining: false,
  spoolFull: false,
  busyShare: 0,
  shed: [],
};

const CALL: CallAssignment = {
  callId: 'a',
  tenantId: 'default',
  direction: 'inbound',
  workflow: 'piano_removal',
  assignedAtMs: 5,
  line: { kind: 'trunk', trunk: 'default', host: '127.0.0.1', port: 10_000, stream: null, from: '', to: '' },
};

/** An edge with one call, whose media processes are played by hand; each has one slot. */
class Edge {
  readonly sent: { readonly to: Address; readonly message: Message }[] = [];
  readonly told: string[] = [];
  readonly timers = new ManualTimers();
  readonly admission = new Admission();
  readonly assignment = new Assignment({
    admission: this.admission,
    send: (to, message) => this.sent.push({ to, message }),
    after: this.timers.after,
    log: createLogger('edge', 'silent'),
  });
  hasSession = true;

  constructor(call: Partial<CallAssignment> = {}, canGoOn = true) {
    this.there('media-0');
    this.assignment.place({ ...CALL, ...call }, 'media-0', {
      up: () => this.told.push('up'),
      ended: (failed, reason) => this.told.push(`ended ${failed} ${reason}`),
      ...(canGoOn && { canGoOn: () => this.hasSession }),
    });
  }

  there(media: Address, load: Partial<typeof LOAD> = {}): void {
    this.admission.update(media, { ...LOAD, ...load });
    this.assignment.slotsChanged();
  }

  dies(media: Address): void {
    this.admission.remove(media);
    this.assignment.mediaGone(media);
  }

  /** Who was given the call, and how. */
  get assigned(): { readonly to: Address; readonly resume: CallAssignment['resume'] }[] {
    return this.sent.flatMap(({ to, message }) =>
      message.type === 'assign' ? [{ to, resume: message.call.resume }] : [],
    );
  }

  get fates(): string[] {
    return this.sent.flatMap(({ to, message }) =>
      message.type === 'orphanFate' ? [`${to} ${message.callId} ${message.isLost ? 'lost' : 'kept'}`] : [],
    );
  }

  heard<T extends Message['type']>(by: Address, type: T): MessageOf<T>[] {
    return this.sent.flatMap(({ to, message }) =>
      to === by && message.type === type ? [message as MessageOf<T>] : [],
    );
  }
}

t.test('a call goes on in another process, from its last checkpoint, as often as need be', async t => {
  const edge = new Edge();
  edge.assignment.callUp('a');
  edge.assignment.checkpoint('a', 'first');
  edge.assignment.checkpoint('a', 'second');
  edge.there('media-1');
  edge.dies('media-0');
  t.same(edge.assigned.at(-1), { to: 'media-1', resume: { times: 1, checkpoint: 'second' } });
  t.equal(edge.admission.total().available, false, 'its slot is taken');
  edge.assignment.tell('a', { type: 'lineKey', callId: 'a', key: '1', durationMs: 100 });
  t.equal(edge.heard('media-1', 'lineKey').length, 1, 'who has it hears of it');
  edge.assignment.callUp('a');
  edge.there('media-0');
  edge.dies('media-1');
  t.same(edge.assigned.at(-1), { to: 'media-0', resume: { times: 2, checkpoint: 'second' } });
  edge.assignment.callUp('a');
  edge.assignment.callEnded('a', 'media-0', false, 'done');
  t.same(edge.told, ['up', 'up', 'up', 'ended false done']);
  t.equal(edge.timers.open, 0);
});

t.test('what could not go on in one process goes on in the next; nobody else ends it', async t => {
  const edge = new Edge();
  edge.assignment.callUp('a');
  edge.there('media-1');
  edge.dies('media-0');
  edge.assignment.callEnded('a', 'media-0', true, 'told late');
  t.same(edge.told, ['up'], 'who had it before has no say');
  edge.there('media-2');
  edge.assignment.callEnded('a', 'media-1', true, 'portInUse');
  t.same(edge.assigned.at(-1), { to: 'media-2', resume: { times: 1, checkpoint: null } });
  edge.assignment.callUp('a');
  edge.assignment.callEnded('a', 'media-1', true, 'told later still');
  t.same(edge.told, ['up', 'up'], 'nor has who could not go on');
  edge.assignment.callEnded('a', 'media-2', false, 'done');
  t.same(edge.told, ['up', 'up', 'ended false done']);
});

t.test('without a slot it waits for one, also for its own process to be back', async t => {
  const edge = new Edge();
  edge.assignment.callUp('a');
  edge.there('media-1', { calls: 1 });
  edge.dies('media-0');
  t.equal(edge.assigned.length, 1);
  edge.there('media-1', { calls: 1 });
  t.equal(edge.assigned.length, 1);
  edge.there('media-0', { draining: true, spoolFull: true });
  t.same(edge.assigned.at(-1), { to: 'media-0', resume: { times: 1, checkpoint: null } }, 'come what may');
  edge.assignment.callUp('a');
  edge.timers.pass(LIMITS.takeoverMs);
  t.same(edge.told, ['up', 'up']);
});

t.test('nobody waits for ever, nor when the caller has hung up, nor in a room', async t => {
  const patient = new Edge();
  patient.assignment.callUp('a');
  patient.dies('media-0');
  patient.timers.pass(LIMITS.takeoverMs - 1);
  t.same(patient.told, ['up']);
  patient.timers.pass(1);
  t.same(patient.told, ['up', 'ended true media process lost']);
  t.equal(patient.assignment.callCount, 0);

  const slow = new Edge();
  slow.there('media-1');
  slow.dies('media-0');
  slow.timers.pass(LIMITS.takeoverMs);
  t.equal(slow.heard('media-1', 'hangUp').length, 1, 'who was to take it over and did not');
  t.same(slow.told, ['ended true media process lost']);
  slow.there('media-1');
  t.equal(slow.admission.total().available, true, 'its slot is free again');

  const gone = new Edge();
  gone.dies('media-0');
  gone.hasSession = false;
  gone.there('media-1');
  t.same(gone.told, ['ended true media process lost']);
  t.equal(gone.assigned.length, 1);

  const room = new Edge({}, false);
  room.there('media-1');
  room.dies('media-0');
  t.same(room.told, ['ended true media process lost']);
});

t.test('a process that can not take it over is passed over, and asked again later', async t => {
  const edge = new Edge();
  edge.there('media-1');
  edge.there('media-2');
  edge.dies('media-0');
  edge.assignment.callRefused('a', 'media-1', 'ports');
  edge.assignment.callRefused('a', 'media-2', 'ports');
  t.same(
    edge.assigned.map(({ to }) => to),
    ['media-0', 'media-1', 'media-2'],
  );
  edge.there('media-1');
  t.equal(edge.assigned.at(-1)?.to, 'media-1');
});

t.test('a process that had calls when it died hears what became of them', async t => {
  const edge = new Edge();
  edge.assignment.callUp('a');
  edge.there('media-1');
  edge.dies('media-0');
  edge.assignment.orphan('a', 'media-0');
  t.same(edge.fates, [], 'it is not decided');
  edge.assignment.callUp('a');
  t.same(edge.fates, ['media-0 a kept']);
  edge.assignment.orphan('unknown', 'media-0');
  t.equal(edge.fates.at(-1), 'media-0 unknown lost');
  edge.assignment.callEnded('a', 'media-0', false, 'done');
  edge.assignment.orphan('a', 'media-0');
  t.equal(edge.fates.at(-1), 'media-0 a kept', 'its successor has written its end');

  const late = new Edge();
  late.dies('media-0');
  late.assignment.orphan('a', 'media-0');
  late.timers.pass(LIMITS.takeoverMs);
  t.same(late.fates, ['media-0 a lost']);
});

t.test('a call that was adopted is taken over like one that was placed', async t => {
  const edge = new Edge();
  const told: string[] = [];
  edge.assignment.adopt({ ...CALL, callId: 'b' }, 'media-1', 'kept', {
    up: () => told.push('up'),
    ended: () => told.push('ended'),
    canGoOn: () => true,
  });
  edge.there('media-0', { calls: 1 });
  edge.there('media-2');
  edge.dies('media-1');
  t.same(edge.assigned.at(-1), { to: 'media-2', resume: { times: 1, checkpoint: 'kept' } });
});
