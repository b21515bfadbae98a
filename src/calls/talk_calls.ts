import { describeFault } from './fault.ts';
import { TalkCall, type TalkServices } from './talk_call.ts';
import type { CallInfo, ToCall } from './thread_messages.ts';

/** How often the rings are emptied and speech is followed. */
const PUMP_EVERY_MS = 20;

const NO_STATS = {
  framesPulled: 0,
  framesConcealed: 0,
  framesPushed: 0,
  framesDropped: 0,
  jitterBufferMs: 0,
};

/** Runs an action again and again until the returned function is called. */
export type Every = (intervalMs: number, action: () => void) => () => void;

/**
 * All calls of a talk thread, by slot. An exception in one call ends that call; while there are none, no timer runs.
 */
export class TalkCalls {
  readonly #services: TalkServices;
  readonly #every: Every;
  readonly #live = new Map<number, TalkCall>();
  /** Calls whose line is gone and whose record is being completed. */
  readonly #ending = new Set<Promise<void>>();
  #cancelPump: (() => void) | undefined;

  constructor(services: TalkServices, every: Every) {
    this.#services = services;
    this.#every = every;
  }

  get count(): number {
    return this.#live.size + this.#ending.size;
  }

  receive(message: ToCall): void {
    if (message.type === 'answered') {
      this.#begin(message.call);
      return;
    }
    const call = this.#live.get(message.slot);
    if (message.type === 'lineEnded') {
      this.#live.delete(message.slot);
      this.#end(message.slot, call?.end(message) ?? Promise.resolve());
    } else if (call !== undefined) {
      guard(call, () => call.receive(message));
    }
  }

  /** Ends what is left as if every line were lost; resolves when all records are complete, in bounded time. */
  async stop(): Promise<void> {
    for (const [slot, call] of this.#live) {
      this.receive({ type: 'lineEnded', slot, reason: 'networkLost', atMs: call.mediaMs, stats: NO_STATS });
    }
    await Promise.all(this.#ending);
  }

  #begin(info: CallInfo): void {
    const { send, log } = this.#services;
    try {
      const call = new TalkCall(info, this.#services);
      this.#live.set(info.slot, call);
      this.#cancelPump ??= this.#every(PUMP_EVERY_MS, () => this.#pump());
      guard(call, () => call.answered());
    } catch (error) {
      log.error({ callId: info.callId, fault: describeFault(error) }, 'a call could not begin');
      send({ type: 'hangUp', slot: info.slot, drain: false });
    }
  }

  #end(slot: number, ended: Promise<void>): void {
    if (this.#live.size === 0) {
      this.#cancelPump?.();
      this.#cancelPump = undefined;
    }
    const ending = ended.then(() => {
      this.#ending.delete(ending);
      this.#services.send({ type: 'released', slot });
    });
    this.#ending.add(ending);
  }

  #pump(): void {
    for (const call of this.#live.values()) guard(call, pump);
  }
}

/** One for all calls: fifty a second for each would be garbage. */
const pump = (call: TalkCall): void => call.pump();

function guard(call: TalkCall, action: (call: TalkCall) => void): void {
  try {
    action(call);
  } catch (error) {
    call.fail(error);
  }
}
