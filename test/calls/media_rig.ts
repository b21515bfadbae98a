import { MediaCalls } from '../../src/calls/media_calls.ts';
import { MediaClock } from '../../src/calls/media_clock.ts';
import { type FromTalk, MediaThreads } from '../../src/calls/media_threads.ts';
import { createSlotMemory } from '../../src/calls/slot_buffers.ts';
import type { ToTalk } from '../../src/calls/thread_messages.ts';
import { RoomLine } from '../../src/lines/room_line.ts';
import { createLogger } from '../../src/observe/log.ts';
import type { TestRooms } from '../lines/rooms.ts';
import { PLAIN_SOUND } from '../pipeline/plain_sound.ts';
import { sharedParts } from '../pipeline/shared_parts.ts';

const shared = await sharedParts(64);

/** A media process in the test's own: real clock and rooms, with a stand-in for the conversation. */
export class MediaRig {
  readonly toTalk: ToTalk[] = [];
  readonly up: string[] = [];
  readonly refused: { callId: string; reason: string }[] = [];
  readonly ended: { callId: string; reason: string; failed: boolean }[] = [];
  readonly clock = new MediaClock();
  readonly calls: MediaCalls;
  readonly #threads: MediaThreads;
  readonly #rooms: TestRooms;
  #waiters: (() => void)[] = [];

  constructor(rooms: TestRooms, maxCalls: number) {
    this.#rooms = rooms;
    const memory = createSlotMemory(maxCalls);
    this.#threads = new MediaThreads({
      talk: new URL('./stand_in_talk.ts', import.meta.url),
      memory,
      runtimeFile: '',
      address: 'media-0',
      onMessage: (message: FromTalk) => this.calls.fromTalk(message),
      onDied: (_, error) => {
        throw error;
      },
    });
    this.calls = new MediaCalls({
      memory,
      maxCalls,
      shared,
      soundOf: () => [PLAIN_SOUND],
      rateOf: () => 16_000,
      log: createLogger('media-0', 'silent'),
      openLine: ({ line }, rateHz, events) => {
        if (line.kind !== 'room') throw new Error('rooms only');
        return new RoomLine({ ...line, rateHz, kernels: shared.memory }, events);
      },
      ports: {
        toTalk: message => {
          this.toTalk.push(message);
          this.#threads.toTalk(message);
          this.#wake();
        },
        callUp: callId => {
          this.up.push(callId);
          this.#wake();
        },
        callRefused: (callId, reason) => {
          this.refused.push({ callId, reason });
          this.#wake();
        },
        callEnded: (callId, reason, failed) => {
          this.ended.push({ callId, reason, failed });
          this.#wake();
        },
        checkpoint: () => undefined,
        legWanted: () => undefined,
        orphan: () => undefined,
        callsChanged: () => {},
        readinessChanged: () => {},
      },
    });
  }

  async start(): Promise<void> {
    await this.#threads.ready();
    this.clock.add(this.calls);
    this.clock.start();
  }

  async assign(callId: string, room: string): Promise<void> {
    const access = await this.#rooms.access(room, `agent-${callId}`, true);
    this.calls.assign({
      callId,
      tenantId: 'default',
      direction: 'inbound',
      workflow: 'none',
      assignedAtMs: Date.now(),
      line: { kind: 'room', room, ...access },
    });
  }

  /** Resolves once the condition holds; it is looked at after everything that the media process tells. */
  async until(holds: () => boolean): Promise<void> {
    while (!holds()) await new Promise<void>(resolve => this.#waiters.push(resolve));
  }

  /** Everything told of the slot so far, of one type. */
  told<T extends ToTalk['type']>(type: T): Extract<ToTalk, { type: T }>[] {
    return this.toTalk.filter((message): message is Extract<ToTalk, { type: T }> => message.type === type);
  }

  async stop(): Promise<void> {
    await this.calls.stop(5000);
    this.clock.stop();
    await this.#threads.stop();
  }

  #wake(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const waiter of waiters) waiter();
  }
}
