import type { Verdict } from '../check/judge.ts';
import { summarise } from './summary.ts';
import { isFaulty } from './table.ts';

const STYLE = `body{font:15px/1.45 system-ui,sans-serif;margin:2rem auto;max-width:70rem;padding:0 1rem;color:#222}
table{border-collapse:collapse}td,th{padding:.2rem .7rem;text-align:left;border-bottom:1px solid #ddd}
details{margin:.3rem 0;border:1px solid #ddd;border-radius:.4rem;padding:.3rem .8rem}summary{cursor:pointer}
.agent{color:#124}.caller{color:#631;padding-left:2rem}.heard{color:#888;font-size:.85em}.fault{color:#b00020}`;

/** One page with all figures and all transcripts; nothing in it is loaded from elsewhere. */
export function htmlReport(verdicts: ReadonlyMap<string, readonly Verdict[]>): string {
  const parts = [...verdicts].map(([name, own]) => {
    const { completionPct, slotAccuracyPct, violations, calls, turnsMean } = summarise(own);
    const figures = `${calls} calls, ${completionPct} % completed, ${slotAccuracyPct} % of slots right, ${violations} violations, ${turnsMean} turns`;
    return `<h2>${text(name)}</h2><p>${figures}</p>${own.map(call).join('')}`;
  });
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>Simulated callers</title><style>${STYLE}</style><h1>Simulated callers</h1>${parts.join('')}</html>\n`;
}

function call(verdict: Verdict): string {
  const { conversation, slots, violations } = verdict;
  const { persona, seed, outcome, endedBy, turns } = conversation;
  const faults = [
    ...slots.wrong.map(({ slot, value, truth }) => `${slot} is ${value}, not ${truth}`),
    ...violations.map(({ rule, detail }) => `${rule}: ${detail}`),
  ];
  const mark = isFaulty(verdict) ? ' class="fault"' : '';
  const head = `<summary${mark}>${text(persona)}, seed ${seed}: ${text(outcome ?? endedBy)}, ${turns.length} turns</summary>`;
  const lines = turns.map(turn => {
    const heard =
      turn.heard === undefined
        ? ''
        : ` <span class="heard">${text(turn.heard)} (${turn.confidence?.toFixed(2)})</span>`;
    return `<div class="${turn.by}">${text(turn.text === '' ? '(silence)' : turn.text)}${heard}</div>`;
  });
  return `<details>${head}${lines.join('')}${faults.map(fault => `<div class="fault">${text(fault)}</div>`).join('')}</details>`;
}

function text(plain: string): string {
  return plain
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
