import type { Spread } from '../caller/report.ts';
import type { Posture } from '../posture.ts';
import type { Interruptions } from './interruption.ts';
import type { Beside, Skipped } from './livekit/beside.ts';
import type { OwnFigures } from './own_turns.ts';
import type { ProcessesUsed } from './processes_used.ts';
import type { Delays } from './services.ts';
import type { TurnFigures } from './turn_figures.ts';

export interface LatencyRuns {
  readonly fast: OwnFigures;
  readonly usual: OwnFigures | undefined;
  readonly livekit: Beside | Skipped;
}

interface Side extends TurnFigures {
  readonly delays: Delays;
  readonly used: ProcessesUsed;
  readonly firstWords: Interruptions | undefined;
}

/** For people: both sides in one table. */
export function summaryOf({ fast, usual, livekit }: LatencyRuns, posture: Posture): string {
  const { at, cores, cpu, node, kernel, commit } = posture;
  const rows = [row('own', fast), row('own', usual)];
  if (!('skipped' in livekit)) {
    rows.push(
      row('LiveKit, by the pause', livekit),
      row('LiveKit, by the pause', livekit.usual),
      row('LiveKit, by its turn detector', livekit.byDefault),
    );
  }
  return `# Turns on the wire: from the caller's last sound to the agent's first

${at.slice(0, 10)}, ${cores} × ${cpu}, Node ${node}, kernel ${kernel}, commit ${commit}. Milliseconds; delays of the providers are final / first token / first byte.

| | delays | turns | failed | p50 | p95 | first words stop after, p50 / p95 | % of a core for a call |
|---|---|---|---|---|---|---|---|
${rows.filter(line => line !== undefined).join('\n')}

${'skipped' in livekit ? `LiveKit: ${livekit.skipped}.` : listOf(livekit.versions)}
`;
}

function row(name: string, side: Side | undefined): string | undefined {
  if (side === undefined) return undefined;
  const { finalMs, firstTokenMs, firstByteMs } = side.delays;
  const { voiceToVoiceMs, used, turns, missing, unanswered, cutOff, firstWords } = side;
  const cells = [
    name,
    `${finalMs} / ${firstTokenMs} / ${firstByteMs}`,
    turns,
    missing + unanswered + cutOff,
    voiceToVoiceMs?.median ?? '–',
    voiceToVoiceMs?.p95 ?? '–',
    stopOf(firstWords),
    Math.round((used.totalCpuPercent / used.calls) * 10) / 10,
  ];
  return `| ${cells.join(' | ')} |`;
}

function stopOf(firstWords: Interruptions | undefined): string {
  if (firstWords === undefined) return '';
  const { calls, neverStopped, failures } = firstWords;
  const spread: Spread | undefined = firstWords.stopMs;
  const bad = neverStopped + failures.length;
  const told = spread === undefined ? '–' : `${spread.median} / ${spread.p95}`;
  return bad === 0 ? told : `${told} (${bad} of ${calls} calls not)`;
}

function listOf(versions: Beside['versions']): string {
  const parts = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return `LiveKit: ${parts.join(', ')}.`;
}
