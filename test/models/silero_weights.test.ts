import t from 'tap';
import { loadWeights } from '../../models/manifest.ts';
import { type Constant, readConstants } from '../../models/onnx.ts';
import { SILERO_VERSIONS, sileroEntry } from '../../models/silero.ts';
import { readSileroWeights, sileroWeights } from '../../models/silero_weights.ts';

const model = loadWeights(sileroEntry('v5'));
const constants = readConstants(model);

/** The model with one constant exchanged. */
function altered(suffix: string, change: Partial<Constant>): Constant[] {
  return constants.map(constant => (constant.name.endsWith(suffix) ? { ...constant, ...change } : constant));
}

t.test('the networks of both rates and versions are told apart', async t => {
  for (const version of SILERO_VERSIONS) {
    const weights = readSileroWeights(version);
    t.equal(weights[8000].window.length, 128);
    t.equal(weights[16_000].window.length, 256);
    t.same(
      weights[16_000].encoder.map(({ inputs, outputs }) => [inputs, outputs]),
      [
        [129, 128],
        [128, 64],
        [64, 64],
        [64, 128],
      ],
    );
    t.notSame(weights[8000].decoder, weights[16_000].decoder);
  }
  t.notSame(readSileroWeights('v5')[8000].decoder, readSileroWeights('v6')[8000].decoder);
});

t.test('the window is a periodic Hann window', async t => {
  const { window } = readSileroWeights('v5')[8000];
  for (const [i, value] of window.entries()) {
    t.ok(Math.abs(value - Math.sin((Math.PI * i) / 128) ** 2) < 1e-6, `${i}`);
  }
});

t.test('another network is refused, and it is said what differs', async t => {
  const bias = 'encoder.1.reparam_conv.bias';
  const refused = (found: readonly Constant[], message: RegExp): void => {
    t.throws(() => sileroWeights(found, 8000), { name: 'RangeError', message });
  };
  refused(
    constants.filter(({ name }) => !name.endsWith(bias)),
    /no encoder\.1\.reparam_conv\.bias/,
  );
  refused(altered(bias, { shape: [32] }), /encoder\.1\.reparam_conv\.bias is 32, not 64/);
  refused(altered('decoder.rnn.weight_ih', { shape: [128, 512] }), /is 128 × 512, not 512 × 128/);
  refused(altered('forward_basis_buffer', { shape: [130, 1, 64] }), /no transform of 128 points/);
  const noTransform = new Float32Array(130 * 128).fill(0.5);
  refused(altered('forward_basis_buffer', { values: noTransform }), /bin 0 is no Fourier transform's/);
  refused([], /no transform/);
});

t.test('what is no model has no weights', async t => {
  t.throws(() => readConstants(model.subarray(0, model.length - 100)));
  t.throws(() => readConstants(Uint8Array.from({ length: 1000 }, (_, i) => (i * 251) % 256)));
  t.same(readConstants(new Uint8Array()), []);
});
