import { createHash } from 'node:crypto';
import t from 'tap';
import { CODECS } from '../../../bench/wire/codec.ts';
import { G722Decoder, G722Encoder } from '../../../bench/wire/g722.ts';
import { loadKernels } from '../../../pipeline/kernels/load.ts';
import {
  createRandom,
  createTrial,
  decodeAll,
  encodeAll,
  KERNEL_FOLDER,
  openLeg,
  sameNumbers,
  toFloats,
} from './legs.ts';

const memory = await loadKernels(KERNEL_FOLDER, { leg: 4 });

for (const name of ['PCMU', 'PCMA'] as const) {
  t.test(`${name}: every sample and every byte as the plain TypeScript twin has it`, async t => {
    const leg = openLeg(name, memory);
    const all = Int16Array.from({ length: 65_536 }, (_, i) => i - 32_768);
    sameNumbers(t, encodeAll(leg, all, 256), CODECS[name].createEncoder()(all));
    const bytes = Uint8Array.from({ length: 256 }, (_, byte) => byte);
    sameNumbers(t, decodeAll(leg, bytes, 80), CODECS[name].createDecoder()(bytes));
    leg.close();
  });
}

t.test('G.711: the bytes of known levels (ITU-T G.711, tables 1 and 2)', async t => {
  const muLaw = openLeg('PCMU', memory);
  const aLaw = openLeg('PCMA', memory);
  const levels = Int16Array.of(0, -1, 32_767, -32_768, 1_000, -1_000);
  t.same([...encodeAll(muLaw, levels, 6)], [0xff, 0x7f, 0x80, 0x00, 0xce, 0x4e]);
  t.same([...encodeAll(aLaw, levels, 6)], [0xd5, 0x55, 0xaa, 0x2a, 0xfa, 0x7a]);
  muLaw.close();
  aLaw.close();
});

for (const frameMs of [10, 20, 60]) {
  t.test(
    `G.722 in packets of ${frameMs} ms: as the plain TypeScript twin, with state carried over`,
    async t => {
      const leg = openLeg('G722', memory);
      const trial = createTrial(64_320);
      const encoded = encodeAll(leg, trial, 16 * frameMs);
      sameNumbers(t, encoded, new G722Encoder().encode(trial));
      sameNumbers(t, decodeAll(leg, encoded, 8 * frameMs), new G722Decoder().decode(encoded));
      const random = createRandom(7);
      const garbage = Uint8Array.from({ length: 32_160 }, () => Math.floor(random() * 256));
      leg.restart();
      const decoded = decodeAll(leg, garbage, 8 * frameMs);
      // The first milliseconds are joined to what went before.
      sameNumbers(t, decoded.subarray(960), new G722Decoder().decode(garbage).subarray(960));
      leg.close();
    },
  );
}

t.test('G.722: the bits of another implementation', async t => {
  // Taken from libspandsp 0.0.6 (g722_encode, g722_decode, 64 kbit/s) on the same trial.
  const leg = openLeg('G722', memory);
  const encoded = encodeAll(leg, createTrial(64_000, 1), 160);
  const decoded = decodeAll(leg, encoded, 80);
  const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex').slice(0, 32);
  t.equal(digest(encoded), '666464c27f694b9a5186f9267aa457ab');
  t.equal(digest(new Uint8Array(decoded.buffer)), '0a603cd10d8734da113b99c531f8ca40');
  leg.close();
});

t.test('what is no sample or beyond full scale does no harm', async t => {
  for (const name of ['PCMU', 'PCMA', 'G722'] as const) {
    const leg = openLeg(name, memory);
    const frame = toFloats(new Int16Array(160));
    frame.set([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e30, -1e30, 2, -2]);
    const bytes = new Uint8Array(160);
    t.equal(leg.encode(frame, bytes, 0), name === 'G722' ? 80 : 160);
    const pcm = new Float32Array(160);
    leg.decode(bytes, 0, 80, pcm, 0);
    t.ok(pcm.every(sample => Math.abs(sample) <= 1));
    leg.close();
  }
});

t.test('lengths that a packet may not have are refused, and the shortest are taken', async t => {
  const leg = openLeg('PCMU', memory);
  const pcm = new Float32Array(2_000);
  t.equal(leg.samplesIn(480), 480);
  t.equal(leg.samplesIn(481), 0);
  t.equal(leg.decode(new Uint8Array(481), 0, 481, pcm, 0), 0);
  t.equal(leg.decode(new Uint8Array(1), 0, 1, pcm, 0), 1);
  t.equal(leg.decode(new Uint8Array(0), 0, 0, pcm, 0), 0);
  t.equal(leg.encode(new Float32Array(961), new Uint8Array(2_000), 0), 0);
  leg.close();
  t.equal(leg.decode(new Uint8Array(80), 0, 80, pcm, 0), 0, 'closed');
  t.equal(leg.encode(new Float32Array(80), new Uint8Array(80), 0), 0, 'closed');
});

t.test('what was encoded is left as it will be decoded, where that has no history', async t => {
  for (const name of ['PCMU', 'PCMA'] as const) {
    const leg = openLeg(name, memory);
    const samples = toFloats(createTrial(480));
    const bytes = new Uint8Array(480);
    t.equal(leg.encode(samples, bytes, 0), 480);
    const decoded = new Float32Array(480);
    leg.decode(bytes, 0, 480, decoded, 0);
    t.same(samples, decoded, name);
    leg.close();
  }
  const leg = openLeg('G722', memory);
  const samples = toFloats(createTrial(160));
  leg.encode(samples, new Uint8Array(80), 0);
  t.same(samples, toFloats(createTrial(160)), 'G722');
  leg.close();
});
