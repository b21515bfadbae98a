import type { Canvas, Colour } from '../../bench/caller/png.ts';
import { SPECTROGRAM_ROWS, type Spectrogram } from './spectrogram.ts';

/** From quiet to loud: black, violet, red, orange, pale yellow, each step lighter than the one before. */
const STOPS: readonly Colour[] = [
  0x000004, 0x170c3a, 0x420a68, 0x6b176e, 0x932667, 0xbb3754, 0xdd513a, 0xf3771a, 0xfca50a, 0xf6d746,
  0xfcffa4,
];
/** Colours a picture is made of: few, so that its file is small. */
const SHADES = 40;
/** Levels of the first and of the last of them. */
const QUIET_DB = -96;
const LOUD_DB = -24;

const SHADE_TABLE: readonly Colour[] = Array.from({ length: SHADES }, (_, shade) => {
  const at = (shade / (SHADES - 1)) * (STOPS.length - 1);
  const [from, to] = [STOPS[Math.floor(at)]!, STOPS[Math.ceil(at)]!];
  return blend(from, to, at % 1);
});

/** Draws some columns, a pixel each, with the highest frequency at (x, y). */
export function drawSpectrogram(
  canvas: Canvas,
  x: number,
  y: number,
  spectrogram: Spectrogram,
  firstColumn: number,
  columns: number,
): void {
  for (let column = 0; column < columns; column += 1) {
    for (let row = 0; row < SPECTROGRAM_ROWS; row += 1) {
      const colour = heat(spectrogram.levelDb(firstColumn + column, row));
      canvas.fill(x + column, y + SPECTROGRAM_ROWS - 1 - row, 1, 1, colour);
    }
  }
}

function heat(levelDb: number): Colour {
  const shade = Math.round(((levelDb - QUIET_DB) / (LOUD_DB - QUIET_DB)) * (SHADES - 1));
  return SHADE_TABLE[Math.max(0, Math.min(SHADES - 1, shade))]!;
}

function blend(from: Colour, to: Colour, share: number): Colour {
  const part = (shift: number) => {
    const [a, b] = [(from >> shift) & 0xff, (to >> shift) & 0xff];
    return Math.round(a + (b - a) * share) << shift;
  };
  return part(16) | part(8) | part(0);
}
