import t from 'tap';
import { loadKernels } from '../../../pipeline/kernels/load.ts';
import { openSlot } from '../../../pipeline/kernels/open_slot.ts';
import { noise, tone } from '../sounds.ts';
import { forward, inverse } from '../twins/fft.ts';
import { KERNEL_FOLDER } from './legs.ts';

const { kernels, ...memory } = await loadKernels(KERNEL_FOLDER, { leg: 1 }).then(loaded => ({
  kernels: loaded.kernels,
  buffer: loaded.buffer,
  slot: openSlot(loaded, 'leg').address,
}));

/** Where samples and rows lie in the slot. */
function placesFor(n: number) {
  const rowBytes = (n + 4) * 4;
  const samples = memory.slot;
  const re = samples + 2 * n * 4;
  const im = re + rowBytes;
  return {
    samples: new Float32Array(memory.buffer, samples, 2 * n),
    re: new Float32Array(memory.buffer, re, n + 4),
    im: new Float32Array(memory.buffer, im, n + 4),
    forward: () => kernels.fftForward(n, samples, re, im),
    inverse: () => kernels.fftInverse(n, re, im, samples),
  };
}

function mostDifference(found: Float32Array, wanted: ArrayLike<number>): number {
  return Array.from(wanted).reduce((most, value, i) => Math.max(most, Math.abs(value - found[i]!)), 0);
}

for (const n of [80, 160]) {
  const places = placesFor(n);
  const inputs: Record<string, Float32Array> = {
    noise: noise(20, n === 80 ? 8000 : 16_000, 0.3, 77),
    'a tone': tone([440, 1234], 20, n === 80 ? 8000 : 16_000),
    DC: new Float32Array(2 * n).fill(1),
    'the highest frequency': new Float32Array(2 * n).map((_, i) => (i % 2 === 0 ? 1 : -1)),
    'an impulse at the end': new Float32Array(2 * n).with(2 * n - 1, 1),
    silence: new Float32Array(2 * n),
  };
  for (const [name, samples] of Object.entries(inputs)) {
    t.test(`${2 * n} points of ${name} are transformed as by definition, and back`, async t => {
      places.re.fill(9);
      places.im.fill(9);
      places.samples.set(samples);
      places.forward();
      const wanted = forward(samples);
      // 32-bit sums of 2n samples of full scale.
      t.ok(mostDifference(places.re, wanted.re) < 2e-5 * Math.sqrt(n), 'real parts');
      t.ok(mostDifference(places.im, wanted.im) < 2e-5 * Math.sqrt(n), 'imaginary parts');
      t.ok(
        places.re.subarray(n + 1).every(value => value === 0),
        'padding',
      );
      t.ok(
        places.im.subarray(n + 1).every(value => value === 0),
        'padding',
      );
      places.inverse();
      t.ok(mostDifference(places.samples, samples) < 2e-6, 'and back');
    });
  }

  t.test(`bins that are no transform's come out as by definition, ${2 * n} points`, async t => {
    const re = noise(20, n === 80 ? 8000 : 16_000, 0.3, 5).subarray(0, n + 1);
    const im = noise(20, n === 80 ? 8000 : 16_000, 0.3, 6).subarray(0, n + 1);
    im[0] = 0;
    im[n] = 0;
    places.re.set(re);
    places.im.set(im);
    places.inverse();
    const wanted = inverse({ re: Float64Array.from(re), im: Float64Array.from(im) });
    t.ok(mostDifference(places.samples, wanted) < 2e-6);
  });

  t.test(`what is no number is gone with the next transform, ${2 * n} points`, async t => {
    places.samples.fill(Number.NaN);
    places.forward();
    places.inverse();
    const samples = noise(20, n === 80 ? 8000 : 16_000, 0.3, 8);
    const spectra = [1, 2].map(() => {
      places.samples.set(samples);
      places.forward();
      return [...places.re].concat([...places.im]);
    });
    t.ok(spectra[0]!.every(Number.isFinite));
    t.same(spectra[0], spectra[1], 'and the same samples give the same bits');
  });
}
