import { setImmediate as turnOfTheLoop } from 'node:timers/promises';
import type { Test } from 'tap';
import { ModelResponder } from '../../src/agent/model/model_responder.ts';
import { TalkMemory } from '../../src/agent/model/talk_memory.ts';
import { RealtimeTalk } from '../../src/agent/realtime/realtime_talk.ts';
import { FlowResponder } from '../../src/agent/responder.ts';
import type { ToolDesk } from '../../src/agent/tools/tool_desk.ts';
import { LIMITS } from '../../src/config/limits.ts';
import { Candidates, candidateOf } from '../../src/providers/failover/candidates.ts';
import { FailoverSpeech } from '../../src/providers/failover/failover_speech.ts';
import type { SpeechLimits } from '../../src/providers/speech/realtime_exchange.ts';
import type { Flow } from '../../src/workflow/types.ts';
import { speechRig, until } from '../providers/realtime_speech_rig.ts';
import type { RealtimeSpeechServer } from '../providers/servers/realtime_speech.ts';
import { RATE_HZ } from './fakes.ts';
import { Rig, settle } from './rig.ts';
import { ScriptedLlm } from './scripted_llm.ts';
import { talkFlow } from './talk_flow.ts';

const STEP_MS = 10;
/** Steps without sound, over a socket, after which nothing more comes. */
const QUIET_STEPS = 40;

/** A conversation in which a model hears and speaks, over real sockets; media time is moved by hand. */
export interface RealtimeCall {
  readonly rig: Rig;
  readonly server: RealtimeSpeechServer;
  readonly llm: ScriptedLlm;
  readonly talk: RealtimeTalk;
  readonly engine: FailoverSpeech;
  /** Attempts by how they ended. */
  readonly outcomes: string[];
  /** From now on nothing is late. */
  bePatient(): void;
}

export interface RealtimeCallOptions {
  readonly hasModel?: boolean;
  readonly flow?: Flow;
  readonly key?: string;
  readonly limits?: Partial<SpeechLimits>;
  /** Runs what models call. */
  readonly desk?: (rig: Rig) => ToolDesk;
}

export async function realtimeCall(
  t: Test,
  { hasModel = true, flow = talkFlow(), key, limits = {}, desk }: RealtimeCallOptions = {},
): Promise<RealtimeCall> {
  const speech = await speechRig(undefined, { limits, ...(key !== undefined && { key }) });
  const llm = new ScriptedLlm();
  const outcomes: string[] = [];
  const clock = { nowMs: () => performance.now(), after: () => () => undefined };
  const candidates = new Candidates('speech', [candidateOf(speech.engine, clock)], clock);
  const observer = {
    attempt: (_kind: string, _provider: string, outcome: string) => outcomes.push(outcome),
    switched: () => undefined,
  };
  const engine = new FailoverSpeech(candidates, observer);
  let talk: RealtimeTalk | undefined;
  const rig = new Rig(
    () => ({}),
    made => {
      const { timers, faults, stt } = made;
      const tools = desk?.(made);
      const onFault = (error: unknown) => faults.push(error);
      const memory = new TalkMemory({ llm, after: timers.after, onFault });
      const chainOf = (wrapped: Flow) =>
        hasModel
          ? new ModelResponder({
              flow: wrapped,
              llm,
              after: timers.after,
              memory,
              onFault,
              ...(tools && { tools }),
            })
          : new FlowResponder(wrapped);
      talk = new RealtimeTalk({
        flow,
        engine,
        stt,
        rateHz: RATE_HZ,
        after: timers.after,
        nowMs: () => rig.audio.nowMs,
        chainOf,
        tools,
        hasModel,
        memory: hasModel ? memory : undefined,
        state: () => rig.conversation.state,
        todayIso: () => '2025-01-01',
        onFault,
      });
      return { responder: talk, initial: flow.initial, stt: talk.ear };
    },
  );
  t.teardown(async () => {
    rig.conversation.lineEnded();
    talk?.close();
    await speech.close();
  });
  await rig.answer();
  await rig.listen();
  return { rig, llm, engine, outcomes, server: speech.server, talk: talk!, bePatient: speech.bePatient };
}

/** Until the caller hears something, or it is so. */
export async function answers(
  { rig }: RealtimeCall,
  isSo = () => rig.audio.queuedSamples > 0,
): Promise<void> {
  await until(isSo, 'no answer');
  await settle();
}

/** The caller speaks for `ms`, and the model answers. */
export async function say(call: RealtimeCall, ms = 500): Promise<void> {
  await call.rig.speak(ms);
  await answers(call);
}

/** Time passes, and what comes over sockets meanwhile is played. */
export async function play(rig: Rig, ms: number): Promise<void> {
  for (let passedMs = 0; passedMs < ms; passedMs += STEP_MS) {
    await turnOfTheLoop();
    await rig.pass(STEP_MS);
  }
}

/** Until nothing more comes. */
export async function listen(rig: Rig): Promise<void> {
  for (let quiet = 0, steps = 0; quiet < QUIET_STEPS && steps < 4000; steps += 1) {
    await play(rig, STEP_MS);
    quiet = rig.audio.queuedSamples === 0 ? quiet + 1 : 0;
  }
}

/** What was heard of the model itself, which is loud, in milliseconds. */
export function ownSoundMs(rig: Rig): number {
  const loud = rig.audio.heard.filter(sample => Math.abs(sample) > 2_000).length;
  return (loud * 1000) / RATE_HZ;
}

/** Failures of one provider that open its breaker. */
export const FAILURES = LIMITS.breakerFailures;
