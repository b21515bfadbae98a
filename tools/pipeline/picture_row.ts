import { drawText, textWidth } from '../../bench/caller/lettering.ts';
import type { Canvas, Colour } from '../../bench/caller/png.ts';
import { VAD_WINDOW_MS } from '../../models/silero.ts';
import { FRAME_MS } from '../../pipeline/frame.ts';
import { type Decision, type Stretch, stretches } from './decisions.ts';
import type { Examination } from './examine.ts';
import { drawSpectrogram } from './heat.ts';
import { ROW_COLUMNS } from './picture_size.ts';
import { SPECTROGRAM_ROWS } from './spectrogram.ts';
import type { Track } from './track.ts';

export const LEFT = 84;
export const COLOURS = {
  background: 0xffffff,
  grid: 0xe6e8eb,
  axis: 0x9aa3ad,
  text: 0x2b3440,
  faint: 0x6b7682,
  near: 0x1f6fc4,
  far: 0x2a8a4a,
  after: 0xd9480f,
  voice: 0x7b4fb5,
  speech: 0x1f6fc4,
  turn: 0x8fb8e6,
  lowered: 0xe0a800,
} as const;

/** What of a decision is shown, and how. */
const MARKS: Readonly<
  Partial<Record<Decision['type'], { readonly label: string; readonly colour: Colour }>>
> = {
  ducked: { label: 'ducked', colour: 0xb88600 },
  raised: { label: 'raised', colour: 0xb88600 },
  bargeIn: { label: 'bargeIn', colour: 0xc62828 },
  backchannel: { label: 'backchannel', colour: 0x00838f },
  speechStarted: { label: 'speech', colour: 0x1f6fc4 },
  speechEnded: { label: 'ended', colour: 0x1f6fc4 },
  turnEnded: { label: 'turnEnded', colour: 0x2b3440 },
  silence: { label: 'silence', colour: 0x6b7682 },
};
const MARK_LINES = 3;
const MARK_LINE_HEIGHT = 9;
/** The lane of levels. */
const LEVELS_TOP_DB = 0;
const LEVELS_BOTTOM_DB = -90;
const LEVELS_HEIGHT = 66;
const VOICE_HEIGHT = 40;
const BAR_HEIGHT = 7;
const GAP = 5;
const AXIS_HEIGHT = 18;

/** Some seconds of an examination, on one axis of time. */
export class PictureRow {
  readonly #canvas: Canvas;
  readonly #found: Examination;
  readonly #fromMs: number;
  readonly #rowMs: number;
  readonly #top: number;

  constructor(canvas: Canvas, found: Examination, fromMs: number, rowMs: number, top: number) {
    this.#canvas = canvas;
    this.#found = found;
    this.#fromMs = fromMs;
    this.#rowMs = rowMs;
    this.#top = top;
  }

  static height({ far }: Examination): number {
    const spectrograms = far === undefined ? 2 : 3;
    const bars = far === undefined ? 2 : 4;
    return (
      MARK_LINES * MARK_LINE_HEIGHT +
      spectrograms * (SPECTROGRAM_ROWS + GAP) +
      LEVELS_HEIGHT +
      VOICE_HEIGHT +
      2 * GAP +
      bars * (BAR_HEIGHT + GAP) +
      AXIS_HEIGHT
    );
  }

  draw(): void {
    const { near, far, after } = this.#found;
    const first = this.#top + MARK_LINES * MARK_LINE_HEIGHT;
    let y = first;
    if (far !== undefined) y = this.#drawSpectrogram(y, 'agent', COLOURS.far, far);
    y = this.#drawSpectrogram(y, 'before', COLOURS.near, near);
    y = this.#drawSpectrogram(y, 'after', COLOURS.after, after);
    y = this.#drawLevels(y);
    y = this.#drawVoice(y);
    y = this.#drawBars(y);
    this.#drawAxis(y);
    this.#drawMarks(first, y);
  }

  get #untilMs(): number {
    return Math.min(this.#found.durationMs, this.#fromMs + this.#rowMs);
  }

  #x(ms: number): number {
    return LEFT + ((ms - this.#fromMs) * ROW_COLUMNS) / this.#rowMs;
  }

  get #endX(): number {
    return this.#x(this.#untilMs);
  }

  #drawSpectrogram(y: number, label: string, colour: Colour, { spectrogram }: Track): number {
    const firstColumn = Math.round((this.#fromMs * ROW_COLUMNS) / this.#rowMs);
    const columns = Math.round(this.#endX) - LEFT;
    drawSpectrogram(this.#canvas, LEFT, y, spectrogram, firstColumn, columns);
    this.#label(y + SPECTROGRAM_ROWS / 2 - 4, label, colour);
    this.#scale(y, `${spectrogram.rateHz / 2000} kHz`);
    this.#scale(y + SPECTROGRAM_ROWS - 7, '0');
    return y + SPECTROGRAM_ROWS + GAP;
  }

  #drawLevels(y: number): number {
    const canvas = this.#canvas;
    const yOf = (db: number) => {
      const bounded = Math.max(LEVELS_BOTTOM_DB, Math.min(LEVELS_TOP_DB, db));
      return y + ((LEVELS_TOP_DB - bounded) / (LEVELS_TOP_DB - LEVELS_BOTTOM_DB)) * (LEVELS_HEIGHT - 2);
    };
    for (const db of [0, -30, -60, -90]) {
      canvas.fill(LEFT, yOf(db), this.#endX - LEFT, 1, COLOURS.grid);
      this.#scale(yOf(db) - 3, `${db}`);
    }
    const { near, far, after } = this.#found;
    if (far !== undefined) this.#drawLine(far.levelsDb, yOf, COLOURS.far);
    this.#drawLine(near.levelsDb, yOf, COLOURS.near);
    this.#drawLine(after.levelsDb, yOf, COLOURS.after);
    this.#label(y + LEVELS_HEIGHT / 2 - 4, 'level dB', COLOURS.text);
    return y + LEVELS_HEIGHT + GAP;
  }

  /** The loudest frame of each column, joined to the one before. */
  #drawLine(levelsDb: readonly number[], yOf: (db: number) => number, colour: Colour): void {
    let last: number | undefined;
    for (let x = LEFT; x < this.#endX; x += 1) {
      const atMs = this.#fromMs + ((x - LEFT) * this.#rowMs) / ROW_COLUMNS;
      const first = Math.floor(atMs / FRAME_MS);
      const after = Math.max(first + 1, Math.floor((atMs + this.#rowMs / ROW_COLUMNS) / FRAME_MS));
      const levels = levelsDb.slice(first, after);
      if (levels.length === 0) return;
      const y = Math.round(yOf(Math.max(...levels)));
      const [top, bottom] = [Math.min(y, last ?? y), Math.max(y, last ?? y)];
      this.#canvas.fill(x, top, 1, bottom - top + 1, colour, 0.9);
      last = y;
    }
  }

  #drawVoice(y: number): number {
    const { probabilities, policy, delayMs } = this.#found;
    const yOf = (probability: number) => y + (1 - probability) * VOICE_HEIGHT;
    this.#canvas.fill(LEFT, yOf(0), this.#endX - LEFT, 1, COLOURS.grid);
    for (const [window, probability] of probabilities.entries()) {
      const startMs = window * VAD_WINDOW_MS - delayMs;
      const height = probability * VOICE_HEIGHT;
      this.#span(
        { startMs, endMs: startMs + VAD_WINDOW_MS },
        y + VOICE_HEIGHT - height,
        height,
        COLOURS.voice,
        0.55,
      );
    }
    for (const threshold of [policy.voice.enter, policy.voice.keep]) {
      this.#canvas.fill(LEFT, yOf(threshold), this.#endX - LEFT, 1, COLOURS.voice, 0.5);
    }
    this.#label(y + VOICE_HEIGHT / 2 - 4, 'voice', COLOURS.voice);
    this.#scale(y, '1');
    this.#scale(yOf(policy.voice.enter) - 3, `${policy.voice.enter}`);
    return y + VOICE_HEIGHT + GAP;
  }

  #drawBars(y: number): number {
    const { decisions, agent, far, durationMs } = this.#found;
    const until = (begins: Decision['type'], ...ends: Decision['type'][]) =>
      stretches(decisions, begins, ends, durationMs);
    const bars: readonly (readonly [string, Colour, readonly Stretch[]])[] = [
      ...(far === undefined
        ? []
        : ([
            ['agent', COLOURS.far, agent],
            ['ducked', COLOURS.lowered, until('ducked', 'raised', 'bargeIn', 'backchannel')],
          ] as const)),
      ['speech', COLOURS.speech, until('speechStarted', 'speechEnded')],
      ['turn', COLOURS.turn, until('speechStarted', 'turnEnded')],
    ];
    for (const [label, colour, spans] of bars) {
      this.#canvas.fill(LEFT, y + BAR_HEIGHT / 2, this.#endX - LEFT, 1, COLOURS.grid);
      for (const span of spans) this.#span(span, y, BAR_HEIGHT, colour);
      this.#label(y, label, colour);
      y += BAR_HEIGHT + GAP;
    }
    return y;
  }

  #drawAxis(y: number): void {
    const stepMs = this.#rowMs > 10_000 ? 1000 : 500;
    this.#canvas.fill(LEFT, y, this.#endX - LEFT, 1, COLOURS.axis);
    for (let ms = Math.ceil(this.#fromMs / stepMs) * stepMs; ms <= this.#untilMs; ms += stepMs) {
      this.#canvas.fill(this.#x(ms), y, 1, 4, COLOURS.axis);
      const label = clock(ms);
      drawText(this.#canvas, this.#x(ms) - textWidth(label) / 2, y + 7, label, COLOURS.faint);
    }
  }

  /** A line through all lanes for each decision, with its name above, in the first line that has room. */
  #drawMarks(top: number, bottom: number): void {
    const freeFrom = Array.from({ length: MARK_LINES }, () => 0);
    for (const { type, atMs } of this.#found.decisions.toSorted((a, b) => a.atMs - b.atMs)) {
      const mark = MARKS[type];
      if (mark === undefined || atMs < this.#fromMs || atMs >= this.#fromMs + this.#rowMs) continue;
      const x = Math.round(this.#x(atMs));
      this.#canvas.fill(x, top, 1, bottom - top, mark.colour, 0.75);
      const line = freeFrom.findIndex(from => from <= x);
      if (line < 0) continue;
      const y = top - (line + 1) * MARK_LINE_HEIGHT;
      this.#canvas.fill(x, y, 1, top - y, mark.colour, 0.75);
      drawText(this.#canvas, x + 3, y, mark.label, mark.colour);
      freeFrom[line] = x + textWidth(mark.label) + 6;
    }
  }

  #span({ startMs, endMs }: Stretch, y: number, height: number, colour: Colour, opacity = 1): void {
    const [from, until] = [Math.max(startMs, this.#fromMs), Math.min(endMs, this.#untilMs)];
    if (until <= from) return;
    this.#canvas.fill(this.#x(from), y, Math.max(1, this.#x(until) - this.#x(from)), height, colour, opacity);
  }

  #label(y: number, text: string, colour: Colour): void {
    drawText(this.#canvas, 6, y, text, colour);
  }

  /** Beside a lane, towards it. */
  #scale(y: number, text: string): void {
    drawText(this.#canvas, LEFT - 4 - textWidth(text), y, text, COLOURS.faint);
  }
}

function clock(ms: number): string {
  const seconds = ms / 1000;
  const minutes = Math.floor(seconds / 60);
  const rest = seconds - 60 * minutes;
  const digits = Number.isInteger(rest) ? String(rest).padStart(2, '0') : rest.toFixed(1).padStart(4, '0');
  return `${minutes}:${digits}`;
}
