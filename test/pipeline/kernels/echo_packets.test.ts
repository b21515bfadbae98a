import t from 'tap';
import { frameLength } from '../../../pipeline/frame.ts';
import { loadKernels } from '../../../pipeline/kernels/load.ts';
import { openSlot } from '../../../pipeline/kernels/open_slot.ts';
import { noise } from '../sounds.ts';
import { KERNEL_FOLDER } from './legs.ts';

const RATE = 8000;
const FRAME = frameLength(RATE);
const SECONDS = 6.5;
/** By how much the echo lies behind what was sent, until what the far end plays jumps. */
const DELAY_MS = 90;
const JUMP_MS = 40;
const JUMPS_AT_S = 5.4;

const memory = await loadKernels(KERNEL_FOLDER, { echo: 1, frame: 2 });
const farAt = openSlot(memory, 'frame').address;
const heardAt = openSlot(memory, 'frame').address;

/** Noise that comes in words of a second, with pauses of 0.4 s: another colour every 120 ms, as sounds have. */
function words(seed: number): Float32Array {
  let last = 0;
  return noise(SECONDS * 1000, RATE, 0.1, seed).map((sample, i) => {
    const seconds = i / RATE;
    if (seconds % 1.4 > 1) return 0;
    const colour = 0.9 * Math.sin(1 + Math.floor(seconds / 0.12) * (2 + seed));
    last = sample + colour * last;
    return last * (0.2 + Math.sin(9 * seconds + seed) ** 2);
  });
}

function ms(duration: number): number {
  return Math.round((duration * RATE) / 1000);
}

/** What comes out of the canceller while frames of 10 ms are lost at these times. */
function run(far: Float32Array, heard: Float32Array, lostAtS: readonly number[]): Float32Array {
  const { address, giveBack } = openSlot(memory, 'echo');
  const { kernels } = memory;
  kernels.openEcho(address, FRAME, 7, 1);
  kernels.alignEcho(address, ms(DELAY_MS - 8), 0);
  const out = new Float32Array(heard.length);
  for (let at = 0; at + FRAME <= heard.length; at += FRAME) {
    const samples = new Float32Array(memory.buffer, heardAt, FRAME);
    new Float32Array(memory.buffer, farAt, FRAME).set(far.subarray(at, at + FRAME));
    samples.set(heard.subarray(at, at + FRAME));
    const isLost = lostAtS.some(second => at === ms(1000 * second));
    kernels.cancelEcho(address, farAt, heardAt, isLost ? 1 : 0);
    out.set(samples, at);
  }
  giveBack();
  return out;
}

function power(samples: Float32Array, fromS: number, toS: number): number {
  const part = samples.subarray(ms(1000 * fromS), ms(1000 * toS));
  return part.reduce((sum, sample) => sum + sample * sample, 0) / part.length;
}

function decibels(ratio: number): number {
  return 10 * Math.log10(ratio);
}

const far = words(3);
const hum = noise(SECONDS * 1000, RATE, 0.0003, 7);
const LOST_AT_S = [2.5, 4.1];

t.test('an echo that comes sooner after a pause is no near talker on a line that loses packets', async t => {
  const heard = hum.map((sample, i) => {
    const delay = ms(i < ms(1000 * JUMPS_AT_S) ? DELAY_MS : DELAY_MS - JUMP_MS);
    return sample + 0.3 * (far[i - delay] ?? 0);
  });
  const from = 5.6 + (DELAY_MS - JUMP_MS) / 1000;
  const leftDb = (lostAtS: readonly number[]): number =>
    decibels(power(run(far, heard, lostAtS), from, from + 0.15) / power(heard, from, from + 0.15));
  const [lossy, whole] = [leftDb(LOST_AT_S), leftDb([])];
  t.ok(lossy < -12, `${lossy.toFixed(1)} dB of it are left`);
  t.ok(lossy < whole - 4, `of a line that loses none, ${whole.toFixed(1)} dB`);
});

t.test('a near talker is heard on such a line, also as loud as the echo', async t => {
  const near = words(8).map((sample, i) => (i < ms(4700) ? 0 : 0.1 * sample));
  const heard = hum.map((sample, i) => sample + 0.1 * (far[i - ms(DELAY_MS)] ?? 0) + near[i]!);
  const out = run(far, heard, LOST_AT_S);
  // A frame later, as always.
  const kept = decibels(power(out, 4.76, 5.2) / power(near, 4.75, 5.19));
  t.ok(Math.abs(kept) < 1, `${kept.toFixed(1)} dB`);
});
