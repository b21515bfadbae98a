import t from 'tap';
import type { CodecName } from '../../../pipeline/kernels/codec_leg.ts';
import { loadKernels } from '../../../pipeline/kernels/load.ts';
import { createRandom, KERNEL_FOLDER, openLeg } from './legs.ts';

const memory = await loadKernels(KERNEL_FOLDER, { leg: 4 });

/** A voice of sorts: a pitch that glides between 90 and 190 Hz, its harmonics, syllables. */
function speak(seconds: number, rateHz: number): Float32Array {
  let phase = 0;
  return Float32Array.from({ length: seconds * rateHz }, (_, i) => {
    const atS = i / rateHz;
    phase += (2 * Math.PI * (140 + 50 * Math.sin(2 * atS))) / rateHz;
    let sample = 0;
    for (let harmonic = 1; harmonic <= 8; harmonic += 1) sample += Math.sin(harmonic * phase) / harmonic;
    return 0.2 * sample * (0.6 + 0.4 * Math.sin(2 * Math.PI * 3 * atS));
  });
}

function snrDb(wanted: Float32Array, found: Float32Array): number {
  let signal = 0;
  let fault = 0;
  for (const [i, sample] of wanted.entries()) {
    signal += sample ** 2;
    fault += (sample - found[i]!) ** 2;
  }
  return 10 * Math.log10(signal / (fault + 1e-12));
}

interface Heard {
  /** What came through whole, and with losses concealed, repeated, or left silent. */
  readonly whole: Float32Array;
  readonly concealed: Float32Array;
  readonly repeated: Float32Array;
  readonly silent: Float32Array;
}

/** Speech over a codec in packets of 20 ms, some of which are lost. */
function carry(name: CodecName, isLost: (packet: number) => boolean): Heard {
  const [sender, lucky] = [openLeg(name, memory), openLeg(name, memory)];
  // One makes up what is missing, the other only decodes what came.
  const [listener, plain] = [openLeg(name, memory), openLeg(name, memory)];
  const { rateHz } = sender;
  const speech = speak(10, rateHz);
  const samples = rateHz / 50;
  const [whole, concealed, repeated, silent] = [0, 0, 0, 0].map(() => new Float32Array(speech.length));
  const bytes = new Uint8Array(480);
  for (let at = 0; at < speech.length; at += samples) {
    const length = sender.encode(speech.subarray(at, at + samples), bytes, 0);
    lucky.decode(bytes, 0, length, whole!, at);
    if (isLost(at / samples)) {
      listener.conceal(concealed!, at, samples / 2);
      listener.conceal(concealed!, at + samples / 2, samples / 2);
      repeated!.copyWithin(at, at - samples, at);
    } else {
      listener.decode(bytes, 0, length, concealed!, at);
      plain.decode(bytes, 0, length, silent!, at);
      repeated!.set(silent!.subarray(at, at + samples), at);
    }
  }
  for (const leg of [sender, lucky, listener, plain]) leg.close();
  return { whole: whole!, concealed: concealed!, repeated: repeated!, silent: silent! };
}

for (const name of ['PCMU', 'G722'] as const) {
  for (const percent of [1, 5, 10]) {
    t.test(`${name}, ${percent} % lost: nearer to what was said than a repetition or silence`, async t => {
      const random = createRandom(40 + percent);
      const heard = carry(name, packet => packet > 10 && random() < percent / 100);
      const concealedDb = snrDb(heard.whole, heard.concealed);
      t.ok(concealedDb > snrDb(heard.whole, heard.repeated) + 3, `${concealedDb} dB`);
      t.ok(
        concealedDb > snrDb(heard.whole, heard.silent) + 1,
        `${snrDb(heard.whole, heard.silent)} dB of silence`,
      );
    });
  }

  t.test(`${name}: a loss begins and ends without a click, and is silent after 60 ms`, async t => {
    const leg = openLeg(name, memory);
    const { rateHz } = leg;
    const tone = Float32Array.from(
      { length: rateHz },
      (_, i) => 0.5 * Math.sin((2 * Math.PI * 200 * i) / rateHz),
    );
    const sender = openLeg(name, memory);
    const heard = new Float32Array(rateHz);
    const bytes = new Uint8Array(480);
    const frame = rateHz / 100;
    for (let at = 0; at < rateHz; at += frame) {
      const length = sender.encode(tone.subarray(at, at + frame), bytes, 0);
      if (at >= 30 * frame && at < 50 * frame) leg.conceal(heard, at, frame);
      else leg.decode(bytes, 0, length, heard, at);
    }
    const steepest = (2 * Math.PI * 200 * 0.5) / rateHz;
    let step = 0;
    for (let i = 20 * frame; i < 70 * frame; i += 1)
      step = Math.max(step, Math.abs(heard[i]! - heard[i - 1]!));
    t.ok(step < 1.5 * steepest, `a step of ${step}, a tone's is ${steepest}`);
    const power = (from: number, to: number): number =>
      heard.subarray(from * frame, to * frame).reduce((sum, sample) => sum + sample ** 2, 0) /
      ((to - from) * frame);
    t.ok(power(30, 31) > 0.09 && power(30, 31) < 0.125, 'at first it goes on');
    t.ok(power(33, 34) < power(31, 32) / 2, 'then it fades');
    t.ok(power(35, 36) > 0, 'to the last');
    t.equal(power(36, 50), 0, 'then it is silent');
    t.ok(power(52, 60) > 0.12, 'then the tone is back');
    leg.close();
    sender.close();
  });
}

t.test('where nothing was heard, nothing is made up', async t => {
  const leg = openLeg('PCMA', memory);
  const pcm = new Float32Array(480).fill(1);
  leg.conceal(pcm, 0, 480);
  t.ok(pcm.every(sample => sample === 0));
  pcm.fill(1);
  leg.conceal(pcm, 0, 481);
  t.ok(
    pcm.every(sample => sample === 1),
    'more than 60 ms is refused',
  );
  leg.close();
  leg.conceal(pcm, 0, 80);
  t.ok(
    pcm.every(sample => sample === 1),
    'closed',
  );
});

t.test('a stream that begins anew is joined to what was heard', async t => {
  const leg = openLeg('PCMU', memory);
  const pcm = new Float32Array(160);
  const loud = new Uint8Array(160).fill(0x90);
  leg.decode(loud, 0, 160, pcm, 0);
  const last = pcm[159]!;
  leg.restart();
  leg.decode(new Uint8Array(160).fill(0x10), 0, 160, pcm, 0);
  t.ok(Math.abs(pcm[0]! - last) < 0.1, `from ${last} to ${pcm[0]}`);
  t.ok(pcm[159]! < -0.2, 'and then heard as it is');
  leg.close();
});

t.test('noise, extremes and losses at random: always samples, never more than full scale', async t => {
  const random = createRandom(77);
  const leg = openLeg('G722', memory);
  const pcm = new Float32Array(960);
  const bytes = new Uint8Array(480);
  let largest = 0;
  for (let i = 0; i < 3_000; i += 1) {
    const samples = 2 * Math.ceil(random() * 480);
    if (random() < 0.3) leg.conceal(pcm, 0, samples);
    else {
      for (let at = 0; at < 480; at += 1) bytes[at] = random() * 256;
      leg.decode(bytes, 0, samples / 2, pcm, 0);
    }
    for (let at = 0; at < samples; at += 1) largest = Math.max(largest, Math.abs(pcm[at]!));
  }
  t.ok(largest <= 1, `${largest}`);
  leg.close();
  t.equal(memory.pool('leg').brokenSlots, 0);
});
