import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

/** By which threads of the media process know the folder. */
export const PROGRAMME_FOLDER = 'bargein programmes';
/** What the media process leaves: how late its ticks were, 99th percentiles of ten seconds each. */
export const TICKS_FILE = 'ticks.json';

/** @throws Error when the media process did not leave them */
export function readTickLateness(folder: string): number[] {
  return z.array(z.number()).parse(JSON.parse(readFileSync(join(folder, TICKS_FILE), 'utf8')));
}
