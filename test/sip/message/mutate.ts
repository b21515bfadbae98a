import { drawFrom, mutate } from '../../../bench/hostile/mutate.ts';
import { TORTURE } from './torture_files.ts';

/** Torture messages with one to four changes each: the same ones for the same seed. */
export function* mutations(seed: number, count: number): Generator<Buffer> {
  const draw = drawFrom(seed);
  const originals = [...TORTURE.values()];
  for (let round = 0; round < count; round++)
    yield mutate(originals[draw(originals.length)] ?? Buffer.alloc(0), originals, draw);
}
