import { FRAME_MS } from '../../pipeline/frame.ts';
import { DEFAULT_PIPELINE_POLICY } from '../../pipeline/policy.ts';
import { SharedParts } from '../../pipeline/shared_parts.ts';
import type { InterjectionEar } from '../../src/agent/interjection.ts';
import { AudioCall } from '../../src/calls/audio_call.ts';
import { CallTick } from '../../src/calls/call_tick.ts';
import { createSlotMemory, openSlot, type SlotView } from '../../src/calls/slot_buffers.ts';
import type { LineEvents } from '../../src/lines/line.ts';
import { CODECS } from '../wire/codec.ts';
import { ClockedEar } from './clocked_ear.ts';
import type { CallPlan } from './event.ts';
import { EventCaller } from './event_caller.ts';
import { OfflineLine } from './offline_line.ts';
import type { Programme } from './programme.ts';
import { SpeakingTalk } from './speaking_talk.ts';
import { Trace } from './trace.ts';

/** Calls that share the network's runs. */
const CALLS_AT_ONCE = 24;

/** A call whose events are over. */
export interface PlayedCall {
  readonly plan: CallPlan;
  readonly caller: EventCaller;
  /** Undefined unless asked for. */
  readonly trace: Trace | undefined;
}

interface LiveCall extends PlayedCall {
  readonly slot: SlotView;
  readonly call: AudioCall;
}

/**
 * Plays calls through the pipeline and turn taking as a media process does, on a clock that goes as fast as this thread:
 * no socket, no thread, and the same outcome each time.
 */
export async function playOffline(
  plans: readonly CallPlan[],
  programmes: readonly Programme[],
  { kernelFolder, ear, isTraced }: OfflineOptions,
): Promise<PlayedCall[]> {
  const shared = await SharedParts.load(kernelFolder, CALLS_AT_ONCE, 0);
  return new OfflineCalls(plans, programmes, { shared, ear: ear && new ClockedEar(ear), isTraced }).play();
}

interface OfflineOptions {
  readonly kernelFolder: string;
  /** For what is said in short over the agent; the clock waits for it. */
  readonly ear: InterjectionEar | undefined;
  readonly isTraced: boolean;
}

class OfflineCalls {
  readonly #waiting: CallPlan[];
  readonly #memory = createSlotMemory(CALLS_AT_ONCE);
  readonly #talk: SpeakingTalk;
  readonly #live = new Map<number, LiveCall>();
  readonly #together = new CallTick(
    CALLS_AT_ONCE,
    () => this.#shared.tick([...this.#live.values()].map(({ call }) => call.voice)),
    (_call, error) => {
      throw error;
    },
  );
  readonly #played: PlayedCall[] = [];
  readonly #isTraced: boolean;
  readonly #shared: SharedParts;
  readonly #ear: ClockedEar | undefined;
  #nowMs = 0;

  constructor(
    plans: readonly CallPlan[],
    programmes: readonly Programme[],
    { shared, ear, isTraced }: { shared: SharedParts; ear: ClockedEar | undefined; isTraced: boolean },
  ) {
    this.#waiting = [...plans];
    this.#isTraced = isTraced;
    this.#shared = shared;
    this.#ear = ear;
    this.#talk = new SpeakingTalk({
      memory: this.#memory,
      programmes,
      ear,
      nowMs: () => this.#nowMs,
      goOn: (slot, hold) => this.#live.get(slot)?.call.goOn(hold),
      cut: (slot, generation) => this.#live.get(slot)?.call.cut(generation),
    });
  }

  async play(): Promise<PlayedCall[]> {
    while (this.#waiting.length > 0 || this.#live.size > 0) {
      this.#fill();
      this.#nowMs += FRAME_MS;
      await this.#ear?.pass(this.#nowMs);
      this.#talk.pump();
      this.#tick();
      for (const live of this.#live.values()) if (live.caller.isDone) await this.#end(live);
    }
    return this.#played;
  }

  /** As a media process does. */
  #tick(): void {
    const calls = [...this.#live.values()];
    for (const { call } of calls) this.#together.add(call);
    this.#together.run();
    for (const { call, trace } of calls) trace?.add(featuresOf(call));
  }

  #fill(): void {
    for (let slot = 0; slot < CALLS_AT_ONCE && this.#waiting.length > 0; slot += 1)
      if (!this.#live.has(slot)) this.#begin(slot, this.#waiting.shift()!);
  }

  #begin(index: number, plan: CallPlan): void {
    const { rateHz } = CODECS[plan.codec];
    const slot = openSlot(this.#memory, index, rateHz);
    const caller = new EventCaller(plan, rateHz);
    const trace = this.#isTraced ? new Trace() : undefined;
    const openLine = (events: LineEvents): OfflineLine => new OfflineLine(plan.codec, caller, events, trace);
    const call = new AudioCall(
      { slot, rateHz, shared: this.#shared, policy: DEFAULT_PIPELINE_POLICY, openLine },
      {
        answered: () => {
          this.#talk.begin(index, rateHz);
        },
        turn: event => {
          trace?.note(event.type);
          this.#talk.follow(index, event);
        },
        dtmf: () => {},
        playoutStarted: () => {},
        playoutDrained: () => {},
        ended: () => {},
      },
    );
    this.#live.set(index, { plan, caller, trace, slot, call });
    call.answered();
  }

  async #end({ slot, call, plan, caller, trace }: LiveCall): Promise<void> {
    this.#live.delete(slot.index);
    this.#talk.end(slot.index);
    await call.closed();
    this.#played.push({ plan, caller, trace });
  }
}

/** What the pipeline knows in this tick: a column of the trace each. */
function featuresOf({ voice }: AudioCall): Readonly<Record<string, number>> {
  return { voice: voice.probability };
}
