import type { LadderStep, LadderView } from './view.ts';

/** Pixels, at the picture's own size. */
const TIME_WIDTH = 90;
/** Between columns: as far as the texts on their arrows need, within these bounds. */
const LEAST_GAP = 120;
const MOST_GAP = 640;
/** Of a message to oneself. */
const LOOP_WIDTH = 100;
const HEAD_HEIGHT = 56;
const TITLE_HEIGHT = 34;
const NOTE_HEIGHT = 15;
const MARGIN = 24;
/** Of the monospaced font, for texts of these sizes. */
const TITLE_FONT = 12;
const NOTE_FONT = 10.5;
const CHARACTER_SHARE = 0.61;

const COLORS: Readonly<Record<LadderStep['kind'], string>> = {
  request: '#1d4ed8',
  provisional: '#57606a',
  success: '#15803d',
  failure: '#b91c1c',
  report: '#7e22ce',
  gap: '#9a6700',
};

/** A step with its place. */
interface PlacedStep {
  readonly step: LadderStep;
  readonly y: number;
}

/**
 * A ladder as SVG 1.1: a column for each end, an arrow for each message, time running down. Only shapes and text, with
 * no style sheet, script or link, so that it is shown under any content policy.
 */
export function drawLadder(view: LadderView): string {
  const { startMs, columns, steps } = view;
  const placed: PlacedStep[] = [];
  let bottom = HEAD_HEIGHT;
  for (const step of steps) {
    placed.push({ step, y: bottom + TITLE_HEIGHT - 10 });
    bottom += TITLE_HEIGHT + step.notes.length * NOTE_HEIGHT;
  }
  const places = placeColumns(view);
  const width = Math.ceil(Math.max(0, ...places.values()) + nameWidth(columns.at(-1)) / 2 + LOOP_WIDTH);
  const height = bottom + MARGIN;
  const xOf = (end: string) => places.get(end) ?? 0;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"`,
    ` font-family="ui-monospace, 'DejaVu Sans Mono', monospace" font-size="${TITLE_FONT}">`,
    `<title>${escapeText(`Ladder from ${new Date(startMs).toISOString()}`)}</title>`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    ...columns.map(column => drawColumn(column, xOf(column), height)),
    ...placed.map(({ step, y }) => drawTime(step, y, startMs) + drawStep(step, y, xOf)),
    '</svg>\n',
  ].join('\n');
}

/** Where each column stands, by its name. */
function placeColumns({ columns, steps }: LadderView): Map<string, number> {
  const places = new Map<string, number>();
  let x = TIME_WIDTH + nameWidth(columns[0]) / 2;
  for (const [at, column] of columns.entries()) {
    places.set(column, x);
    const next = columns[at + 1];
    const between = steps.filter(
      ({ from, to }) => (from === column && to === next) || (from === next && to === column),
    );
    const texts = Math.max(0, ...between.map(textWidth)) + MARGIN;
    const names = (nameWidth(column) + nameWidth(next)) / 2 + MARGIN;
    x += Math.min(Math.max(texts, names, LEAST_GAP), MOST_GAP);
  }
  return places;
}

function nameWidth(name = ''): number {
  return name.length * TITLE_FONT * CHARACTER_SHARE;
}

function textWidth(step: LadderStep): number {
  const note = Math.max(0, ...step.notes.map(({ length }) => length));
  return Math.max(labelOf(step).length * TITLE_FONT, note * NOTE_FONT) * CHARACTER_SHARE + MARGIN;
}

/** Datagrams are the rule, other ways are told. */
function labelOf({ title, protocol, isRepeated }: LadderStep): string {
  const way = protocol === 'TCP' || protocol === 'TLS' ? ` ${protocol}` : '';
  return `${title}${way}${isRepeated ? ' (again)' : ''}`;
}

function drawColumn(name: string, x: number, height: number): string {
  return (
    `<line x1="${x}" y1="${HEAD_HEIGHT - 12}" x2="${x}" y2="${height - MARGIN / 2}" stroke="#d0d7de"/>` +
    text(name, { x, y: HEAD_HEIGHT - 22, size: TITLE_FONT, anchor: 'middle', fill: '#1f2328', bold: true })
  );
}

function drawTime({ atMs }: LadderStep, y: number, startMs: number): string {
  const time = `+${((atMs - startMs) / 1000).toFixed(3)}`;
  return text(time, { x: TIME_WIDTH - 14, y: y + 4, size: NOTE_FONT, anchor: 'end', fill: '#57606a' });
}

function drawStep(step: LadderStep, y: number, xOf: (end: string) => number): string {
  const { kind, from, to, title, notes, isRepeated } = step;
  const fill = COLORS[kind];
  if (from === null || to === null)
    return text(`⋮ ${title}`, { x: TIME_WIDTH, y: y + 4, size: TITLE_FONT, anchor: 'start', fill });
  const [start, end] = [xOf(from), xOf(to) + (from === to ? LOOP_WIDTH : 0)];
  const room = Math.abs(end - start);
  const middle = { x: (start + end) / 2, anchor: 'middle' } as const;
  const notesText = notes.map((note, at) => {
    const noteY = y + 14 + at * NOTE_HEIGHT;
    return text(fit(note, room, NOTE_FONT), { ...middle, y: noteY, size: NOTE_FONT, fill: '#57606a' });
  });
  return (
    text(fit(labelOf(step), room, TITLE_FONT), { ...middle, y: y - 6, size: TITLE_FONT, fill }) +
    drawArrow(start, end, y, fill, isRepeated || kind === 'report') +
    notesText.join('')
  );
}

function drawArrow(start: number, end: number, y: number, color: string, isDashed: boolean): string {
  const back = end > start ? -8 : 8;
  const dash = isDashed ? ' stroke-dasharray="5 4"' : '';
  return (
    `<line x1="${start}" y1="${y}" x2="${end + back / 2}" y2="${y}" stroke="${color}" stroke-width="1.4"${dash}/>` +
    `<path d="M${end} ${y}l${back} -4v8z" fill="${color}"/>`
  );
}

interface TextPlace {
  readonly x: number;
  readonly y: number;
  readonly size: number;
  readonly anchor: 'start' | 'middle' | 'end';
  readonly fill: string;
  readonly bold?: boolean;
}

/** A text with an outline of the background's colour, which keeps it readable across lines. */
function text(content: string, { x, y, size, anchor, fill, bold = false }: TextPlace): string {
  const weight = bold ? ' font-weight="600"' : '';
  return (
    `<text x="${x}" y="${y}" font-size="${size}" text-anchor="${anchor}" fill="${fill}"${weight} ` +
    `stroke="#ffffff" stroke-width="3" paint-order="stroke">${escapeText(content)}</text>`
  );
}

/** A text cut to a width in pixels. */
function fit(content: string, width: number, fontSize: number): string {
  const most = Math.floor((width - 16) / (fontSize * CHARACTER_SHARE));
  const characters = [...content];
  return characters.length <= most ? content : `${characters.slice(0, most - 1).join('')}…`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escapeText(content: string): string {
  return content.replace(/[&<>"']/g, character => ENTITIES[character] ?? '');
}
