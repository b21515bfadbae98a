import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { dispose } from '@livekit/rtc-node';
import t from 'tap';
import { ensureKeyFile } from '../../src/compliance/key_file.ts';
import { parseConfig } from '../../src/config/load.ts';
import { nodePaths } from '../../src/config/paths.ts';
import type { Link } from '../../src/ipc/link.ts';
import type { Message } from '../../src/ipc/messages.ts';
import { createLogger } from '../../src/observe/log.ts';
import { run } from '../../src/roles/media.ts';
import { NO_SERVER, TestRooms } from '../lines/rooms.ts';
import { NO_FLITE } from '../pipeline/sounds.ts';
import { ROOT } from '../tidy/sources.ts';

const AUDIBLE = 0.02;

/** A link whose other end is the test. */
class HandLink implements Link {
  readonly address = 'media-0';
  readonly sent: { to: string; message: Message }[] = [];
  readonly #handlers = new Map<string, (message: Message) => void>();
  hungThreads: (() => readonly string[]) | undefined;
  #wake = (): void => {};

  send(to: string, message: Message): void {
    this.sent.push({ to, message });
    this.#wake();
  }

  on(type: string, handler: (message: never, from: string) => void): void {
    this.#handlers.set(type, message => handler(message as never, 'edge'));
  }

  onLost(): void {}

  reportHung(look: () => readonly string[]): void {
    this.hungThreads = look;
  }

  async close(): Promise<void> {}

  receive(message: Message): void {
    this.#handlers.get(message.type)?.(message);
  }

  /** What was sent to one role, without the load. */
  to(role: string): Message[] {
    return this.sent
      .filter(({ to, message }) => to === role && message.type !== 'load')
      .map(({ message }) => message);
  }

  async until(holds: () => boolean): Promise<void> {
    while (!holds()) {
      await new Promise<void>(resolve => {
        this.#wake = resolve;
      });
    }
  }
}

t.test('a media process with the real conversation', { skip: NO_SERVER || NO_FLITE }, async t => {
  const folder = t.testdir();
  const sealKeyFile = join(folder, 'seal.key');
  mkdirSync(join(folder, 'run'));
  ensureKeyFile(sealKeyFile);
  // No database: events wait in the spool.
  const config = parseConfig(
    JSON.stringify({
      dataDir: folder,
      logLevel: 'silent',
      sealKeyFile,
      media: { callsPerProcess: 2 },
      postgres: { url: 'postgres://127.0.0.1:1/none' },
      redis: { url: 'redis://127.0.0.1:1' },
    }),
    'test',
    {},
  );
  const runtimeFile = join(folder, 'runtime.json');
  writeFileSync(
    runtimeFile,
    JSON.stringify({ project: ROOT, socketPath: join(folder, 'none'), config, ownsLiveKit: true }),
  );
  const rooms = await TestRooms.start();
  t.after(async () => {
    await rooms.stop();
    await dispose();
  });
  const link = new HandLink();
  const role = await run({
    address: 'media-0',
    config,
    paths: nodePaths(ROOT, config),
    ownsLiveKit: true,
    runtimeFile,
    link,
    log: createLogger('media-0', 'silent'),
  });
  t.match(link.to('supervisor'), [{ type: 'ready' }]);
  type Resume = Extract<Message, { type: 'assign' }>['call']['resume'];
  const assign = async (callId: string, room: string, resume?: Resume): Promise<void> => {
    const line = { kind: 'room' as const, room, ...(await rooms.access(room, `agent-${callId}`, true)) };
    link.receive({
      type: 'assign',
      call: {
        callId,
        tenantId: 'default',
        direction: 'inbound',
        workflow: 'piano_removal',
        assignedAtMs: Date.now(),
        line,
        ...(resume && { resume }),
      },
    });
  };

  const room = rooms.name();
  const caller = await rooms.peer(room);
  await assign('one', room);
  await link.until(() => link.to('edge').some(({ type }) => type === 'callUp'));
  await caller.until(() => caller.levels().filter(level => level > AUDIBLE).length > 50);
  t.pass('the agent greets');
  t.match(link.sent.findLast(({ message }) => message.type === 'load')?.message, { calls: 1, maxCalls: 2 });

  await assign('one', room, { times: 1, checkpoint: null });
  t.match(link.to('edge').at(-1), { type: 'callUp', callId: 'one' }, 'thought lost, and still here');

  link.receive({ type: 'drain', deadlineMs: Date.now() + 60_000 });
  await assign('two', rooms.name());
  t.match(link.to('edge').at(-1), {
    type: 'callRefused',
    callId: 'two',
    reason: 'the node is shutting down',
  });
  link.receive({ type: 'hangUp', callId: 'one' });
  await link.until(() => link.to('edge').some(({ type }) => type === 'callEnded'));
  t.match(link.to('edge').at(-1), { type: 'callEnded', callId: 'one', reason: 'localHangup', failed: false });
  t.match(link.sent.findLast(({ message }) => message.type === 'load')?.message, {
    calls: 0,
    draining: true,
  });
  await link.until(() => link.to('api').some(({ type }) => type === 'providers'));
  t.match(
    link.to('api').find(({ type }) => type === 'providers'),
    {
      figures: {
        health: [
          { kind: 'stt', provider: 'pocketsphinx', breaker: null },
          { kind: 'tts', provider: 'flite', breaker: null },
        ],
        asked: [{ kind: 'tts', provider: 'flite', costMicroUsd: 0 }],
      },
    },
    'what spoke the greeting is counted',
  );
  await role.stop();
  await caller.leave();
});
