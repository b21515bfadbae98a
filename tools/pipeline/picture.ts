import { basename } from 'node:path';
import { drawText, fitText, LINE_HEIGHT, textWidth } from '../../bench/caller/lettering.ts';
import { Canvas } from '../../bench/caller/png.ts';
import type { Examination } from './examine.ts';
import { COLOURS, LEFT, PictureRow } from './picture_row.ts';
import { ROW_COLUMNS, rowMsFor } from './picture_size.ts';

const RIGHT = 20;
const WIDTH = LEFT + ROW_COLUMNS + RIGHT;
const ROWS_PER_PAGE = 6;
const LINE = LINE_HEIGHT + 2;
const ROW_GAP = 14;
/** Where the columns of the table of stages end, or begin. */
const TABLE = { name: LEFT, numbers: LEFT + 220, step: 90 };

/**
 * An examination as pictures (PNG), as many as its length asks for: two minutes each. `withCosts` shows what the stages
 * took, which is never the same twice.
 */
export function* drawPictures(found: Examination, withCosts = true): Generator<Buffer> {
  const rowMs = rowMsFor(found.durationMs);
  const rows = Math.max(1, Math.ceil(found.durationMs / rowMs));
  for (let first = 0; first < rows; first += ROWS_PER_PAGE) {
    const count = Math.min(ROWS_PER_PAGE, rows - first);
    const rowHeight = PictureRow.height(found) + ROW_GAP;
    const headHeight = LINE * (found.stages.length + 6);
    const canvas = new Canvas(WIDTH, headHeight + count * rowHeight, COLOURS.background);
    drawHead(canvas, found, withCosts);
    for (let i = 0; i < count; i += 1) {
      new PictureRow(canvas, found, (first + i) * rowMs, rowMs, headHeight + i * rowHeight).draw();
    }
    yield canvas.toPng();
  }
}

/** Which recording, which chain, and what each stage did. */
function drawHead(canvas: Canvas, found: Examination, withCosts: boolean): void {
  const names = found.files.map(({ file }) => basename(file)).join(' and ');
  const kiloHertz = found.rateHz / 1000;
  const title = `${names}: ${(found.durationMs / 1000).toFixed(1)} s, pipeline at ${kiloHertz} kHz, ${found.delayMs} ms late`;
  drawText(canvas, LEFT, 8, fitText(title, WIDTH - LEFT - RIGHT), COLOURS.text);
  const top = 8 + 2 * LINE;
  const titles = [
    'active dB',
    'floor dB',
    'peak dB',
    'clipped',
    'delay ms',
    ...(withCosts ? ['us/10 ms'] : []),
  ];
  drawText(canvas, TABLE.name, top, 'behind the stage', COLOURS.faint);
  drawNumbers(canvas, top, titles);
  canvas.fill(
    TABLE.name,
    top + LINE_HEIGHT,
    TABLE.numbers + titles.length * TABLE.step - LEFT,
    1,
    COLOURS.grid,
  );
  const rows = [
    { name: 'as it came', levels: found.near.levels, costUs: undefined, delayMs: 0, changes: true },
    ...found.stages,
    ...(withCosts ? [sharedWork(found)] : []),
  ];
  for (const [i, { name, levels, costUs, delayMs, changes }] of rows.entries()) {
    const y = top + (i + 1) * LINE;
    const numbers = changes
      ? [
          levels.activeDb.toFixed(1),
          levels.floorDb.toFixed(1),
          levels.peakDb.toFixed(1),
          String(levels.clipped),
        ]
      : ['', '', '', ''];
    const cost = withCosts ? (costUs?.median.toFixed(2) ?? '') : '';
    const delay = delayMs === 0 ? '' : String(delayMs);
    drawText(canvas, TABLE.name, y, name, changes ? COLOURS.text : COLOURS.faint);
    drawNumbers(canvas, y, [...numbers, delay, cost]);
  }
}

/** Its mean: most frames have no window to judge. */
function sharedWork({ near, sharedCostUs }: Examination) {
  const costUs = { median: sharedCostUs.mean };
  return { name: 'work that calls share', levels: near.levels, costUs, delayMs: 0, changes: false };
}

function drawNumbers(canvas: Canvas, y: number, texts: readonly string[]): void {
  for (const [i, text] of texts.entries()) {
    const end = TABLE.numbers + (i + 1) * TABLE.step;
    drawText(canvas, end - textWidth(text), y, text, COLOURS.text);
  }
}
