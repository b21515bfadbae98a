/**
 * Voice activity: Silero's network (https://github.com/snakers4/silero-vad, v5 and v6) on windows of 32 ms. Four spectra
 * of a window, four convolutions over them, a recurrent layer, one probability.
 */
import { convolveFours, convolveOne, convolveSteps, Layer } from './voice_layers.ts';
import { remember, UNITS } from './voice_recurrence.ts';
import { SPECTRA_BYTES, spectra } from './voice_spectrum.ts';

/** How a call's slot begins. */
@unmanaged
class Voice {
  /** Windows that have passed, judged or not. */
  windows: i32;
  /** Samples since the last of them. */
  waiting: i32;
  /** Of the last one that was judged. */
  probability: f32;
  samplesPerMs: i32;
}

/** Where its parts lie in a slot, in bytes: as `Voice`, then the recurrent layer's state and cells. */
export const VOICE_WINDOWS: usize = 0;
export const VOICE_WAITING: usize = 4;
export const VOICE_PROBABILITY: usize = 8;
const STATE: usize = 16;
const CELLS: usize = STATE + 512;
/** The end of the last window, and what came since. */
const SAMPLES: usize = CELLS + 512;

const WINDOW_MS: i32 = 32;
const CONTEXT_MS: i32 = 4;
/** A window that is due may wait for two frames, while a third is coming. */
const LATEST_MS: i32 = WINDOW_MS + 30;
const MOST_PER_MS: i32 = 16;
export const VOICE_BYTES: usize = SAMPLES + <usize>((CONTEXT_MS + LATEST_MS) * MOST_PER_MS * 4);

/** The slot, full of zeros, is to hear samples of this rate. */
export function openVoice(slot: usize, samplesPerMs: i32): void {
  changetype<Voice>(slot).samplesPerMs = samplesPerMs;
}

/** Forgets what was heard, but not how long that was. */
export function forgetVoice(slot: usize): void {
  const voice = changetype<Voice>(slot);
  voice.probability = 0;
  memory.fill(slot + STATE, 0, VOICE_BYTES - STATE);
}

/** What the recurrent layer remembers is forgotten; the samples that wait are not. */
export function renewVoice(slot: usize): void {
  memory.fill(slot + STATE, 0, SAMPLES - STATE);
}

/**
 * Time moves on by so many samples without sound: what was heard before is forgotten if that ends a window, which then
 * counts as silent.
 */
export function skipVoice(slot: usize, samples: i32): void {
  const voice = changetype<Voice>(slot);
  const length = WINDOW_MS * voice.samplesPerMs;
  const waiting = voice.waiting + samples;
  if (waiting < length) {
    memory.fill(newest(slot, voice), 0, (<usize>samples) << 2);
  } else {
    forgetVoice(slot);
  }
  voice.windows += waiting / length;
  voice.waiting = waiting % length;
}

/** Takes in a frame (a multiple of 4 samples). A window that is still not judged when there is no more room for it never is. */
export function hearVoice(slot: usize, frame: usize, samples: i32): void {
  const voice = changetype<Voice>(slot);
  if (voice.waiting + samples > LATEST_MS * voice.samplesPerMs) passWindow(slot, voice);
  const to = newest(slot, voice);
  const bytes = (<usize>samples) << 2;
  for (let at: usize = 0; at < bytes; at += 16) v128.store(to + at, cleaned(v128.load(frame + at)));
  voice.waiting += samples;
}

function newest(slot: usize, voice: Voice): usize {
  return slot + SAMPLES + ((<usize>(CONTEXT_MS * voice.samplesPerMs + voice.waiting)) << 2);
}

/** Softer than −180 dB of full scale is silence, so that nothing becomes too small to be fast; so is what is no sound. */
function cleaned(samples: v128): v128 {
  const size = f32x4.abs(samples);
  const isSound = v128.and(f32x4.ge(size, f32x4.splat(1e-9)), f32x4.le(size, f32x4.splat(16)));
  return v128.and(samples, isSound);
}

function passWindow(slot: usize, voice: Voice): void {
  const length = WINDOW_MS * voice.samplesPerMs;
  voice.windows += 1;
  voice.waiting -= length;
  const kept = CONTEXT_MS * voice.samplesPerMs + voice.waiting;
  memory.copy(slot + SAMPLES, slot + SAMPLES + ((<usize>length) << 2), (<usize>kept) << 2);
}

/** Windows that are judged together at most. */
export const MOST_VOICES: i32 = 16;

/** A batch's slot: addresses of the voices, a place to calculate spectra, one to join a window, and the rows. */
export const VOICES: usize = 0;
const SPECTRA: usize = VOICES + <usize>MOST_VOICES * 4;
const WINDOW: usize = SPECTRA + SPECTRA_BYTES;
const ROWS: usize = WINDOW + 640 * 4;

/** A row has what the layers make of one voice's window. Around its spectra lie zeros, as wide as a spectrum. */
const MAGNITUDES: usize = 0;
const FIRST: usize = MAGNITUDES + 6 * 132 * 4;
const SECOND: usize = FIRST + 4 * 128 * 4;
const THIRD: usize = SECOND + 2 * 64 * 4;
/** What goes into the recurrent layer: the last convolution's output, and the state. */
const FOURTH: usize = THIRD + 64 * 4;
const RECALLED: usize = FOURTH + 128 * 4;
const GATES: usize = RECALLED + 128 * 4;
const ROW: usize = GATES + 512 * 4;
export const VOICE_BATCH_BYTES: usize = ROWS + <usize>MOST_VOICES * ROW;

const LAYERS = memory.data(5 * offsetof<Layer>(), 16);

/** Half the points of a spectrum: 64 or 128. */
function halfOf(samplesPerMs: i32): i32 {
  return 8 * samplesPerMs;
}

/** Bins of a spectrum, with a zero to make them even. */
function binsOf(samplesPerMs: i32): i32 {
  return halfOf(samplesPerMs) + 2;
}

/**
 * Judges the windows that are due of `count` voices of one rate, whose addresses are in the batch's slot. `table` holds
 * the weights for that rate; see pipeline/kernels/voice_table.ts.
 */
export function judgeVoices(batch: usize, count: i32, table: usize): void {
  const samplesPerMs = changetype<Voice>(load<u32>(batch + VOICES)).samplesPerMs;
  const window = table;
  const decoder = layOut(samplesPerMs, table + ((<usize>(2 * halfOf(samplesPerMs))) << 2));
  for (let i = 0; i < count; i++) beginRow(batch, i, samplesPerMs, window);
  if (count === 1) throughOne(batch + ROWS, samplesPerMs);
  else throughFours(batch + ROWS, (count + 3) >> 2, samplesPerMs);
  for (let i = 0; i < count; i++) {
    const slot = <usize>load<u32>(batch + VOICES + ((<usize>i) << 2));
    const voice = changetype<Voice>(slot);
    voice.probability = remember(rowAt(batch, i) + GATES, slot + CELLS, slot + STATE, decoder);
    passWindow(slot, voice);
  }
}

function rowAt(batch: usize, index: i32): usize {
  return batch + ROWS + <usize>index * ROW;
}

function layerAt(index: i32): Layer {
  return changetype<Layer>(LAYERS + <usize>index * offsetof<Layer>());
}

/** Describes the layers whose weights begin at `table`; says where the decoder's are. */
function layOut(samplesPerMs: i32, table: usize): usize {
  table = describe(layerAt(0), table, binsOf(samplesPerMs), 128, 3, 1, 4, 4, 0);
  table = describe(layerAt(1), table, 128, 64, 3, 2, 4, 2, 0);
  table = describe(layerAt(2), table, 64, 64, 3, 2, 2, 1, 0);
  table = describe(layerAt(3), table, 64, 128, 3, 1, 1, 1, 0);
  return describe(layerAt(4), table, 2 * UNITS, 4 * UNITS, 1, 1, 1, 1, -Infinity);
}

function describe(
  layer: Layer,
  table: usize,
  inputs: i32,
  outputs: i32,
  taps: i32,
  hop: i32,
  steps: i32,
  stepsOut: i32,
  least: f32,
): usize {
  layer.weights = table;
  layer.bias = table + ((<usize>(taps * inputs * outputs)) << 2);
  layer.inputs = inputs;
  layer.outputs = outputs;
  layer.taps = taps;
  layer.hop = hop;
  layer.steps = steps;
  layer.stepsOut = stepsOut;
  layer.least = least;
  return layer.bias + ((<usize>outputs) << 2);
}

/** The window's spectra and the state. */
function beginRow(batch: usize, index: i32, samplesPerMs: i32, window: usize): void {
  const slot = <usize>load<u32>(batch + VOICES + ((<usize>index) << 2));
  const row = rowAt(batch, index);
  const samples = batch + WINDOW;
  mirrored(slot + SAMPLES, samples, samplesPerMs);
  const frameBytes = (<usize>binsOf(samplesPerMs)) << 2;
  const magnitudes = row + MAGNITUDES + frameBytes;
  spectra(halfOf(samplesPerMs), samples, window, batch + SPECTRA, magnitudes, frameBytes);
  memory.copy(row + RECALLED, slot + STATE, 512);
}

/** Context and window, and behind them, as long as the context, their end in reverse. */
function mirrored(from: usize, to: usize, samplesPerMs: i32): void {
  const length = (CONTEXT_MS + WINDOW_MS) * samplesPerMs;
  memory.copy(to, from, (<usize>length) << 2);
  for (let i = 0; i < CONTEXT_MS * samplesPerMs; i++) {
    store<f32>(to + ((<usize>(length + i)) << 2), load<f32>(from + ((<usize>(length - 2 - i)) << 2)));
  }
}

function throughOne(row: usize, samplesPerMs: i32): void {
  convolveSteps(layerAt(0), row + MAGNITUDES + ((<usize>binsOf(samplesPerMs)) << 2), row + FIRST);
  convolveOne(layerAt(1), row + FIRST, row + SECOND);
  convolveOne(layerAt(2), row + SECOND, row + THIRD);
  convolveOne(layerAt(3), row + THIRD, row + FOURTH);
  convolveOne(layerAt(4), row + FOURTH, row + GATES);
}

function throughFours(rows: usize, groups: i32, samplesPerMs: i32): void {
  const magnitudes = rows + MAGNITUDES + ((<usize>binsOf(samplesPerMs)) << 2);
  convolveFours(layerAt(0), groups, magnitudes, rows + FIRST, ROW);
  convolveFours(layerAt(1), groups, rows + FIRST, rows + SECOND, ROW);
  convolveFours(layerAt(2), groups, rows + SECOND, rows + THIRD, ROW);
  convolveFours(layerAt(3), groups, rows + THIRD, rows + FOURTH, ROW);
  convolveFours(layerAt(4), groups, rows + FOURTH, rows + GATES, ROW);
}
