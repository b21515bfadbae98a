import { isDeepStrictEqual } from 'node:util';
import t from 'tap';
import { parseDatagram } from '../../../sip/message/parse.ts';
import { serialize, serializeRejection } from '../../../sip/message/serialize.ts';
import { mutations } from './mutate.ts';
import { TORTURE } from './torture_files.ts';

/** How many mutated messages are read; 100 000 before a release. */
const COUNT = Number(process.env.SIP_MUTATIONS ?? 3_000);
const SEED = 0x51c0_4475;

t.test(
  `${COUNT} mutated messages are read, refused or dropped, and what was read can be written`,
  async t => {
    const seen = { message: 0, rejected: 0, discarded: 0 };
    for (const bytes of mutations(SEED, COUNT)) {
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
