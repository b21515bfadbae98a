import t from 'tap';
import { narrowbandTransform } from '../../src/providers/stt/band.ts';
import { cepstraOf } from '../../src/providers/stt/cepstra.ts';
import { FILTERS, MelSpectrum } from '../../src/providers/stt/mel_spectrum.ts';
import { excerptOf, featuresOf } from '../../src/providers/stt/speech_features.ts';
import { findSpeech } from '../../src/providers/stt/speech_span.ts';
import { Utterance } from '../../src/providers/stt/utterance.ts';
import { atRate } from '../../src/providers/tts/speech_level.ts';
import { callerSpeech } from './spoken_fixtures.ts';

const MODEL = '/usr/share/pocketsphinx/model/en-us/en-us';

function spectrumOf(pcm: Int16Array, rateHz: 8000 | 16000, warps: readonly number[] = [1]): MelSpectrum {
  const spectrum = new MelSpectrum(rateHz, warps);
  spectrum.push(pcm);
  return spectrum;
}

function tone(hz: number, rateHz: number): Int16Array {
  return Int16Array.from({ length: rateHz }, (_, at) => 8_000 * Math.sin((2 * Math.PI * hz * at) / rateHz));
}

function loudestFilter(spectrum: MelSpectrum, warp = 0): number {
  const frame = spectrum.bands[warp]!.frame(20);
  return frame.indexOf(frame.reduce((most, value) => Math.max(most, value)));
}

t.test('a tone lies in the band of its frequency, at both rates alike', async t => {
  // Centres of the model's filters by its feat.params (130 … 6,800 Hz, 25 filters).
  for (const [hz, filter] of [
    [1_000, 7],
    [2_000, 13],
    [3_125, 17],
  ] as const) {
    t.equal(loudestFilter(spectrumOf(tone(hz, 16_000), 16_000)), filter, `${hz} Hz at 16 kHz`);
    t.equal(loudestFilter(spectrumOf(tone(hz, 8_000), 8_000)), filter, `${hz} Hz at 8 kHz`);
  }
  t.equal(loudestFilter(spectrumOf(tone(5_600, 16_000), 16_000)), 23);
});

t.test('a warp reads frequencies higher', async t => {
  const spectrum = spectrumOf(tone(2_000, 16_000), 16_000, [1, 1.25]);
  t.ok(loudestFilter(spectrum, 1) > loudestFilter(spectrum, 0));
});

t.test('how the samples are cut changes nothing', async t => {
  const pcm = await callerSpeech('One two three.');
  const whole = spectrumOf(pcm, 16_000);
  const pieces = new MelSpectrum(16_000, [1]);
  for (let at = 0; at < pcm.length; at += 77) pieces.push(pcm.subarray(at, at + 77));
  t.equal(pieces.frameCount, whole.frameCount);
  t.strictSame(pieces.bands[0]!.frame(60), whole.bands[0]!.frame(60));
});

t.test('speech is found and its band is told', async t => {
  const wide = await callerSpeech('Six thirty six, Forest Street.');
  const spectrum = spectrumOf(wide, 16_000);
  const excerpt = excerptOf(spectrum, 16_000)!;
  t.equal(excerpt.band, 'wide');
  t.ok(excerpt.firstFrame >= 35 && excerpt.firstFrame <= 50, `begins at ${excerpt.firstFrame}`);
  t.ok(excerpt.lastFrame < spectrum.frameCount - 50, 'and ends before the silence');

  const telephone = doubleRate(atRate(wide, 16_000, 8_000));
  t.equal(excerptOf(spectrumOf(telephone, 16_000), 16_000)?.band, 'narrow', 'through a telephone');
  t.equal(excerptOf(spectrumOf(atRate(wide, 16_000, 8_000), 8_000), 8_000)?.band, 'narrow');
  t.equal(excerptOf(spectrumOf(new Int16Array(16_000), 16_000), 16_000), undefined, 'none in silence');
  t.equal(excerptOf(new MelSpectrum(16_000, [1]), 16_000), undefined, 'none in nothing');
});

t.test('features are of what was heard when they were begun, whenever they are calculated', async t => {
  const spectrum = spectrumOf(await callerSpeech('Six thirty six.'), 16_000, [1, 1.06]);
  const features = () => featuresOf(spectrum, excerptOf(spectrum, 16_000)!);
  const [atOnce, later] = [features(), features()];
  const expected = atOnce.warped.map(frames => frames());
  spectrum.push(await callerSpeech('Forest Street.'));
  t.strictSame(
    later.warped.map(frames => frames()),
    expected,
  );
  t.ok(features().warped[0]!().count > expected[0]!.count, 'what is begun now holds all');
});

t.test('nothing comes of nothing', async t => {
  const power = spectrumOf(new Int16Array(8_000), 16_000).bands[0]!;
  t.equal(cepstraOf(power, findSpeech(power), FILTERS).count, 0);
});

t.test('the narrow-band model is a linear map of the wide one', async t => {
  const numbers = (await narrowbandTransform(MODEL)).trim().split(/\s+/u).map(Number);
  t.equal(numbers.length, 2 + 3 * (1 + 13 * 13 + 13 + 13));
  t.ok(numbers.every(Number.isFinite));
  // Mean log power over fewer bands: the first coefficient keeps the share √(18 / 25) of itself.
  t.ok(Math.abs(numbers[3]! - Math.sqrt(18 / 25)) < 1e-3, `${numbers[3]}`);
  await t.rejects(narrowbandTransform('/nowhere'));
});

function doubleRate(pcm: Int16Array): Int16Array {
  const doubled = new Int16Array(pcm.length * 2);
  const taps = 48;
  for (let at = 0; at < doubled.length; at++) {
    let sum = 0;
    for (let from = Math.ceil((at - taps) / 2); from <= (at + taps) / 2; from++) {
      const x = at / 2 - from;
      const sinc = x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
      sum += (pcm[from] ?? 0) * sinc * (0.5 + 0.5 * Math.cos((2 * Math.PI * x) / taps));
    }
    doubled[at] = Math.round(sum);
  }
  return doubled;
}

t.test('what was said so far is searched at a pause that is long enough, once', async t => {
  const burst = new Int16Array(4_000).map((_, i) => 8_000 * Math.sin(i * (0.2 + i / 40_000)));
  const hiss = (ms: number) => new Int16Array(8 * ms).map((_, i) => (i % 7) - 3);
  for (const [pauseFrames, searches] of [
    [30, [1, 1, 2]],
    [55, [0, 1, 2]],
    [90, [0, 0, 0]],
  ] as const) {
    let count = 0;
    const search = async () => {
      count += 1;
      return { text: 'yes', confidence: 1, alternatives: [] };
    };
    const utterance = new Utterance(search, { rateHz: 8000, pauseFrames });
    const counts: number[] = [];
    for (const pieces of [[hiss(300), burst, hiss(450)], [hiss(250)], [burst, hiss(700)]]) {
      for (const piece of pieces) utterance.write(piece);
      await new Promise(resolve => setImmediate(resolve));
      counts.push(count);
    }
    t.same(counts, searches, `${pauseFrames} frames`);
    utterance.cancel();
  }
});
