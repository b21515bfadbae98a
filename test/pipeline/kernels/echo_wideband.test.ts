import t from 'tap';
import { frameLength } from '../../../pipeline/frame.ts';
import { loadKernels } from '../../../pipeline/kernels/load.ts';
import { openSlot } from '../../../pipeline/kernels/open_slot.ts';
import { noise } from '../sounds.ts';
import { KERNEL_FOLDER } from './legs.ts';

const RATE = 16_000;
const FRAME = frameLength(RATE);
const SECONDS = 6;
const WORD_S = 1;
const DELAY_S = 0.01;
/** In this pause the noise beneath is louder. */
const PAUSE_FROM_S = 4.25;
const PAUSE_TO_S = 4.75;

const memory = await loadKernels(KERNEL_FOLDER, { echo: 1, frame: 2 });
const farAt = openSlot(memory, 'frame').address;
const heardAt = openSlot(memory, 'frame').address;

function hiss(level: number, seed: number): Float32Array {
  return noise(SECONDS * 1000, RATE, level, seed);
}

/** Noise that comes in words of a second, with pauses of 0.75 s. */
function words(): Float32Array {
  return hiss(0.05, 3).map((sample, i) => {
    const seconds = i / RATE;
    return seconds % 1.75 < WORD_S - 0.25 ? sample * Math.sin(15 * seconds) ** 2 : 0;
  });
}

function cancel(far: Float32Array, heard: Float32Array): Float32Array {
  const { address, giveBack } = openSlot(memory, 'echo');
  memory.kernels.openEcho(address, FRAME, 7, 1);
  const out = new Float32Array(heard.length);
  for (let at = 0; at + FRAME <= heard.length; at += FRAME) {
    const samples = new Float32Array(memory.buffer, heardAt, FRAME);
    new Float32Array(memory.buffer, farAt, FRAME).set(far.subarray(at, at + FRAME));
    samples.set(heard.subarray(at, at + FRAME));
    memory.kernels.cancelEcho(address, farAt, heardAt, 0);
    out.set(samples, at);
  }
  giveBack();
  return out;
}

function decibels(samples: Float32Array, fromS: number, toS: number): number {
  const part = samples.subarray(fromS * RATE, toS * RATE);
  return 10 * Math.log10(part.reduce((sum, sample) => sum + sample * sample, 0) / part.length);
}

/** What is left after the pause, in dB, when it has so much more noise in it than all the call. */
function leftAfter(pauseLevel: number): number {
  const far = words();
  const [beneath, risen, rounding] = [hiss(1e-4, 7), hiss(pauseLevel, 8), hiss(0.5, 9)];
  const heard = beneath.map((sample, i) => {
    const seconds = i / RATE;
    const echo = 0.3 * (far[i - DELAY_S * RATE] ?? 0);
    // What codecs round is as much softer than the sound.
    const rounded = echo * (1 + 0.1 * rounding[i]!);
    return sample + rounded + (seconds > PAUSE_FROM_S && seconds < PAUSE_TO_S ? risen[i]! : 0);
  });
  return decibels(cancel(far, heard), 5.26, 5.6);
}

t.test('what a wideband codec makes of silence is no near talker who saves an echo', async t => {
  const [quiet, idle, voice] = [leftAfter(0), leftAfter(3.5e-4), leftAfter(0.02)];
  t.ok(
    Math.abs(idle - quiet) < 1.5,
    `${quiet.toFixed(1)} dB are left, ${idle.toFixed(1)} dB after more noise`,
  );
  t.ok(voice > quiet + 3, `after a voice, ${voice.toFixed(1)} dB`);
});
