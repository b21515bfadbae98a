import { rounded } from './cost.ts';
import { type Measured, mbPerCallOf, pctCorePerCallOf } from './measured.ts';

const TABLE_BEGINS = '<!-- measured: begins -->';
const TABLE_ENDS = '<!-- measured: ends -->';

/** The measured constants as Markdown, each with the bench that it is from; the note has it between its two marks. */
export function constantsTable(measured: Measured): string {
  const { density, killedGapMs, hungGapMs } = measured;
  const percent = (value: number): string => `${rounded(value, 3)} % of a core`;
  const rows: readonly (readonly [string, string, string])[] = [
    [
      'a call, everything on',
      density === undefined ? 'not known: no number was in time yet' : percent(density.pctCorePerCall),
      'density: pctCorePerCall',
    ],
    [
      'memory of a call',
      density === undefined ? 'not known: no number was in time yet' : `${density.mbPerCall} MB`,
      'density: mbPerCall',
    ],
    [
      'most calls of one media process in time',
      density === undefined ? 'not known: no number was in time yet' : String(density.calls),
      'density: calls',
    ],
    ['carrying a call without speech work', percent(measured.carryPct), 'sip: pctCorePerCall.edge'],
    [
      'what the bench sip leaves out: echo, noise, level, comfort noise, judging of voices',
      percent(measured.speechPct),
      'pipeline: usPerFrame, at 1,000 calls',
    ],
    ['a set-up', `${rounded(measured.usPerSetup / 1000, 2)} ms of a core`, 'sip: usPerSetup'],
    ['set-ups a second and core', String(measured.setupsPerCoreS), 'sip: cpsPerCore'],
    ['gap when a media process is killed, p95', `${killedGapMs.p95} ms`, 'takeover: mediaKilled'],
    ['gap when it hangs, p95', `${hungGapMs.p95} ms`, 'takeover: mediaHung'],
    [
      'calls lost with a media process',
      `${measured.lostAtTakeover} of ${measured.takenOver}, so at most ${measured.lostAtMostPct} % (95 %)`,
      'takeover: lost',
    ],
    [
      'gap when a node is lost, p95',
      measured.nodeGapP95Ms === undefined
        ? 'not measured: its calls are lost'
        : `${measured.nodeGapP95Ms} ms`,
      'survive: nodeGapP95Ms',
    ],
    ['**used here: a call**', percent(pctCorePerCallOf(measured)), sourceOf(measured)],
    [
      '**used here: its memory**',
      `${mbPerCallOf(measured)} MB`,
      density === undefined ? 'assumed' : 'density',
    ],
  ];
  return [['what', 'figure', 'bench: key'], ['---', '---', '---'], ...rows]
    .map(cells => `| ${cells.join(' | ')} |`)
    .join('\n');
}

function sourceOf({ density }: Measured): string {
  return density === undefined
    ? 'sip + pipeline + an assumed 0.15 % for conversation and services'
    : 'density';
}

/** The note with the table of today's results in it. */
export function withTable(note: string, measured: Measured): string {
  const begins = note.indexOf(TABLE_BEGINS);
  const ends = note.indexOf(TABLE_ENDS);
  if (begins < 0 || ends < begins) throw new Error('the note has no marks around its table');
  return `${note.slice(0, begins + TABLE_BEGINS.length)}\n${constantsTable(measured)}\n${note.slice(ends)}`;
}
