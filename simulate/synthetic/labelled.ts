import type { Verdict } from '../check/judge.ts';
import type { Truth } from '../scenario/truth.ts';

/** One line of the JSONL files: a call as it went, with what was true. simulate/README.md explains the keys. */
export interface LabelledCall {
  readonly id: string;
  readonly workflow: string;
  readonly seed: number;
  readonly persona: string;
  /** What the caller wanted, and whether they got it. */
  readonly aim: string;
  readonly wanted: readonly string[];
  readonly outcome: string | null;
  readonly completed: boolean;
  readonly turns: readonly {
    readonly by: 'agent' | 'caller';
    readonly text: string;
    /** What the recogniser made of it. */
    readonly heard?: string | undefined;
    readonly confidence?: number | undefined;
  }[];
  /** What the caller knew, by slot and fact: the ground truth. */
  readonly truth: Readonly<Record<string, Truth>>;
  /** What the agent wrote down. */
  readonly slots: Readonly<Record<string, Truth>>;
  readonly wrongSlots: readonly string[];
  readonly intents: readonly string[];
}

/** One line of the application forms: what was written down, and what was true, without the talk. */
export interface LabelledForm {
  readonly id: string;
  readonly workflow: string;
  readonly persona: string;
  readonly outcome: string | null;
  readonly fields: Readonly<Record<string, { readonly value: Truth | null; readonly truth: Truth | null }>>;
}

export function labelledCall({ conversation, aim, wanted, completed, slots }: Verdict): LabelledCall {
  const { workflow, persona, seed, outcome, turns, truths, effects } = conversation;
  return {
    id: idOf(conversation),
    workflow,
    seed,
    persona,
    aim,
    wanted,
    outcome: outcome ?? null,
    completed,
    turns: turns.map(({ by, text, heard, confidence }) => ({
      by,
      text,
      heard,
      confidence: confidence && Math.round(confidence * 1000) / 1000,
    })),
    truth: known(truths),
    slots: conversation.slots,
    wrongSlots: slots.wrong.map(({ slot }) => slot),
    intents: effects.flatMap(({ effect }) => (effect.type === 'intent' ? effect.intent : [])),
  };
}

export function labelledForm({ conversation }: Verdict): LabelledForm {
  const { workflow, persona, outcome, truths, slots } = conversation;
  const names = [...new Set([...Object.keys(slots), ...Object.keys(known(truths))])];
  return {
    id: idOf(conversation),
    workflow,
    persona,
    outcome: outcome ?? null,
    fields: Object.fromEntries(
      names.map(name => [name, { value: slots[name] ?? null, truth: truths[name] ?? null }]),
    ),
  };
}

function idOf({ workflow, persona, seed }: Verdict['conversation']): string {
  return `${workflow}-${persona}-${seed}`;
}

function known(truths: Verdict['conversation']['truths']): Readonly<Record<string, Truth>> {
  return Object.fromEntries(
    Object.entries(truths).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}
