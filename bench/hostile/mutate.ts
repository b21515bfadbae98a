/** A number from 0 to below `below`. */
export type Draw = (below: number) => number;

/** Mulberry32: the same numbers on every machine. */
export function drawFrom(seed: number): Draw {
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
function changeOnce(bytes: Buffer, others: readonly Buffer[], draw: Draw): Buffer {
  const at = draw(bytes.length);
  const length = draw(40);
  const before = bytes.subarray(0, at);
  const after = bytes.subarray(at);
  switch (draw(7)) {
    case 0:
      return Buffer.concat([before, Buffer.from([draw(256)]), after.subarray(1)]);
    case 1:
      return Buffer.concat([before, after.subarray(length)]);
    case 2:
      return Buffer.concat([before, Buffer.from(SPICE[draw(SPICE.length)] ?? '', 'latin1'), after]);
    case 3:
      return Buffer.concat([before, after.subarray(0, length), after]);
    case 4:
      return before;
    case 5: {
      const other = others[draw(others.length)] ?? bytes;
      return Buffer.concat([before, other.subarray(draw(other.length))]);
    }
    default:
      return Buffer.concat([before, ...Array<Buffer>(draw(400)).fill(after.subarray(0, length)), after]);
  }
}

/** The bytes with one to four changes, of which some come from others: the same ones for the same draws. */
export function mutate(original: Buffer, others: readonly Buffer[], draw: Draw): Buffer {
  let bytes = original;
  for (let times = 1 + draw(4); times > 0 && bytes.length > 0; times -= 1)
    bytes = changeOnce(bytes, others, draw);
  return bytes;
}
