import { createHash } from 'node:crypto';

const PARTS = 2 ** 32;

/**
 * Whether a call tries a version that is given `percent` of them: by its id alone, on whichever node and however often it is
 * asked. Those that try it at a lower percentage do so at a higher one, too.
 */
export function triesVersion(callId: string, percent: number): boolean {
  const part = createHash('sha256').update(callId).digest().readUInt32BE(0) / PARTS;
  return part * 100 < percent;
}
