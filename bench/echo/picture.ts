import { drawText } from '../caller/lettering.ts';
import { Canvas, type Colour } from '../caller/png.ts';
import type { JudgedScene } from './judge_scene.ts';
import { SCENE_KINDS, type SceneKind } from './scene.ts';

const WIDTH = 760;
const LANE = { height: 120, top: 22, gap: 26 };
const MARGIN = { left: 56, right: 16, top: 28 };
const MOST_SECONDS = 40;
const MOST_DB = 60;
const GRID_DB = 20;
const COLOURS = { background: 0xffffff, grid: 0xe6e8eb, text: 0x2b3440, faint: 0x6b7682 } as const;
const LINES: readonly Colour[] = [
  0x1f6fc4, 0x2a8a4a, 0xc77700, 0xc62828, 0x7b3fb5, 0x00838f, 0x8d6e63, 0x5f6b78,
];

/** A lane for each kind of scene, a line for each scene: ERLE in each second, as PNG. */
export function drawErle(judged: readonly JudgedScene[]): Buffer {
  const kinds = SCENE_KINDS.filter(kind => judged.some(({ scene }) => scene.kind === kind));
  const laneHeight = LANE.height + LANE.top + LANE.gap;
  const canvas = new Canvas(WIDTH, MARGIN.top + kinds.length * laneHeight, COLOURS.background);
  drawText(canvas, MARGIN.left, 10, 'ERLE in each second of echo, dB', COLOURS.text);
  for (const [index, kind] of kinds.entries()) {
    const scenes = judged.filter(({ scene }) => scene.kind === kind);
    drawLane(canvas, MARGIN.top + index * laneHeight, kind, scenes);
  }
  return canvas.toPng();
}

function drawLane(canvas: Canvas, top: number, kind: SceneKind, scenes: readonly JudgedScene[]): void {
  const longest = Math.max(...scenes.map(({ erlePerSecond }) => erlePerSecond.length));
  const seconds = Math.min(MOST_SECONDS, longest);
  const perSecond = (WIDTH - MARGIN.left - MARGIN.right) / seconds;
  const y = (db: number): number =>
    top + LANE.top + LANE.height * (1 - Math.max(0, Math.min(MOST_DB, db)) / MOST_DB);
  drawText(canvas, MARGIN.left, top + 8, kind, COLOURS.text);
  for (let db = 0; db <= MOST_DB; db += GRID_DB) {
    canvas.fill(MARGIN.left, y(db), perSecond * seconds, 1, COLOURS.grid);
    drawText(canvas, 24, y(db) - 4, String(db), COLOURS.faint);
  }
  for (let second = 0; second <= seconds; second += 5) {
    drawText(canvas, MARGIN.left + second * perSecond - 6, y(0) + 8, `${second} s`, COLOURS.faint);
  }
  for (const [index, { erlePerSecond }] of scenes.entries()) {
    const points = erlePerSecond.slice(0, seconds).map((db, second) => ({
      x: MARGIN.left + (second + 0.5) * perSecond,
      y: db === undefined ? undefined : y(db),
    }));
    drawLine(canvas, points, LINES[index % LINES.length]!);
  }
}

/** Points without a height are gaps. */
function drawLine(
  canvas: Canvas,
  points: readonly { x: number; y: number | undefined }[],
  colour: Colour,
): void {
  for (const [index, to] of points.entries()) {
    const from = points[index - 1];
    if (to.y === undefined) continue;
    canvas.fill(to.x - 1, to.y - 1, 3, 3, colour);
    if (from?.y === undefined) continue;
    const steps = Math.ceil(Math.max(to.x - from.x, Math.abs(to.y - from.y)));
    for (let step = 0; step < steps; step += 1) {
      const x = from.x + ((to.x - from.x) * step) / steps;
      canvas.fill(x, from.y + ((to.y - from.y) * step) / steps, 1, 1, colour);
    }
  }
}
