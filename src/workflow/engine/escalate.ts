import { LIMITS } from '../../config/limits.ts';
import { holds, type Known } from '../condition.ts';
import type { EscalationRule } from '../escalation_schema.ts';
import type { Heard } from '../types.ts';
import { sentimentOf } from '../understand/sentiment.ts';
import { tokensOf } from '../understand/tokens.ts';
import { talkQuestion } from './ask.ts';
import { type Draft, stageOf } from './draft.ts';
import { formSlots } from './form.ts';
import type { Memory } from './memory.ts';
import { knownIn } from './score.ts';
import { enter } from './stages.ts';

/** Notes how sure the recogniser was, and how the caller took it. */
export function noteTurn({ memory, program }: Draft, heard: Extract<Heard, { type: 'speech' }>): void {
  if (program.document.escalation.length === 0) return;
  const confidence = Number.isFinite(heard.confidence) ? heard.confidence : 0;
  const kept = [...memory.confidences, Math.round(confidence * 100) / 100];
  memory.confidences = kept.slice(-LIMITS.keptConfidences);
  const sentiment = sentimentOf(tokensOf(heard.text) ?? []);
  memory.negative = Math.max(0, memory.negative - sentiment);
}

/** After a turn of the caller: the first rule that holds, and each once in a call, leads elsewhere. */
export function escalate(draft: Draft): void {
  const { memory, program } = draft;
  const isOver = draft.done || draft.handOff !== undefined || memory.pending.ask === 'person';
  if (isOver || program.document.escalation.length === 0) return;
  const sure = sureOf(draft);
  const index = program.document.escalation.findIndex(
    (rule, at) => !memory.escalated.includes(at) && rule.to !== draft.stage && applies(rule, memory, sure),
  );
  const rule = program.document.escalation[index];
  if (rule === undefined) return;
  memory.escalated = [...memory.escalated, index];
  draft.effects.push({ type: 'escalated', rule: kindOf(rule) });
  draft.act = undefined;
  draft.person = undefined;
  takeQuestionBack(draft);
  enter(draft, rule.to);
}

function applies(rule: EscalationRule, memory: Memory, sure: Known): boolean {
  if ('when' in rule) return holds(rule.when, sure);
  if ('misses' in rule) return memory.missed >= rule.misses;
  if ('confidenceBelow' in rule) return isUnsure(memory, rule.confidenceBelow, rule.times);
  if ('sentiment' in rule) return memory.negative >= rule.times;
  return memory.objections >= rule.objections;
}

function isUnsure({ confidences }: Memory, below: number, times: number): boolean {
  const last = confidences.slice(-times);
  return last.length === times && last.every(confidence => confidence < below);
}

/** All that is known but what is still to be read back: it may have been misheard. */
function sureOf(draft: Draft): Known {
  const { doubtful } = draft.memory;
  const stage = stageOf(draft);
  const open = new Set(stage.kind === 'form' ? formSlots(draft) : []);
  const isToConfirm = (name: string): boolean =>
    open.has(name) &&
    draft.slots[name]?.confirmed === false &&
    ((stage.kind === 'form' && stage.confirm === 'always') || doubtful.includes(name));
  return knownIn(draft.program.document, name => (isToConfirm(name) ? undefined : draft.slots[name]?.value));
}

/** Nobody is asked what is not waited for. */
function takeQuestionBack(draft: Draft): void {
  const { say, memory } = draft;
  const asked = memory.pending.ask === 'talk' ? talkQuestion(draft) : memory.asked;
  const from = say.length - asked.length;
  if (from >= 0 && asked.every((sentence, at) => say[from + at] === sentence)) say.length = from;
}

function kindOf(rule: EscalationRule): string {
  return ['when', 'misses', 'confidenceBelow', 'sentiment', 'objections'].find(kind => kind in rule) ?? '';
}
