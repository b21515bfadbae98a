import { createHash } from 'node:crypto';
import t from 'tap';
import { decodeALaw, decodeMuLaw, encodeALaw, encodeMuLaw } from '../../bench/wire/g711.ts';
import { G722Decoder, G722Encoder } from '../../bench/wire/g722.ts';

const ALL_BYTES = Uint8Array.from({ length: 256 }, (_, i) => i);
const ALL_SAMPLES = Int16Array.from({ length: 65536 }, (_, i) => i - 32768);

/** Signal to noise in dB. */
function snrDb(wanted: Int16Array, got: Int16Array): number {
  let signal = 0;
  let noise = 0;
  for (let i = 0; i < wanted.length; i += 1) {
    signal += wanted[i]! ** 2;
    noise += (wanted[i]! - got[i]!) ** 2;
  }
  return 10 * Math.log10(signal / noise);
}

function sine(hz: number, rateHz: number, samples: number, peak: number): Int16Array {
  return Int16Array.from({ length: samples }, (_, i) => peak * Math.sin((2 * Math.PI * hz * i) / rateHz));
}

t.test('G.711 codes that stand in the recommendation', async t => {
  // ITU-T G.711 tables 1 and 2 (decoder outputs scaled to 16 bits).
  t.same(
    [...decodeMuLaw(Uint8Array.of(0x80, 0x8f, 0x9f, 0xff, 0x00, 0x7f))],
    [32124, 16764, 8316, 0, -32124, 0],
  );
  t.same([...decodeALaw(Uint8Array.of(0xd5, 0x55, 0xaa, 0x2a, 0x80))], [8, -8, 32256, -32256, 5504]);
});

t.test('G.711 decoding undoes encoding for every code', async t => {
  t.same([...encodeALaw(decodeALaw(ALL_BYTES))], [...ALL_BYTES]);
  // µ-law has two zeros; the negative one is encoded as the positive one.
  t.same(
    [...encodeMuLaw(decodeMuLaw(ALL_BYTES))],
    [...ALL_BYTES].map(byte => (byte === 0x7f ? 0xff : byte)),
  );
});

t.test('G.711 errs by half a step of its segment at most: a 23rd of the sample', async t => {
  for (const decoded of [decodeMuLaw(encodeMuLaw(ALL_SAMPLES)), decodeALaw(encodeALaw(ALL_SAMPLES))]) {
    const worst = ALL_SAMPLES.reduce(
      (most, sample, i) => Math.max(most, Math.abs(decoded[i]! - sample) / Math.max(256, Math.abs(sample))),
      0,
    );
    t.ok(worst < 1 / 23, `${worst}`);
  }
});

t.test('G.722 keeps the bits of the ITU-T algorithm', async t => {
  // The codes of a sweep with noise, equal byte for byte to those of libspandsp 0.0.6's encoder.
  let noise = 1;
  const sweep = Int16Array.from({ length: 16000 }, (_, i) => {
    noise = (noise * 48271) % 2147483647;
    return Math.round(9000 * Math.sin((2 * Math.PI * (200 + i / 6) * i) / 16000)) + ((noise % 801) - 400);
  });
  const codes = new G722Encoder().encode(sweep);
  const digest = createHash('sha256').update(codes).digest('hex').slice(0, 16);
  t.equal(digest, 'df29e8908f8deab9');
});

t.test('G.722 passes speech-band and wideband tones', async t => {
  // The two filters delay by 22 samples together.
  const delay = 22;
  for (const [hz, leastDb] of [
    [300, 30],
    [1000, 30],
    [3000, 25],
    [5000, 12],
    [6500, 10],
  ] as const) {
    const pcm = sine(hz, 16000, 16000, 8000);
    const decoded = new G722Decoder().decode(new G722Encoder().encode(pcm));
    t.equal(decoded.length, pcm.length);
    const db = snrDb(pcm.subarray(1600, 15000), decoded.subarray(1600 + delay, 15000 + delay));
    t.ok(db > leastDb, `${hz} Hz: ${db.toFixed(1)} dB`);
  }
});

t.test('G.722 takes any bytes', async t => {
  const decoder = new G722Decoder();
  let seed = 7;
  const garbage = Uint8Array.from({ length: 20000 }, () => {
    seed = (seed * 48271) % 2147483647;
    return seed & 0xff;
  });
  t.equal(decoder.decode(garbage).length, 40000);
  const quiet = decoder.decode(new G722Encoder().encode(new Int16Array(16000)));
  t.ok(Math.max(...quiet.subarray(12000).map(Math.abs)) < 400, 'and finds back to silence');
});
