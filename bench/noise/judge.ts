import { writeFileSync } from 'node:fs';
import { toSample } from '../concealment/sample.ts';
import type { Trial } from '../quality/python_scores.ts';
import { type Gains, gainsOf, partsAfter } from './measures.ts';
import { microphone, type Passage } from './passages.ts';
import type { Suppressor } from './suppressor.ts';

const FULL_SCALE = 32_768;
/** Suppressors find out what the noise is like before they are judged. */
const SETTLING_MS = 1000;

/** One suppressor on one passage; the scores come later, by the trial. */
export interface Hearing {
  readonly passage: Passage;
  readonly suppressor: string;
  readonly gains: Gains;
  readonly microsPerFrame: number;
  readonly trial: Trial;
}

/** What a passage is without any suppressor, and what each makes of it; files begin with `path`. */
export interface Heard {
  readonly untreated: Trial;
  readonly hearings: readonly Hearing[];
}

/** All hear the passage one after the other, so that what their times share is alike for all. */
export function hearAll(passage: Passage, suppressors: readonly Suppressor[], path: string): Heard {
  const { speech, noise, rateHz } = passage;
  const reference = `${path}-clean.pcm`;
  writePcm(reference, speech);
  const trialOf = (name: string, heard: Float32Array): Trial => {
    const file = `${path}-${name}.pcm`;
    writePcm(file, heard);
    return { rateHz, reference, heard: file };
  };
  const difference = speech.map((sample, i) => sample - noise[i]!);
  const hearings = suppressors.map(suppressor => {
    const ofSum = suppressor.suppress(microphone(passage), rateHz);
    const ofDifference = suppressor.suppress(difference, rateHz);
    return {
      passage,
      suppressor: suppressor.name,
      gains: gainsOf(passage, partsAfter(ofSum.heard, ofDifference.heard), rateHz, SETTLING_MS),
      microsPerFrame: (ofSum.microsPerFrame + ofDifference.microsPerFrame) / 2,
      trial: trialOf(suppressor.name, ofSum.heard),
    };
  });
  return { untreated: trialOf('untreated', microphone(passage)), hearings };
}

function writePcm(path: string, signal: Float32Array): void {
  writeFileSync(
    path,
    Int16Array.from(signal, sample => toSample(sample * FULL_SCALE)),
  );
}
