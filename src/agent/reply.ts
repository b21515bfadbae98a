import type { Recognition } from '../providers/types.ts';
import type { FlowEffect, Heard } from '../workflow/types.ts';
import { withoutCard } from '../workflow/understand/intents/mask_card.ts';
import type { AgentSpeech } from './agent_speech.ts';
import type { CallRecord } from './call_record.ts';
import type { CallerTurn } from './caller_turn.ts';
import type { Holding } from './holding.ts';
import type { CallRecording } from './ports.ts';
import type { Response } from './responder.ts';

/** The caller's side of an exchange: what was heard, and its row of the latency ledger as far as it is known. */
export interface Answered {
  readonly turn: CallerTurn;
  readonly lastSoundMs: number;
  readonly endOfTurnMs: number;
  recognition?: Recognition;
  sttFinalMs?: number;
  /** Said to the caller meanwhile. */
  holding?: Holding;
}

/**
 * The agent's side of an exchange, from the end of the caller's turn until the last word was heard or cut. Until its
 * first word was heard it is a draft: the caller who goes on speaking takes it back, and nothing has happened.
 */
export interface Reply {
  /** Keys in place of speech, for the transcript. */
  readonly keys?: string;
  readonly answered?: Answered;
  /** Last words before the line is hung up, whatever the workflow's state. */
  readonly last?: true;
  response?: Response;
  speech?: AgentSpeech;
  stands: boolean;
  firstFrameMs?: number;
  /** Of the caller's turn, in the latency ledger. */
  ledgerTurn?: number;
}

/** A turn that reached its longest is over, whatever follows; keys are never unsaid. */
export function canTakeBack({ answered, keys }: Reply, maxTurnMs: number): boolean {
  return answered === undefined ? keys === undefined : answered.turn.durationMs < maxTurnMs;
}

export function isInterruptible(reply: Reply | undefined): boolean {
  const step = reply?.response?.step;
  return step === undefined || (step.interruptible && !step.state.done);
}

/** No further sentence, and nothing more under way for it; what is queued may still be heard. */
export function drop({ speech, response }: Reply): void {
  speech?.stop();
  response?.drop();
}

/** What the recogniser's final is to the workflow. */
export function heardSpeech(recognition: Recognition): Heard {
  return {
    type: 'speech',
    text: recognition.text,
    confidence: recognition.confidence,
    alternatives: recognition.alternatives.map(alternative => alternative.text),
  };
}

/** Writes down what the caller said, and was told until it was known, as soon as it is certain that this was all of it. */
export function recordCaller(record: CallRecord, reply: Reply, nowMs: number): void {
  const { answered, keys } = reply;
  if (keys !== undefined) {
    record.append('turn.caller', {
      turn: record.nextTurn(),
      text: keys,
      startMs: nowMs,
      endMs: nowMs,
      confidence: 1,
    });
  }
  if (answered?.recognition !== undefined) {
    const turn = record.nextTurn();
    record.append('turn.caller', {
      turn,
      text: answered.turn.written,
      startMs: answered.turn.onsetMs,
      endMs: answered.lastSoundMs,
      confidence: answered.recognition.confidence,
    });
    recordLatency(record, turn, reply, answered);
  }
  answered?.holding?.record(record);
}

function recordLatency(record: CallRecord, turn: number, reply: Reply, answered: Answered): void {
  const { firstFrameMs, speech } = reply;
  const firstTokenMs = reply.response?.firstTokenMs;
  const [firstWordMs, firstAudioMs] = [speech?.firstSentenceMs, speech?.firstSoundMs];
  const { lastSoundMs, endOfTurnMs, sttFinalMs } = answered;
  const by = reply.response?.by;
  const heardBy = by?.heard ?? answered.turn.heardBy;
  const spokenBy = by?.spoken ?? speech?.spokenBy;
  if (sttFinalMs === undefined || firstWordMs === undefined) return;
  if (firstAudioMs === undefined || firstFrameMs === undefined) return;
  reply.ledgerTurn = turn;
  record.append('turn.latency', {
    turn,
    lastSoundMs,
    endOfTurnMs,
    sttFinalMs,
    ...(firstTokenMs !== undefined && { firstTokenMs }),
    firstWordMs,
    firstAudioMs,
    firstFrameMs,
    ...(heardBy && { heardBy }),
    ...(by?.thought && { thoughtBy: by.thought }),
    ...(spokenBy && { spokenBy }),
  });
}

/** Writes down who went on with an answer where whoever began it failed, which is known when it is over. */
export function recordTakeover(record: CallRecord, { ledgerTurn, response, speech }: Reply): void {
  const { thoughtThen: thought = [], spoken, isTakenOver = false } = response?.by ?? {};
  const voices = speech?.voices ?? [];
  // A voice beside a model's own one says the workflow's words, unless that model failed.
  const spoke = spoken === undefined ? voices.slice(1) : isTakenOver ? voices : [];
  if (ledgerTurn === undefined || thought.length + spoke.length === 0) return;
  record.append('turn.takenOver', { turn: ledgerTurn, thought, spoke });
}

/** Writes down what was heard of the agent; nothing heard, nothing said. */
export function recordAgent(
  record: CallRecord,
  reply: Reply,
  heard: { readonly text: string; readonly endMs: number; readonly interrupted: boolean },
): void {
  if (heard.text === '') return;
  record.append('turn.agent', {
    turn: record.nextTurn(),
    text: heard.text,
    startMs: Math.min(reply.firstFrameMs ?? reply.speech?.firstSoundMs ?? heard.endMs, heard.endMs),
    endMs: heard.endMs,
    interrupted: heard.interrupted,
  });
}

/** Writes down what the caller said last where the answer was not heard any more; what they wanted counts all the same. */
export function recordUnanswered(
  record: CallRecord,
  recording: CallRecording,
  reply: Reply,
  nowMs: number,
): void {
  recordCaller(record, reply, nowMs);
  const effects = reply.response?.step.effects ?? [];
  recordEffects(
    record,
    recording,
    effects.filter(({ type }) => type === 'intent'),
    nowMs,
  );
}

/** Makes facts of a step's effects. */
export function recordEffects(
  record: CallRecord,
  recording: CallRecording,
  effects: readonly FlowEffect[],
  mediaMs: number,
): void {
  for (const effect of effects) {
    switch (effect.type) {
      case 'slotSet': {
        const { slot, value, confirmed, sensitive } = effect;
        record.append('slot.set', { slot, value, confirmed, sensitive });
        break;
      }
      case 'consent':
        record.append('consent.recorded', { kind: effect.kind, granted: effect.granted, mediaMs });
        if (effect.granted) recording.start();
        else recording.stop();
        break;
      case 'quote':
        record.append('quote.made', { ...effect.quote, lines: [...effect.quote.lines] });
        break;
      case 'handedOver':
        record.append('call.handedOver', {
          from: effect.from,
          to: effect.to,
          version: effect.version,
          mediaMs,
        });
        break;
      case 'outcome':
        record.append('call.outcome', { outcome: effect.outcome });
        break;
      case 'intent':
        record.append('intent.heard', { intent: effect.intent, mediaMs });
        break;
      case 'webhook':
        record.append('effect.wanted', {
          effect: effect.id,
          workflow: effect.workflow,
          tool: effect.tool,
          arguments: withoutCard(JSON.stringify(effect.args)),
        });
        break;
      case 'topic': {
        const { topic, kind, count } = effect;
        record.append('topic.heard', { topic, kind, count, mediaMs });
        break;
      }
      case 'scored':
        record.append('score.made', { score: effect.score, value: effect.value });
        break;
      case 'escalated':
        record.append('call.escalated', { rule: effect.rule, mediaMs });
        break;
      // Its runs are on record.
      case 'acted':
        break;
      default:
        effect satisfies never;
    }
  }
}
