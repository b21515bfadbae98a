import { crc32 } from 'node:zlib';

/**
 * One line of a spool segment: CRC-32 of the JSON in eight hex digits, a space, the JSON, a line feed. A line that was
 * cut short or damaged is told by its sum.
 */
export function encodeLine(value: unknown): Buffer {
  const json = Buffer.from(JSON.stringify(value));
  return Buffer.concat([Buffer.from(`${sumOf(json)} `), json, Buffer.from('\n')]);
}

/** The JSON value of a line without its line feed; undefined when the line is damaged. */
export function decodeLine(line: Buffer): unknown {
  const json = line.subarray(9);
  if (line[8] !== 0x20 || line.toString('latin1', 0, 8) !== sumOf(json)) return undefined;
  try {
    return JSON.parse(json.toString('utf8'));
  } catch {
    return undefined;
  }
}

function sumOf(json: Buffer): string {
  return crc32(json).toString(16).padStart(8, '0');
}
