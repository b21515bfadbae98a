import { CallRecord } from '../../src/agent/call_record.ts';
import { Conversation } from '../../src/agent/conversation.ts';
import { type ConversationEnd, LAST_WORDS } from '../../src/agent/farewell.ts';
import { HOLDING_WORDS } from '../../src/agent/holding.ts';
import { RecognisedInterjections } from '../../src/agent/interjection.ts';
import { ModelResponder } from '../../src/agent/model/model_responder.ts';
import type { After } from '../../src/agent/ports.ts';
import { NO_RECORDING } from '../../src/agent/ports.ts';
import { FlowResponder } from '../../src/agent/responder.ts';
import { Voice } from '../../src/agent/voice.ts';
import { LIMITS } from '../../src/config/limits.ts';
import { configSchema } from '../../src/config/schema.ts';
import type { CallEvent, EventDetail, EventType } from '../../src/store/events.ts';
import { Caller } from './caller.ts';
import type { Plan } from './plan.ts';
import { moverFlow } from './script.ts';
import { openServices, type Services } from './services.ts';
import { FRAME_MS, RATE_HZ, SimulatedLine } from './simulated_line.ts';
import { Trigger } from './trigger.ts';

/** A call that is not over by then never will be. */
const LONGEST_MS = 120_000;
const DRAIN_MS = 300;
/** Until what was open is gone: a far end that never says goodbye is waited for. */
const CLOSE_MS = LIMITS.providerConnectMs + 500;

/** One turn of the caller, in media time. */
interface CallerTurnTimes {
  readonly said: string;
  readonly onsetMs: number;
  readonly lastSoundMs: number;
}

/** All that is known of one call afterwards. */
export interface ChaosCall {
  readonly plan: Plan;
  readonly struckAtMs: number | undefined;
  /** What the caller heard, from the answer on, 16 bits at RATE_HZ. */
  readonly heard: Int16Array;
  readonly turns: readonly CallerTurnTimes[];
  readonly events: readonly CallEvent[];
  readonly end: ConversationEnd;
  readonly hungUp: boolean;
  /** Names of providers that spoke. */
  readonly voices: ReadonlySet<string>;
  /** Providers that others took over from, of each kind and in order. */
  readonly switches: readonly string[];
  readonly faults: readonly string[];
  readonly violations: readonly string[];
  /** What was still open some time after all was closed. */
  readonly leftOpen: readonly string[];
}

/** Timers of a call, counted. */
class Timers {
  readonly #open = new Set<NodeJS.Timeout>();

  readonly after: After = (delayMs, action) => {
    const timer = setTimeout(() => {
      this.#open.delete(timer);
      action();
    }, delayMs);
    this.#open.add(timer);
    return () => {
      clearTimeout(timer);
      this.#open.delete(timer);
    };
  };

  get open(): number {
    return this.#open.size;
  }
}

/** One conversation of several turns at real time, over real sockets, in which one provider fails as planned. */
export async function runCall(plan: Plan): Promise<ChaosCall> {
  const timers = new Timers();
  const line = new SimulatedLine();
  const voices = new Set<string>();
  const switches: string[] = [];
  const clock = { nowMs: () => performance.now(), after: timers.after };
  const observer = {
    attempt: (kind: string, provider: string, outcome: string) => {
      if (kind === 'tts' && outcome !== 'aborted') voices.add(provider);
    },
    switched: (kind: string, from: string, to: string, why: string) =>
      void switches.push(`${kind} ${from} → ${to}: ${why}`),
  };
  let trigger: Trigger | undefined;
  const services = await openServices(plan.index, { clock, observer }, lines => {
    trigger = new Trigger(plan, lines, () => line.mediaMs());
    trigger.beforeOpening();
  });
  try {
    return await converseWith(services, { plan, line, timers, trigger: trigger!, voices, switches });
  } finally {
    await services.providers.close();
    await services.close();
  }
}

interface Surroundings extends Pick<ChaosCall, 'plan' | 'switches'> {
  readonly line: SimulatedLine;
  readonly timers: Timers;
  readonly trigger: Trigger;
  readonly voices: Set<string>;
}

async function converseWith(services: Services, around: Surroundings): Promise<ChaosCall> {
  const { plan, line, timers, trigger, voices, switches } = around;
  const faults: string[] = [];
  const events: CallEvent[] = [];
  const conversation = await openConversation(services, { line, timers, events, faults });
  voices.clear();
  services.paceSpeech();
  const caller = new Caller({ plan, line, conversation, events, trigger });
  await converse(line, conversation, caller);
  const end = conversation.lineEnded();
  await services.providers.close();
  return {
    plan,
    struckAtMs: trigger.struckAtMs,
    heard: joined(line.frames),
    turns: caller.turns,
    events,
    end,
    hungUp: line.hungUp !== undefined,
    voices,
    switches,
    faults,
    violations: services.violations(),
    leftOpen: await whatIsLeft(services, timers),
  };
}

export function details<T extends EventType>(events: readonly CallEvent[], type: T): EventDetail<T>[] {
  return events.filter(event => event.type === type).map(event => event.detail as EventDetail<T>);
}

async function openConversation(
  { providers }: Services,
  call: { line: SimulatedLine; timers: Timers; events: CallEvent[]; faults: string[] },
): Promise<Conversation> {
  const { line, events, faults } = call;
  const { after } = call.timers;
  const { stt, tts, llm } = providers;
  const flow = moverFlow();
  for (const expect of flow.standing) stt.prepare(expect);
  const voice = new Voice(tts, after);
  // As the talk thread does before its first call.
  await voice.keep([...Object.values(LAST_WORDS), HOLDING_WORDS], RATE_HZ);
  const onFault = (error: unknown) =>
    void faults.push(error instanceof Error ? error.message : String(error));
  const conversation = new Conversation({
    audio: line,
    stt,
    interjections: new RecognisedInterjections(stt, after),
    voice,
    responder:
      llm === undefined ? new FlowResponder(flow) : new ModelResponder({ flow, llm, after, onFault }),
    initial: flow.initial,
    record: new CallRecord(
      { append: event => void events.push(event) },
      { callId: 'call', tenantId: 'tenant' },
      Date.now,
    ),
    recording: NO_RECORDING,
    after,
    turn: configSchema.parse({}).turn,
    todayIso: () => '2026-01-01',
    onProgress: () => undefined,
    onFault,
  });
  line.onStarted = atMs => conversation.playoutStarted(atMs);
  return conversation;
}

/** Until the line was hung up, or for too long. Frames are played when they are due, and caught up with where late. */
async function converse(line: SimulatedLine, conversation: Conversation, caller: Caller): Promise<void> {
  const beginMs = performance.now();
  const over = Promise.withResolvers<void>();
  let drainedMs = 0;
  conversation.answered();
  const ticker = setInterval(() => {
    while (line.mediaMs() < performance.now() - beginMs) {
      line.tick();
      caller.tick();
      conversation.progress();
      const isOver = line.hungUp !== undefined && (!line.hungUp.drain || line.isQuiet);
      drainedMs = isOver ? drainedMs + FRAME_MS : 0;
      if (drainedMs > DRAIN_MS || line.mediaMs() > LONGEST_MS) {
        over.resolve();
        return;
      }
    }
  }, FRAME_MS);
  await over.promise;
  clearInterval(ticker);
}

async function whatIsLeft({ lines }: Services, timers: Timers): Promise<readonly string[]> {
  const open = () => [
    ...Object.entries(lines).flatMap(([kind, all]) =>
      all.flatMap((one, at) => (one.open > 0 ? [`${one.open} connections to ${kind} ${at + 1}`] : [])),
    ),
    ...(timers.open > 0 ? [`${timers.open} timers`] : []),
  ];
  const untilMs = performance.now() + CLOSE_MS;
  while (open().length > 0 && performance.now() < untilMs)
    await new Promise(resolve => setTimeout(resolve, 20));
  return open();
}

function joined(frames: readonly Int16Array[]): Int16Array {
  const all = new Int16Array(frames.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const frame of frames) {
    all.set(frame, at);
    at += frame.length;
  }
  return all;
}
