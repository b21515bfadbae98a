import { ModelResponder } from '../agent/model/model_responder.ts';
import { TalkMemory } from '../agent/model/talk_memory.ts';
import type { After } from '../agent/ports.ts';
import { RealtimeTalk } from '../agent/realtime/realtime_talk.ts';
import { FlowResponder, type Responder } from '../agent/responder.ts';
import type { ConversationState } from '../agent/resumption.ts';
import type { ToolDesk } from '../agent/tools/tool_desk.ts';
import type { SpeechEngine } from '../providers/speech/types.ts';
import type { Llm, Stt } from '../providers/types.ts';
import type { Flow } from '../workflow/types.ts';

/** Who hears a call's turns, and who answers them. */
export interface Mind {
  readonly ear: Stt;
  readonly responder: Responder;
}

export interface MindParts {
  readonly flow: Flow;
  readonly rateHz: 8000 | 16000;
  readonly stt: Stt;
  readonly llm: Llm | undefined;
  readonly tools: ToolDesk | undefined;
  readonly speech: SpeechEngine | undefined;
  readonly after: After;
  /** Media time in milliseconds. */
  nowMs(): number;
  state(): ConversationState;
  todayIso(): string;
  onFault(error: unknown): void;
}

/** The workflow alone, with a model where there is one, and with one that hears and speaks before that where there is one. */
export function openMind(parts: MindParts): Mind {
  const { flow, stt, llm, speech, after, onFault } = parts;
  const memory = llm && new TalkMemory({ llm, after, onFault });
  const chainOf = (led: Flow) => chain(parts, led, memory);
  if (speech === undefined || flow.talk === undefined) return { ear: stt, responder: chainOf(flow) };
  const hasModel = llm !== undefined;
  const talk = new RealtimeTalk({ ...parts, engine: speech, chainOf, hasModel, memory });
  return { ear: talk.ear, responder: talk };
}

function chain(
  { llm, after, nowMs, tools, onFault }: MindParts,
  flow: Flow,
  memory: TalkMemory | undefined,
): Responder {
  if (llm === undefined || memory === undefined) return new FlowResponder(flow);
  return new ModelResponder({ flow, llm, after, nowMs, memory, onFault, ...(tools && { tools }) });
}
