import type { Verdict } from '../check/judge.ts';
import { summarise, type WorkflowSummary } from './summary.ts';

/** A line for each workflow. */
export function workflowTable(summaries: ReadonlyMap<string, WorkflowSummary>): string {
  const rows = [...summaries].map(([name, one]) => cellsOf(name, one));
  return table([['workflow', ...HEADS], ...rows]);
}

/** A line for each persona of one workflow. */
export function personaTable(verdicts: readonly Verdict[]): string {
  const byPersona = Map.groupBy(verdicts, ({ conversation }) => conversation.persona);
  const rows = [...byPersona].map(([name, own]) => cellsOf(name, summarise(own)));
  return table([['persona', ...HEADS], ...rows]);
}

const HEADS = ['calls', 'completed', 'slots', 'required', 'violations', 'turns', 'ms', 'outcomes'];

function cellsOf(name: string, one: WorkflowSummary): readonly string[] {
  const outcomes = Object.entries(one.outcomes).toSorted((a, b) => b[1] - a[1]);
  return [
    name,
    String(one.calls),
    `${one.completionPct} %`,
    `${one.slotAccuracyPct} %`,
    `${one.requiredPct} %`,
    String(one.violations),
    String(one.turnsMean),
    String(one.msMean),
    outcomes.map(([outcome, count]) => `${outcome} ${count}`).join(', '),
  ];
}

function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map(row => row[column]!.length)));
  return rows
    .map(row =>
      row
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** A call in full: what was said, what was heard otherwise, and what is wrong with it. */
export function transcript({ conversation, wanted, slots, violations }: Verdict): string {
  const { turns, outcome, endedBy, persona, seed } = conversation;
  const lines = turns.map(({ by, text, heard, confidence, cutInto }) => {
    const spokenInto = cutInto ? '   [spoken into]' : '';
    const how = heard === undefined ? spokenInto : `   [${heard}] ${confidence?.toFixed(2)}`;
    return `  ${by === 'agent' ? 'agent ' : 'caller'}  ${text === '' ? '(silence)' : text}${how}`;
  });
  const faults = [
    ...slots.wrong.map(({ slot, value, truth }) => `  wrong: ${slot} is ${value}, not ${truth}`),
    ...violations.map(
      ({ rule, turn, detail }) => `  ${rule}${turn === undefined ? '' : ` (turn ${turn})`}: ${detail}`,
    ),
  ];
  const end = `  ended by ${endedBy} as ${outcome ?? 'nothing'}; wanted ${wanted.join(' or ') || 'nothing'}`;
  return [`${persona}, seed ${seed}`, ...lines, end, ...faults].join('\n');
}

/** Whether there is anything to look into. */
export function isFaulty({ completed, aim, slots, violations }: Verdict): boolean {
  return (aim === 'goal' && !completed) || slots.wrong.length > 0 || violations.length > 0;
}
