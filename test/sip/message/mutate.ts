import { TORTURE } from './torture_files.ts';

/** Mulberry32: the same numbers on every machine. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return below => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

const SPICE = [
  '\r\n',
  '\r\n ',
  '\0',
  '"',
  '<',
  '>',
  ';',
  ',',
  '%',
  '%00',
  ':',
  '@',
  '[',
  ']',
  '\\',
  '\xff\xfe',
  ' ',
  '9'.repeat(40),
  '(',
  '\r',
  '\n',
  'SIP/2.0',
  ';tag=',
  'Via: ',
  'l: 1',
];

/** One change: a byte, a cut, an insertion, a repetition, a truncation, a splice, or a long run. */
function mutate(bytes: Buffer, others: readonly Buffer[], random: (below: number) => number): Buffer {
  const at = random(bytes.length);
  const length = random(40);
  const before = bytes.subarray(0, at);
  const after = bytes.subarray(at);
  switch (random(7)) {
    case 0:
      return Buffer.concat([before, Buffer.from([random(256)]), after.subarray(1)]);
    case 1:
      return Buffer.concat([before, after.subarray(length)]);
    case 2:
      return Buffer.concat([before, Buffer.from(SPICE[random(SPICE.length)] ?? '', 'latin1'), after]);
    case 3:
      return Buffer.concat([before, after.subarray(0, length), after]);
    case 4:
      return before;
    case 5: {
      const other = others[random(others.length)] ?? bytes;
      return Buffer.concat([before, other.subarray(random(other.length))]);
    }
    default:
      return Buffer.concat([before, ...Array<Buffer>(random(400)).fill(after.subarray(0, length)), after]);
  }
}

/** Torture messages with one to four changes each: the same ones for the same seed. */
export function* mutations(seed: number, count: number): Generator<Buffer> {
  const random = randomFrom(seed);
  const originals = [...TORTURE.values()];
  for (let round = 0; round < count; round++) {
    let bytes = originals[random(originals.length)] ?? Buffer.alloc(0);
    for (let times = 1 + random(4); times > 0 && bytes.length > 0; times--)
      bytes = mutate(bytes, originals, random);
    yield bytes;
  }
}
