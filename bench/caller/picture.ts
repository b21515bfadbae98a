import { drawText, fitText, LINE_HEIGHT, textWidth } from './lettering.ts';
import { Canvas, type Colour } from './png.ts';
import type { BargeInReport, TurnReport } from './report.ts';

export interface PictureOptions {
  readonly title: string;
  readonly rateHz: number;
  readonly caller: Int16Array;
  readonly agent: Int16Array;
  readonly turns: readonly TurnReport[];
  readonly bargeIns: readonly BargeInReport[];
}

const COLOURS = {
  background: 0xffffff,
  grid: 0xe6e8eb,
  axis: 0x9aa3ad,
  text: 0x2b3440,
  faint: 0x6b7682,
  caller: 0x1f6fc4,
  agent: 0x2a8a4a,
  latency: 0xc77700,
  interruption: 0xc62828,
} as const;

/** One row of the picture shows so much of the call. */
const ROW_MS = 30_000;
const PIXELS_PER_SECOND = 50;
const MARGIN = { left: 64, right: 16, top: 34, bottom: 14 };
const LANE_HEIGHT = 54;
const CAPTION_HEIGHT = LINE_HEIGHT + 3;
const AXIS_HEIGHT = 18;
/** Captions and waveforms of both sides, the time axis, and room before the next row. */
const ROW_HEIGHT = 2 * (LANE_HEIGHT + CAPTION_HEIGHT) + AXIS_HEIGHT + 16;
/** Full scale of the waveforms: −6 dBFS fills a lane. */
const FULL_SCALE = 16384;
const MAX_ROWS = 120;

type Side = 'caller' | 'agent';

/** Both channels over time, a row for every half minute: waveforms, words, latencies and interruptions. */
export function drawPicture(options: PictureOptions): Buffer {
  const { caller, agent, rateHz } = options;
  const lengthMs = (Math.max(caller.length, agent.length) * 1000) / rateHz;
  const rows = Math.min(MAX_ROWS, Math.max(1, Math.ceil(lengthMs / ROW_MS)));
  const width = MARGIN.left + (ROW_MS / 1000) * PIXELS_PER_SECOND + MARGIN.right;
  const canvas = new Canvas(width, MARGIN.top + rows * ROW_HEIGHT + MARGIN.bottom, COLOURS.background);
  drawText(canvas, MARGIN.left, 10, fitText(options.title, width - MARGIN.left - MARGIN.right), COLOURS.text);
  drawLegend(canvas);
  for (let row = 0; row < rows; row += 1) new Row(canvas, options, row, lengthMs).draw();
  return canvas.toPng();
}

function drawLegend(canvas: Canvas): void {
  let x = MARGIN.left;
  for (const [label, colour] of [
    ['caller', COLOURS.caller],
    ['agent', COLOURS.agent],
    ["latency: caller's last to agent's first sound, ms", COLOURS.latency],
    ["interruption until agent's last sound, ms", COLOURS.interruption],
  ] as const) {
    canvas.fill(x, 23, 7, 7, colour);
    drawText(canvas, x + 11, 23, label, COLOURS.faint);
    x += 11 + textWidth(label) + 18;
  }
}

/** Half a minute of the call. */
class Row {
  readonly #canvas: Canvas;
  readonly #options: PictureOptions;
  readonly #fromMs: number;
  readonly #toMs: number;
  readonly #top: number;

  constructor(canvas: Canvas, options: PictureOptions, row: number, lengthMs: number) {
    this.#canvas = canvas;
    this.#options = options;
    this.#fromMs = row * ROW_MS;
    this.#toMs = Math.min(lengthMs, (row + 1) * ROW_MS);
    this.#top = MARGIN.top + row * ROW_HEIGHT;
  }

  draw(): void {
    this.#drawGrid();
    for (const side of ['caller', 'agent'] as const) {
      this.#drawWave(side);
      drawText(this.#canvas, 8, this.#laneMiddle(side) - 4, side, COLOURS[side]);
    }
    for (const turn of this.#options.turns) this.#drawTurn(turn);
    for (const bargeIn of this.#options.bargeIns) this.#drawBargeIn(bargeIn);
  }

  #x(ms: number): number {
    return MARGIN.left + ((ms - this.#fromMs) * PIXELS_PER_SECOND) / 1000;
  }

  #captionTop(side: Side): number {
    return this.#top + (side === 'caller' ? 0 : CAPTION_HEIGHT + LANE_HEIGHT);
  }

  #laneMiddle(side: Side): number {
    return this.#captionTop(side) + CAPTION_HEIGHT + LANE_HEIGHT / 2;
  }

  /** A line and a label for each second, stronger every five. */
  #drawGrid(): void {
    const canvas = this.#canvas;
    const bottom = this.#captionTop('agent') + CAPTION_HEIGHT + LANE_HEIGHT;
    for (let ms = this.#fromMs; ms <= this.#toMs; ms += 1000) {
      const strong = ms % 5000 === 0;
      canvas.fill(
        this.#x(ms),
        this.#top + CAPTION_HEIGHT,
        1,
        bottom - this.#top - CAPTION_HEIGHT,
        COLOURS.grid,
      );
      canvas.fill(this.#x(ms), bottom, 1, strong ? 6 : 3, COLOURS.axis);
      if (strong) drawText(canvas, this.#x(ms) - 10, bottom + 9, clock(ms), COLOURS.faint);
    }
    canvas.fill(this.#x(this.#fromMs), bottom, this.#x(this.#toMs) - MARGIN.left, 1, COLOURS.axis);
  }

  /** Least and greatest sample of each pixel's time. */
  #drawWave(side: Side): void {
    const { rateHz } = this.#options;
    const pcm = this.#options[side];
    const middle = this.#laneMiddle(side);
    const samplesPerPixel = rateHz / PIXELS_PER_SECOND;
    const first = (this.#fromMs * rateHz) / 1000;
    const pixels = Math.ceil(((this.#toMs - this.#fromMs) * PIXELS_PER_SECOND) / 1000);
    for (let pixel = 0; pixel < pixels; pixel += 1) {
      const part = pcm.subarray(first + pixel * samplesPerPixel, first + (pixel + 1) * samplesPerPixel);
      const [least, most] = extent(part);
      const scale = LANE_HEIGHT / 2 / FULL_SCALE;
      const [up, down] = [most, least].map(
        sample => Math.max(-1, Math.min(1, sample / FULL_SCALE)) * FULL_SCALE * scale,
      );
      this.#canvas.fill(MARGIN.left + pixel, middle - up!, 1, Math.max(1, up! - down!), COLOURS[side]);
    }
  }

  #drawTurn({ speaker, text, startMs, endMs, latencyMs }: TurnReport): void {
    if (!this.#shows(startMs)) return;
    const next = this.#options.turns.find(turn => turn.speaker === speaker && turn.startMs > startMs);
    const room =
      this.#x(Math.min(next?.startMs ?? this.#toMs + ROW_MS, this.#fromMs + ROW_MS)) - this.#x(startMs) - 6;
    const top = this.#captionTop(speaker);
    drawText(this.#canvas, this.#x(startMs), top + 1, fitText(text, room), COLOURS[speaker]);
    this.#canvas.fill(
      this.#x(startMs),
      top + CAPTION_HEIGHT - 2,
      this.#x(Math.min(endMs, this.#toMs)) - this.#x(startMs),
      2,
      COLOURS[speaker],
      0.5,
    );
    if (latencyMs !== undefined) this.#drawLatency(startMs, latencyMs);
  }

  #drawLatency(startMs: number, latencyMs: number): void {
    const y = this.#captionTop('agent') - 6;
    const from = Math.max(this.#fromMs, startMs - latencyMs);
    this.#drawSpan(from, startMs, y, COLOURS.latency, String(latencyMs));
  }

  #drawBargeIn({ callerStartMs, stopMs }: BargeInReport): void {
    if (!this.#shows(callerStartMs)) return;
    const y = this.#captionTop('agent') + CAPTION_HEIGHT + LANE_HEIGHT - 8;
    const height = y - this.#captionTop('caller') - CAPTION_HEIGHT;
    this.#canvas.fill(this.#x(callerStartMs), y - height, 1, height, COLOURS.interruption);
    this.#canvas.fill(this.#x(callerStartMs + stopMs), y - height, 1, height, COLOURS.interruption);
    this.#drawSpan(callerStartMs, callerStartMs + stopMs, y, COLOURS.interruption, String(stopMs));
  }

  #drawSpan(fromMs: number, toMs: number, y: number, colour: Colour, label: string): void {
    const canvas = this.#canvas;
    const [left, right] = [this.#x(fromMs), this.#x(toMs)];
    canvas.fill(left, y, right - left, 2, colour);
    canvas.fill(left, y - 3, 1, 8, colour);
    canvas.fill(right, y - 3, 1, 8, colour);
    const middle = (left + right - textWidth(label)) / 2;
    canvas.fill(middle - 2, y - 11, textWidth(label) + 2, LINE_HEIGHT, COLOURS.background, 0.85);
    drawText(canvas, middle, y - 10, label, colour);
  }

  #shows(ms: number): boolean {
    return ms >= this.#fromMs && ms < this.#fromMs + ROW_MS;
  }
}

function extent(pcm: Int16Array): readonly [least: number, most: number] {
  let least = 0;
  let most = 0;
  for (const sample of pcm) {
    least = Math.min(least, sample);
    most = Math.max(most, sample);
  }
  return [least, most];
}

function clock(ms: number): string {
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}
