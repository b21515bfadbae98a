import { isDeepStrictEqual } from 'node:util';
import t from 'tap';
import { parseDatagram } from '../../../sip/message/parse.ts';
import { serialize, serializeRejection } from '../../../sip/message/serialize.ts';
import { TORTURE } from './torture_files.ts';

/** How many mutated messages are read; 100 000 before a release. */
const COUNT = Number(process.env.SIP_MUTATIONS ?? 3_000);
const SEED = 0x51c0_4475;

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

t.test(
  `${COUNT} mutated messages are read, refused or dropped, and what was read can be written`,
  async t => {
    const random = randomFrom(SEED);
    const originals = [...TORTURE.values()];
    const seen = { message: 0, rejected: 0, discarded: 0 };
    for (let round = 0; round < COUNT; round++) {
      let bytes = originals[random(originals.length)] ?? Buffer.alloc(0);
      for (let times = 1 + random(4); times > 0 && bytes.length > 0; times--)
        bytes = mutate(bytes, originals, random);
      const result = parseDatagram(bytes);
      seen[result.outcome]++;
      if (result.outcome === 'rejected') {
        const reply = serializeRejection(result);
        if (reply !== undefined && /[\r\n](?![\n])/.test(reply.toString('latin1').replaceAll('\r\n', '')))
          t.fail(`a line break got into the answer to ${bytes.toString('latin1')}`);
      } else if (result.outcome === 'message') {
        const again = parseDatagram(serialize(result.message));
        if (again.outcome !== 'message' || !isDeepStrictEqual(again.message, result.message)) {
          t.fail(`read otherwise the second time: ${JSON.stringify(bytes.toString('latin1'))}`);
          break;
        }
      }
    }
    t.ok(
      seen.message > COUNT / 20 && seen.rejected > COUNT / 20 && seen.discarded > COUNT / 100,
      JSON.stringify(seen),
    );
  },
);

t.test('each byte of a whole message changed to each hostile one', async t => {
  const original = TORTURE.get('wsinv') ?? Buffer.alloc(0);
  const outcomes = new Set<string>();
  for (const hostile of [0x00, 0x0a, 0x22, 0x3c, 0xff]) {
    for (let at = 0; at < original.length; at++) {
      const bytes = Buffer.from(original);
      bytes[at] = hostile;
      const result = parseDatagram(bytes);
      outcomes.add(result.outcome);
      if (result.outcome === 'message') serialize(result.message);
    }
  }
  t.same([...outcomes].toSorted(), ['discarded', 'message', 'rejected']);
});

t.test('every prefix of every message', async t => {
  for (const [name, bytes] of TORTURE)
    for (let length = 0; length < bytes.length; length += 13)
      t.doesNotThrow(() => parseDatagram(bytes.subarray(0, length)), name);
});
