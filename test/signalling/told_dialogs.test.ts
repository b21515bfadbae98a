import t from 'tap';
import { Handlers } from '../../src/ipc/handlers.ts';
import type { Address, Message, MessageOf } from '../../src/ipc/messages.ts';
import { type ToldDialog, ToldDialogs } from '../../src/signalling/told_dialogs.ts';

const NEVER_MS = 600_000;

function dialogOf(callId: string): MessageOf<'dialogHeld'> {
  const line = { kind: 'trunk', trunk: 't', host: '', port: 10_000, stream: null, from: '', to: '' } as const;
  const call = { callId, tenantId: 'd', direction: 'inbound', workflow: 'w', assignedAtMs: 0, line } as const;
  return { type: 'dialogHeld', call, snapshot: '{}', isReady: true, checkpoint: null, closed: null };
}

function asked(media: readonly Address[]) {
  const handlers = new Handlers(error => {
    throw error;
  });
  const sent: string[] = [];
  const link = {
    on: handlers.on.bind(handlers),
    send: (to: Address, message: Message) => sent.push(`${to} ${message.type}`),
  };
  const dialogs = new ToldDialogs(link, media);
  const tell = (from: Address, message: Message) => handlers.dispatch({ from, to: 'edge', message });
  return { dialogs, sent, tell };
}

function summary(told: readonly ToldDialog[]): string[] {
  return told.map(({ dialog, media }) => `${media} ${dialog.call.callId}`);
}

t.test('all are known when every media process has told', async t => {
  const { dialogs, sent, tell } = asked(['media-0', 'media-1']);
  t.same(sent, ['media-0 tellDialogs', 'media-1 tellDialogs']);
  const all = dialogs.all(NEVER_MS);
  tell('media-1', dialogOf('b'));
  tell('media-1', { type: 'dialogsTold' });
  tell('media-0', dialogOf('a'));
  tell('media-0', { type: 'dialogsTold' });
  t.same(summary(await all), ['media-1 b', 'media-0 a']);
});

t.test('one that is not there is waited for no longer than the limit, and heard later', async t => {
  const { dialogs, tell } = asked(['media-0', 'media-1']);
  tell('media-0', dialogOf('a'));
  tell('media-0', { type: 'dialogsTold' });
  t.same(summary(await dialogs.all(1)), ['media-0 a']);
  const late: ToldDialog[] = [];
  dialogs.onLate(told => late.push(told));
  tell('media-1', dialogOf('b'));
  t.same(summary(late), ['media-1 b']);
});
