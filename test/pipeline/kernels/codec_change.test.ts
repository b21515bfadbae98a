import t from 'tap';
import { CODECS } from '../../../bench/wire/codec.ts';
import { CodecLeg, type CodecName } from '../../../pipeline/kernels/codec_leg.ts';
import { loadKernels } from '../../../pipeline/kernels/load.ts';
import { createRandom, createTrial, KERNEL_FOLDER } from './legs.ts';

const memory = await loadKernels(KERNEL_FOLDER, { leg: 2 });
const NAMES = ['PCMU', 'PCMA', 'G722'] as const;

function tone(samples: number, rateHz: number): Int16Array {
  return Int16Array.from({ length: samples }, (_, i) =>
    Math.round(8_000 * Math.sin((2 * Math.PI * 600 * i) / rateHz)),
  );
}

function decode(leg: CodecLeg, name: CodecName, bytes: Uint8Array): Float32Array {
  const pcm = new Float32Array(bytes.length * 2);
  let length = 0;
  for (let at = 0; at < bytes.length; at += 160) length += leg.decode(name, bytes, at, 160, pcm, length);
  return pcm.subarray(0, length);
}

function encode(leg: CodecLeg, name: CodecName, samples: Float32Array): Uint8Array {
  const bytes = new Uint8Array(samples.length);
  const frame = leg.rateHz / 100;
  let length = 0;
  for (let at = 0; at < samples.length; at += frame)
    length += leg.encode(name, samples.subarray(at, at + frame), bytes, length);
  return bytes.subarray(0, length);
}

/** Largest difference, from a few milliseconds on. */
function distance(a: ArrayLike<number>, b: ArrayLike<number>, from: number): number {
  let most = 0;
  for (let i = from; i < a.length; i += 1) most = Math.max(most, Math.abs(a[i]! - b[i]!));
  return most;
}

t.test('a codec begins without history, whatever was spoken in another before', async t => {
  const random = createRandom(5);
  const noise = Uint8Array.from({ length: 1_600 }, () => Math.floor(random() * 256));
  for (const rateHz of [8000, 16_000] as const) {
    for (const [before, name] of NAMES.flatMap(one => NAMES.map(other => [one, other] as const))) {
      if (before === name) continue;
      const used = CodecLeg.open(rateHz, memory)!;
      const fresh = CodecLeg.open(rateHz, memory)!;
      for (const each of [name, before]) {
        decode(used, each, noise);
        encode(
          used,
          each,
          new Float32Array(rateHz / 10).map(() => random() - 0.5),
        );
      }
      const bytes = CODECS[name].createEncoder()(tone(CODECS[name].rateHz / 5, CODECS[name].rateHz));
      const [heard, expected] = [decode(used, name, bytes), decode(fresh, name, bytes)];
      // What comes first is joined to what was heard.
      t.equal(distance(heard, expected, rateHz / 100), 0, `${before}, then ${name} heard at ${rateHz}`);
      const said = Float32Array.from(createTrial(rateHz / 5, 3), sample => sample / 32_768);
      t.same(encode(used, name, said.slice()), encode(fresh, name, said.slice()), 'and spoken');
      used.close();
      fresh.close();
    }
  }
});

t.test('a codec of the other rate is converted both ways', async t => {
  for (const [name, rateHz] of [
    ['G722', 8000],
    ['PCMA', 16_000],
  ] as const) {
    const leg = CodecLeg.open(rateHz, memory)!;
    const codecHz = CODECS[name].rateHz;
    const bytes = CODECS[name].createEncoder()(tone(codecHz / 2, codecHz));
    const heard = decode(leg, name, bytes);
    t.equal(heard.length, rateHz / 2);
    t.equal(leg.samplesIn(name, 160), rateHz / 50);
    const back = CODECS[name].createDecoder()(encode(leg, name, heard));
    t.equal(back.length, codecHz / 2);
    const powers = back.subarray(codecHz / 10).reduce((sum, sample) => sum + sample ** 2, 0);
    const level = Math.sqrt((2 * powers) / (back.length - codecHz / 10));
    t.ok(Math.abs(level / 8_000 - 1) < 0.02, `${name} at ${rateHz}: ${level}`);
    leg.close();
  }
});

t.test('a frame costs no memory, whatever the codec', async t => {
  for (const [name, rateHz] of [
    ['PCMA', 8000],
    ['G722', 8000],
    ['PCMA', 16_000],
  ] as const) {
    const leg = CodecLeg.open(rateHz, memory)!;
    const bytes = new Uint8Array(160);
    const pcm = new Float32Array(960);
    const frame = new Float32Array(rateHz / 100);
    const run = (frames: number): void => {
      for (let i = 0; i < frames; i += 1) {
        leg.encode(name, frame, bytes, 0);
        leg.decode(name, bytes, 0, 80, pcm, 0);
        if (i % 8 === 0) leg.conceal(pcm, 0, 80);
      }
    };
    run(10_000);
    const grown = Array.from({ length: 9 }, () => {
      const before = process.memoryUsage().heapUsed;
      run(2_000);
      return (process.memoryUsage().heapUsed - before) / 2_000;
    });
    // A round may shrink by a collection, or come before its code was optimised.
    const [, least = Infinity] = grown.filter(growth => growth >= 0).toSorted((a, b) => a - b);
    t.ok(least < 8, `${name} at ${rateHz}: ${least} bytes a frame`);
    leg.close();
  }
});
