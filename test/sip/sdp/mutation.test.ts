import t from 'tap';
import { acceptAnswer } from '../../../sip/sdp/accept.ts';
import { makeOffer } from '../../../sip/sdp/offer.ts';
import { parseSdp } from '../../../sip/sdp/parse.ts';
import { SdpRejection } from '../../../sip/sdp/rejection.ts';
import { DEVICE_OFFERS } from './device_offers.ts';
import { answered, capabilitiesOf, LOCAL, newSession } from './sdp_rig.ts';

/** More by hand: SDP_MUTATIONS=100000. */
const MUTATIONS = Number(process.env.SDP_MUTATIONS ?? 3000);

/** Mulberry32: equal seeds, equal numbers in [0, 1). */
function makeRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const POISON = [
  '\u0000',
  '\r',
  '\n',
  '=',
  ':',
  '/',
  ' ',
  '-1',
  '0',
  '65536',
  '1e9',
  '%s',
  '../',
  '\u{1F600}',
  '"',
  'a'.repeat(5000),
];

function mutate(text: string, random: () => number): string {
  const at = (length: number): number => Math.floor(random() * length);
  const pick = <Item>(items: readonly Item[]): Item => items[at(items.length)]!;
  const lines = text.split('\n');
  const steps: (() => string)[] = [
    () => text.slice(0, at(text.length)),
    () => text.slice(0, at(text.length)) + pick(POISON) + text.slice(at(text.length)),
    () => lines.toSpliced(at(lines.length), 1).join('\n'),
    () => lines.toSpliced(at(lines.length), 0, pick(lines)).join('\n'),
    () => lines.with(at(lines.length), pick(lines)).join('\n'),
    () => lines.toSorted(() => random() - 0.5).join('\n'),
    () => text.replace(/\d+/g, digits => (random() < 0.1 ? String(at(70000)) : digits)),
    () => lines.concat(pick(Object.values(DEVICE_OFFERS)).split('\n').slice(at(9))).join('\n'),
    () => text.replaceAll('\n', '\r\n').replace(pick(lines), pick(POISON)),
  ];
  const mutated = pick(steps)();
  return random() < 0.5 ? mutate(mutated, random) : mutated;
}

t.test('mutated offers are answered by the rules or refused by a status', async t => {
  const random = makeRandom(20261121);
  const offers = Object.values(DEVICE_OFFERS);
  const capabilities = capabilitiesOf(['opus', 'G722', 'PCMU', 'PCMA']);
  const { session: offering } = makeOffer(newSession(), capabilities, LOCAL);
  const counts: Record<string, number> = {};
  for (let n = 0; n < MUTATIONS; n += 1) {
    const text = mutate(offers[n % offers.length]!, random);
    try {
      const { text: answer, stream } = answered(text, capabilities);
      const [offer, read] = [parseSdp(text), parseSdp(answer)];
      const used = read.media.findIndex(({ port }) => port > 0);
      const line = offer.media[used];
      const sound =
        read.media.length === offer.media.length &&
        read.media.every(({ type, protocol }, index) => {
          const asked = offer.media[index];
          return type === asked?.type && protocol === asked.protocol;
        }) &&
        read.media.filter(({ port }) => port > 0).length === 1 &&
        line?.formats.includes(String(stream.sendPayloadType)) === true &&
        stream.ptimeMs % 10 === 0 &&
        (stream.remote !== undefined || stream.direction !== 'sendrecv');
      if (!sound) t.fail(`an answer against the rules: ${JSON.stringify({ text, answer })}`);
      acceptAnswer(offering, offer, capabilities);
      counts.answered = (counts.answered ?? 0) + 1;
    } catch (error) {
      if (!(error instanceof SdpRejection)) {
        t.fail(`${String(error)} by ${JSON.stringify(text)}`);
        continue;
      }
      if (![400, 415, 488].includes(error.status)) t.fail(`status ${error.status}`);
      counts[error.reason] = (counts[error.reason] ?? 0) + 1;
    }
  }
  t.comment(JSON.stringify(counts));
  for (const outcome of ['answered', 'malformed', 'contradiction', 'noCommonCodec', 'encrypted', 'noAudio'])
    t.ok((counts[outcome] ?? 0) > 0, outcome);
});
