import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stretches } from './decisions.ts';
import type { Examination } from './examine.ts';
import { explainFileError } from './input_error.ts';
import { tenths } from './level_histogram.ts';
import { drawPictures } from './picture.ts';

const REPORT = 'report.json';

/** Writes the pictures and report.json into a folder that is there, and names them. @throws InputError */
export function writeResults(found: Examination, folder: string): string[] {
  const pictures = [...drawPictures(found)];
  const names = pictures.map((_, i) => (pictures.length === 1 ? 'picture.png' : `picture_${i + 1}.png`));
  for (const [i, picture] of pictures.entries()) write(join(folder, names[i]!), picture);
  write(join(folder, REPORT), `${JSON.stringify(reportOf(found, names), undefined, 2)}\n`);
  return [...names, REPORT];
}

/** All but the sounds and the pictures, as JSON; times in milliseconds of media time, levels in dB of full scale. */
function reportOf(found: Examination, pictures: readonly string[]): object {
  const { files, rateHz, durationMs, policy, chain, delayMs, stages, sharedCostUs } = found;
  const { near, far, after, probabilities, decisions, agent } = found;
  const speech = stretches(decisions, 'speechStarted', ['speechEnded'], durationMs);
  return {
    files,
    rateHz,
    durationMs,
    policy,
    chain,
    delayMs,
    usPerFrame: tenths(stages.reduce((sum, { costUs }) => sum + costUs.median, sharedCostUs.mean)),
    sharedCostUs,
    levels: { near: near.levels, far: far?.levels, after: after.levels },
    stages,
    voice: {
      windows: probabilities.length,
      likelyPct: tenths(
        (100 * probabilities.filter(probability => probability >= policy.voice.enter).length) /
          Math.max(1, probabilities.length),
      ),
      probabilities: probabilities.map(probability => Math.round(probability * 1000) / 1000),
    },
    agent,
    speech,
    decisions,
    pictures,
  };
}

function write(path: string, content: Buffer | string): void {
  try {
    writeFileSync(path, content);
  } catch (error) {
    throw explainFileError(error, path);
  }
}
