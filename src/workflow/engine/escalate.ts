import { LIMITS } from '../../config/limits.ts';
import { holds } from '../condition.ts';
import type { EscalationRule } from '../escalation_schema.ts';
import type { Heard, SlotValue } from '../types.ts';
import { sentimentOf } from '../understand/sentiment.ts';
import { tokensOf } from '../understand/tokens.ts';
import { type Draft, knownOf, stageOf } from './draft.ts';
import { formSlots } from './form.ts';
import type { Memory } from './memory.ts';
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
  if (draft.done || draft.handOff !== undefined || memory.pending.ask === 'person') return;
  const index = program.document.escalation.findIndex(
    (rule, at) => !memory.escalated.includes(at) && rule.to !== draft.stage && applies(draft, rule),
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

function applies(draft: Draft, rule: EscalationRule): boolean {
  const { memory } = draft;
  if ('when' in rule) return holds(rule.when, sureOf(draft));
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
function sureOf(draft: Draft): (name: string) => SlotValue | undefined {
  const stage = stageOf(draft);
  if (stage.kind !== 'form') return knownOf(draft);
  const { doubtful } = draft.memory;
  const open = new Set(
    formSlots(draft).filter(
      slot =>
        draft.slots[slot]?.confirmed === false && (stage.confirm === 'always' || doubtful.includes(slot)),
    ),
  );
  const slots = Object.fromEntries(Object.entries(draft.slots).filter(([name]) => !open.has(name)));
  return knownOf({ ...draft, slots });
}

/** Nobody is asked what is not waited for. */
function takeQuestionBack({ say, memory: { asked } }: Draft): void {
  const from = say.length - asked.length;
  if (from >= 0 && asked.every((sentence, at) => say[from + at] === sentence)) say.length = from;
}

function kindOf(rule: EscalationRule): string {
  return ['when', 'misses', 'confidenceBelow', 'sentiment', 'objections'].find(kind => kind in rule) ?? '';
}
