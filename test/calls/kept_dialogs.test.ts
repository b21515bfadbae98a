import t from 'tap';
import { KeptDialogs } from '../../src/calls/kept_dialogs.ts';
import type { CallAssignment, Message, MessageOf } from '../../src/ipc/messages.ts';

function call(callId: string, resume?: CallAssignment['resume']): CallAssignment {
  return {
    callId,
    tenantId: 'default',
    direction: 'inbound',
    workflow: 'piano_removal',
    assignedAtMs: 5,
    line: { kind: 'trunk', trunk: 't', host: '127.0.0.1', port: 10_000, stream: null, from: '', to: '' },
    ...(resume && { resume }),
  };
}

function kept() {
  const sent: Message[] = [];
  const givenUp: string[] = [];
  const lines: MessageOf<'lineHeld'>[] = [];
  const dialogs = new KeptDialogs({
    toEdge: message => sent.push(message),
    giveUp: callId => givenUp.push(callId),
    heldLines: () => lines,
  });
  return {
    dialogs,
    givenUp,
    lines,
    /** What a new edge is told. */
    told: () => {
      sent.length = 0;
      dialogs.tell();
      return sent.splice(0);
    },
    sent,
  };
}

t.test('an edge that has just begun is told the dialogs as they are, and that this is all', async t => {
  const { dialogs, told, sent } = kept();
  t.same(told(), [{ type: 'dialogsTold' }]);
  dialogs.assigned(call('a'));
  dialogs.send({ type: 'lineReady', callId: 'a' });
  t.same(sent, [{ type: 'lineReady', callId: 'a' }], 'what is told passes on');
  dialogs.heard({ type: 'dialog', callId: 'a', snapshot: 'one' });
  dialogs.heard({ type: 'dialog', callId: 'a', snapshot: 'two' });
  dialogs.heard({ type: 'dialog', callId: 'unknown', snapshot: 'three' });
  dialogs.send({ type: 'checkpoint', callId: 'a', checkpoint: 'turn 2', number: 2 });
  const expected = {
    type: 'dialogHeld',
    call: call('a'),
    snapshot: 'two',
    isReady: true,
    checkpoint: 'turn 2',
    closed: null,
  } as const;
  t.same(told(), [expected, { type: 'dialogsTold' }]);
  t.same(told(), [expected, { type: 'dialogsTold' }], 'as often as it is asked');
});

t.test('a call that was taken over brings its checkpoint along', async t => {
  const { dialogs, told } = kept();
  dialogs.assigned(call('a', { times: 1, checkpoint: 'turn 4' }));
  dialogs.heard({ type: 'dialog', callId: 'a', snapshot: 'one' });
  t.match(told()[0], { type: 'dialogHeld', isReady: false, checkpoint: 'turn 4' });
});

t.test('what is over is forgotten, once the edge knows', async t => {
  const { dialogs, told } = kept();
  for (const callId of ['ended', 'refused', 'gone', 'closed']) {
    dialogs.assigned(call(callId));
    dialogs.heard({ type: 'dialog', callId, snapshot: callId });
  }
  dialogs.send({ type: 'callEnded', callId: 'ended', reason: 'remoteHangup', failed: false });
  dialogs.send({ type: 'callRefused', callId: 'refused', reason: 'ports' });
  dialogs.heard({ type: 'lineGone', callId: 'gone', reason: 'remoteHangup' });
  dialogs.send({ type: 'lineClosed', callId: 'closed', reason: 'localHangup' });
  dialogs.send({ type: 'callEnded', callId: 'closed', reason: 'localHangup', failed: false });
  t.match(told(), [{ snapshot: 'closed', closed: 'localHangup' }, { type: 'dialogsTold' }], 'to be hung up');
  t.same(told(), [{ type: 'dialogsTold' }], 'which is told once');
});

t.test('calls that nobody will answer are given up with their edge', async t => {
  const { dialogs, givenUp, told } = kept();
  dialogs.assigned(call('answered'));
  dialogs.heard({ type: 'dialog', callId: 'answered', snapshot: 'one' });
  dialogs.assigned(call('new'));
  const { line: _, ...other } = call('room');
  dialogs.assigned({ ...other, line: { kind: 'room', url: '', token: '', room: '' } });
  dialogs.edgeGone();
  t.same(givenUp, ['new']);
  t.equal(told().length, 2);
  dialogs.edgeGone();
  t.same(givenUp, ['new'], 'once');
});

t.test('lines of legs are told before what ends the telling', async t => {
  const { told, lines } = kept();
  const line = { type: 'lineHeld', legId: 'leg', end: 'leg', port: 10_002, trunk: 't' } as const;
  lines.push(line);
  t.same(told(), [line, { type: 'dialogsTold' }]);
});
