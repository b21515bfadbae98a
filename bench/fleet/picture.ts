import { drawText, textWidth } from '../caller/lettering.ts';
import { Canvas, type Colour } from '../caller/png.ts';
import { REGIONS } from './assumptions.ts';
import type { Sample } from './tally.ts';

const WIDTH = 940;
const LANE = { height: 170, top: 26, gap: 30 };
const MARGIN = { left: 62, right: 18, top: 30 };
const HOURS = 24;
const HOUR_S = 3600;
const GRID_LINES = 4;
const COLOURS = { background: 0xffffff, grid: 0xe6e8eb, text: 0x2b3440, faint: 0x6b7682 } as const;
const REGION_COLOURS: readonly Colour[] = [0x1f6fc4, 0xc77700, 0x2a8a4a];
const CALLS: Colour = 0x1f6fc4;
const SLOTS: Colour = 0x7b3fb5;
const REFUSED: Colour = 0xc62828;
const LOST: Colour = 0x2b3440;

interface Line {
  readonly name: string;
  readonly colour: Colour;
  readonly of: (sample: Sample) => number;
  readonly isFilled?: boolean;
}

interface Lane {
  readonly title: string;
  readonly lines: readonly Line[];
}

/** Calls and capacity over the day, of all and of each region; beneath, what was refused and lost in each minute. */
export function drawDay(samples: readonly Sample[]): Buffer {
  const lanes: readonly Lane[] = [
    {
      title: 'all regions',
      lines: [
        { name: 'calls', colour: CALLS, of: ({ calls }) => calls, isFilled: true },
        { name: 'slots of nodes that take calls', colour: SLOTS, of: ({ slots }) => slots },
      ],
    },
    {
      title: 'by region: calls (filled) and slots',
      lines: REGIONS.flatMap(({ name }, at) => {
        const colour = REGION_COLOURS[at % REGION_COLOURS.length]!;
        return [
          { name, colour, of: (sample: Sample) => sample.callsByRegion[at]!, isFilled: true },
          { name: '', colour, of: (sample: Sample) => sample.slotsByRegion[at]! },
        ];
      }),
    },
    {
      title: 'in each minute',
      lines: [
        { name: 'refused', colour: REFUSED, of: ({ refused }) => refused },
        { name: 'lost', colour: LOST, of: ({ lost }) => lost },
      ],
    },
  ];
  const laneHeight = LANE.height + LANE.top + LANE.gap;
  const canvas = new Canvas(WIDTH, MARGIN.top + lanes.length * laneHeight, COLOURS.background);
  drawText(canvas, MARGIN.left, 10, 'A day of calls over three regions; hours in UTC', COLOURS.text);
  for (const [at, lane] of lanes.entries()) drawLane(canvas, MARGIN.top + at * laneHeight, lane, samples);
  return canvas.toPng();
}

function drawLane(canvas: Canvas, top: number, { title, lines }: Lane, samples: readonly Sample[]): void {
  const most = niceMost(
    samples.reduce((high, sample) => Math.max(high, ...lines.map(line => line.of(sample))), 1),
  );
  const width = WIDTH - MARGIN.left - MARGIN.right;
  const x = (atS: number): number => MARGIN.left + (atS / (HOURS * HOUR_S)) * width;
  const y = (value: number): number => top + LANE.top + LANE.height * (1 - value / most);
  drawLegend(canvas, top + 6, title, lines);
  for (let line = 0; line <= GRID_LINES; line += 1) {
    const value = (most * line) / GRID_LINES;
    canvas.fill(MARGIN.left, y(value), width, 1, COLOURS.grid);
    const label = String(value);
    drawText(canvas, MARGIN.left - textWidth(label) - 6, y(value) - 4, label, COLOURS.faint);
  }
  for (let hour = 0; hour <= HOURS; hour += 2) {
    canvas.fill(x(hour * HOUR_S), y(0), 1, 4, COLOURS.faint);
    drawText(canvas, x(hour * HOUR_S) - 6, y(0) + 8, String(hour), COLOURS.faint);
  }
  for (const line of lines) drawLine(canvas, samples, line, x, y);
}

function drawLegend(canvas: Canvas, y: number, title: string, lines: readonly Line[]): void {
  drawText(canvas, MARGIN.left, y, title, COLOURS.text);
  let x = MARGIN.left + textWidth(title) + 24;
  for (const { name, colour } of lines) {
    if (name === '') continue;
    canvas.fill(x, y, 7, 7, colour);
    drawText(canvas, x + 11, y, name, COLOURS.faint);
    x += textWidth(name) + 30;
  }
}

function drawLine(
  canvas: Canvas,
  samples: readonly Sample[],
  line: Line,
  x: (atS: number) => number,
  y: (value: number) => number,
): void {
  let last: number | undefined;
  for (const sample of samples) {
    const left = x(sample.atS);
    const height = y(line.of(sample));
    if (line.isFilled === true) canvas.fill(left, height, 1, y(0) - height, line.colour, 0.12);
    const from = Math.min(height, last ?? height);
    canvas.fill(left, from, 1, Math.max(1, Math.abs(height - (last ?? height))), line.colour);
    canvas.fill(left, height - 1, 1, 2, line.colour);
    last = height;
  }
}

/** 1, 2, 4 or 8 times a power of ten: quarters of it are round. */
function niceMost(most: number): number {
  const power = 10 ** Math.floor(Math.log10(most));
  const step = [1, 2, 4, 8, 10, 20].find(times => times * power >= most)!;
  return Math.max(4, step * power);
}
