import { Job, Room } from '@livekit/protocol';
import t from 'tap';
import { Admission } from '../../src/calls/admission.ts';
import { Assignment } from '../../src/calls/assignment.ts';
import { RoomJobs } from '../../src/calls/room_jobs.ts';
import type { Address, CallAssignment, Message } from '../../src/ipc/messages.ts';
import { createLogger } from '../../src/observe/log.ts';

const LOAD = {
  calls: 0,
  unanswered: 0,
  maxCalls: 2,
  tickLatenessP99Ms: 0,
  draining: false,
  spoolFull: false,
  busyShare: 0,
  shed: [],
};

function job(id: string, metadata = ''): Job {
  return new Job({ id, metadata, room: new Room({ name: `room-${id}` }) });
}

function edge(
  media: readonly Address[] = ['media-0', 'media-1'],
  reservationMs = 60_000,
  isOnlyNode = false,
) {
  const sent: { to: Address; message: Message }[] = [];
  const jobs: string[] = [];
  const closed: string[] = [];
  const notAdmitted: string[] = [];
  const admission = new Admission();
  for (const address of media) admission.update(address, LOAD);
  const log = createLogger('test', 'silent');
  const assignment = new Assignment({
    admission,
    send: (to, message) => sent.push({ to, message }),
    after: () => () => undefined,
    log,
  });
  const roomJobs = new RoomJobs({
    tenantId: 'default',
    defaultWorkflow: 'piano_removal',
    roomUrl: 'ws://127.0.0.1:1',
    admission,
    assignment,
    reservationMs,
    isOnlyNode,
    log,
    ports: {
      tellJob: (jobId, status, error = '') => jobs.push(`${jobId} ${status} ${error}`.trim()),
      closeRoom: room => closed.push(room),
      notAdmitted: code => notAdmitted.push(code),
    },
  });
  const calls = (): CallAssignment[] =>
    sent.flatMap(({ message }) => (message.type === 'assign' ? [message.call] : []));
  return { sent, jobs, closed, notAdmitted, admission, assignment, roomJobs, calls };
}

t.test('a burst is spread over the media processes and stops at the last slot', async t => {
  const { roomJobs, sent, notAdmitted, admission } = edge();
  for (const id of ['a', 'b', 'c', 'd']) {
    t.equal(roomJobs.available(job(id)), `agent-${id}`);
    roomJobs.assigned(job(id), 'token');
  }
  t.equal(roomJobs.available(job('e')), undefined, 'full');
  t.same(notAdmitted, ['CAPACITY']);
  t.same(
    sent.map(({ to }) => to),
    ['media-0', 'media-1', 'media-0', 'media-1'],
  );
  t.same(admission.total(), { used: 4, most: 4, available: false });
});

t.test('a slot that was promised and not used comes back', async t => {
  const { roomJobs, admission } = edge(['media-0'], 1);
  roomJobs.available(job('a'));
  roomJobs.available(job('a'));
  t.equal(admission.total().used, 1, 'asked twice, kept once');
  await new Promise(resolve => setTimeout(resolve, 20));
  t.equal(admission.total().used, 0);
});

t.test('a call goes up, ends, and its room is closed', async t => {
  const { assignment, roomJobs, calls, jobs, closed, admission } = edge();
  roomJobs.available(job('a'));
  roomJobs.assigned(job('a'), 'token');
  const { callId, line, workflow } = calls()[0]!;
  t.match(line, { kind: 'room', token: 'token', room: 'room-a' });
  t.equal(workflow, 'piano_removal');
  admission.update('media-0', { ...LOAD, calls: 1, unanswered: 1 });
  t.equal(admission.total().used, 1, 'counted once while it rings');
  admission.update('media-0', { ...LOAD, calls: 1 });
  assignment.callUp(callId);
  t.equal(admission.total().used, 1, 'and once when it is up');
  assignment.callEnded(callId, 'media-0', false, 'done');
  assignment.callEnded(callId, 'media-0', false, 'done');
  t.same(jobs, ['a running', 'a success'], 'an end told twice counts once');
  t.same(closed, ['room-a']);
  t.equal(assignment.callCount, 0);
});

t.test('a refused call is offered to the next process, then given up with its room closed', async t => {
  const { assignment, roomJobs, calls, sent, jobs, closed, admission } = edge();
  roomJobs.available(job('a'));
  roomJobs.assigned(job('a'), 'token');
  const { callId } = calls()[0]!;
  assignment.callRefused(callId, 'media-1', 'not mine to refuse');
  t.equal(sent.length, 1);
  assignment.callRefused(callId, 'media-0', 'full');
  t.equal(sent[1]?.to, 'media-1');
  assignment.callRefused(callId, 'media-1', 'full');
  t.same(jobs, ['a failed full']);
  t.same(closed, ['room-a']);
  t.equal(admission.total().used, 0, 'no slot stays reserved');
});

t.test('the calls of a process that died end, the others go on', async t => {
  const { assignment, roomJobs, calls, jobs, closed, admission } = edge();
  for (const id of ['a', 'b']) {
    roomJobs.available(job(id));
    roomJobs.assigned(job(id), 'token');
  }
  for (const { callId } of calls()) assignment.callUp(callId);
  admission.remove('media-0');
  assignment.mediaGone('media-0');
  t.same(jobs.slice(2), ['a failed media process lost']);
  t.same(closed, ['room-a']);
  t.equal(assignment.callCount, 1);
});

t.test('what could not be written down is not begun: a process with a full spool takes no call', async t => {
  const { roomJobs, sent, jobs, closed, notAdmitted, admission } = edge();
  admission.update('media-0', { ...LOAD, spoolFull: true });
  for (const id of ['a', 'b']) {
    t.ok(roomJobs.available(job(id)));
    roomJobs.assigned(job(id), 'token');
  }
  t.same(
    sent.map(({ to }) => to),
    ['media-1', 'media-1'],
    'the others take calls',
  );
  t.equal(roomJobs.available(job('c')), undefined);
  t.same(admission.total(), { used: 2, most: 4, available: false }, 'LiveKit is told so, too');
  roomJobs.assigned(job('c'), 'token');
  t.equal(jobs.at(-1), 'c failed the event spool is full');
  t.same(closed, ['room-c']);
  t.same(notAdmitted, ['SPOOL_FULL', 'SPOOL_FULL'], 'each is counted, with the reason');
  admission.update('media-0', LOAD);
  t.ok(roomJobs.available(job('d')), 'there is room again');
  roomJobs.close();
});

t.test('a process without time takes no call, nor does a busy one while another is not', async t => {
  const { roomJobs, sent, notAdmitted, admission } = edge();
  admission.update('media-0', { ...LOAD, maxCalls: 9, busyShare: 0.8 });
  admission.update('media-1', { ...LOAD, maxCalls: 9, busyShare: 0.6 });
  for (const id of ['a', 'b', 'c']) roomJobs.assigned(job(id), 'token');
  t.same(
    sent.map(({ to }) => to),
    ['media-1', 'media-1', 'media-0'],
    'until its slots outweigh it',
  );
  admission.update('media-1', { ...LOAD, maxCalls: 9, shed: ['strongSuppression'] });
  t.ok(admission.total().available, 'strong noise suppression is given up first');
  for (const media of ['media-0', 'media-1'])
    admission.update(media, { ...LOAD, maxCalls: 9, shed: ['strongSuppression', 'newCalls'] });
  t.equal(roomJobs.available(job('d')), undefined);
  t.same(notAdmitted, ['OVERLOADED']);
  t.ok(admission.reserveForLost([]), 'what another process has lost comes in');
  roomJobs.close();
});

t.test('LiveKit ends a job: the call is hung up; while draining nothing is admitted', async t => {
  const { roomJobs, calls, sent, notAdmitted, admission } = edge();
  roomJobs.available(job('a'));
  roomJobs.assigned(job('a'), 'token');
  roomJobs.terminated('a');
  t.same(sent.at(-1), { to: 'media-0', message: { type: 'hangUp', callId: calls()[0]!.callId } });
  roomJobs.terminated('unknown');
  t.equal(sent.length, 2);
  admission.drain(true);
  t.equal(roomJobs.available(job('b')), undefined);
  t.same(notAdmitted, ['DRAINING']);
});

t.test(
  'who can not be taken is hung up where nobody else would answer, and left to others where they might',
  async t => {
    for (const isOnlyNode of [true, false]) {
      const { roomJobs, closed, admission } = edge(['media-0'], 60_000, isOnlyNode);
      t.ok(roomJobs.available(job('a')));
      admission.drain(true);
      t.equal(roomJobs.available(job('b')), undefined);
      t.same(closed, isOnlyNode ? ['room-b'] : []);
      roomJobs.close();
    }
  },
);

t.test('metadata names the workflow; garbage in it is passed over', async t => {
  const { roomJobs, calls } = edge(['media-0', 'media-1']);
  const rows = ['{"workflow":"claims"}', '{"workflow":7}', '{', 'x'.repeat(5000)];
  for (const [index, metadata] of rows.entries()) roomJobs.assigned(job(`m${index}`, metadata), 'token');
  t.same(
    calls().map(({ workflow }) => workflow),
    ['claims', 'piano_removal', 'piano_removal', 'piano_removal'],
  );
  roomJobs.close();
});
