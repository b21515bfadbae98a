import type { LadderStep, LadderView } from './view.ts';

/** A ladder as plain text: each step with its way and time, and the whole message below it. */
export function writeLadder({ startMs, steps }: LadderView): string {
  const head = `Begins ${new Date(startMs).toISOString()}; seconds since then.\n`;
  return `${head}${steps.map(step => `\n${writeStep(step, startMs)}`).join('')}`;
}

function writeStep(
  { atMs, from, to, protocol, title, notes, isRepeated, lines }: LadderStep,
  startMs: number,
): string {
  const time = ((atMs - startMs) / 1000).toFixed(3).padStart(9);
  const way = from === null ? '' : `${from} ──${protocol}──▶ ${to}  `;
  const head = `${time}  ${way}${title}${isRepeated ? ' (sent again)' : ''}`;
  return `${[head, ...notes.map(note => `· ${note}`), ...lines]
    .map((line, at) => (at === 0 ? line : indent(line)))
    .join('\n')}\n`;
}

function indent(line: string): string {
  return `           ${line}`.trimEnd();
}
