import type { Verdict } from '../check/judge.ts';
import { summarise } from './summary.ts';
import { isFaulty } from './table.ts';

const STYLE = `body{font:15px/1.45 system-ui,sans-serif;margin:2rem auto;max-width:70rem;padding:0 1rem;color:#222}
table{border-collapse:collapse}td,th{padding:.2rem .7rem;text-align:left;border-bottom:1px solid #ddd}
details{margin:.3rem 0;border:1px solid #ddd;border-radius:.4rem;padding:.3rem .8rem}summary{cursor:pointer}
.agent,.caller{padding:.1rem 0 .1rem 4.2rem;text-indent:-4.2rem}.agent{color:#124}.caller{color:#631}
.agent b,.caller b{display:inline-block;width:4.2rem;text-indent:0;font-weight:600;font-size:.85em}.heard{color:#888;font-size:.85em}.fault{color:#b00020}`;

const HEADS = [
  'Workflow',
  'Calls',
  'Completed',
  'Slots right',
  'Required fields',
  'Violations',
  'Turns',
  'To look into',
];

/** One page with all figures and all transcripts; nothing in it is loaded from elsewhere. */
export function htmlReport(verdicts: ReadonlyMap<string, readonly Verdict[]>): string {
  const heads = HEADS.map(head => `<th>${head}</th>`).join('');
  const rows = [...verdicts].map(([name, own]) => row(name, own)).join('');
  const parts = [...verdicts].map(
    ([name, own]) =>
      `<h2 id="${text(name)}">${text(name)}</h2>${figures(own)}${faultyFirst(own).map(call).join('')}`,
  );
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Simulated callers</title><style>${STYLE}</style><h1>Simulated callers</h1><table><tr>${heads}</tr>${rows}</table>${parts.join('')}</html>\n`;
}

function row(name: string, verdicts: readonly Verdict[]): string {
  const { calls, completionPct, slotAccuracyPct, requiredPct, violations, turnsMean } = summarise(verdicts);
  const faulty = verdicts.filter(isFaulty).length;
  const shares = [completionPct, slotAccuracyPct, requiredPct].map(share => `${share} %`);
  const cells = [calls, ...shares, violations, turnsMean, faulty].map(cell => `<td>${cell}</td>`);
  return `<tr><td><a href="#${text(name)}">${text(name)}</a></td>${cells.join('')}</tr>`;
}

function figures(verdicts: readonly Verdict[]): string {
  const { outcomes, violationsByRule } = summarise(verdicts);
  const broken = counted(violationsByRule);
  return `<p>Outcomes: ${text(counted(outcomes))}.${broken === '' ? '' : ` <span class="fault">Rules broken: ${text(broken)}.</span>`}</p>`;
}

function counted(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .map(([name, count]) => `${name} ${count}`)
    .join(', ');
}

function faultyFirst(verdicts: readonly Verdict[]): readonly Verdict[] {
  return verdicts.toSorted((a, b) => Number(isFaulty(b)) - Number(isFaulty(a)));
}

function call(verdict: Verdict): string {
  const { conversation, slots, violations, completed, aim, wanted } = verdict;
  const { persona, seed, outcome, endedBy, turns } = conversation;
  const ended = outcome ?? `ended by ${endedBy}`;
  const faults = [
    ...(aim === 'goal' && !completed ? [`${ended}, where ${wanted.join(' or ')} was wanted`] : []),
    ...slots.wrong.map(({ slot, value, truth }) => `${slot} is ${value}, not ${truth}`),
    ...violations.map(
      ({ rule, turn, detail }) =>
        `${rule}${turn === undefined ? '' : ` in the agent's turn ${turn + 1}`}: ${detail}`,
    ),
  ].map(fault => `<div class="fault">${text(fault)}</div>`);
  const mark = faults.length > 0 ? ' class="fault"' : '';
  const head = `<summary${mark}>${text(persona)}, seed ${seed}: ${text(ended)}, ${turns.length} turns</summary>`;
  const lines = turns.map(turn => {
    const heard =
      turn.heard === undefined
        ? turn.cutInto
          ? ' <span class="heard">(spoken into)</span>'
          : ''
        : ` <span class="heard">${text(turn.heard)} (${turn.confidence?.toFixed(2)})</span>`;
    return `<div class="${turn.by}"><b>${turn.by}</b> ${text(turn.text === '' ? '(silence)' : turn.text)}${heard}</div>`;
  });
  return `<details>${head}${faults.join('')}${lines.join('')}</details>`;
}

function text(plain: string): string {
  return plain
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
