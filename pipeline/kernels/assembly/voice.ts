/**
 * Voice activity: Silero's network (https://github.com/snakers4/silero-vad, v5 and v6) on windows of 32 ms. Four spectra
 * of a window, four convolutions over them, a recurrent layer, one probability.
 */
import { mixSpectra } from './voice_layers.ts';
import { judgeRows, ROW_BYTES, ROW_MIXTURES, ROW_PROBABILITY, ROW_STATE } from './voice_network.ts';
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

/** Takes in a frame (a multiple of 4 samples). A window that was not judged by the time that there is no more room is not. */
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

/** A batch's slot: addresses of the voices, a place to calculate spectra, one to put a window together, and the rows. */
export const VOICES: usize = 0;
const SPECTRA: usize = VOICES + <usize>MOST_VOICES * 4;
const WINDOW: usize = SPECTRA + SPECTRA_BYTES;
const MAGNITUDES: usize = WINDOW + <usize>((2 * CONTEXT_MS + WINDOW_MS) * MOST_PER_MS * 4);
const ROWS: usize = MAGNITUDES + 132 * 16;
export const VOICE_BATCH_BYTES: usize = ROWS + <usize>MOST_VOICES * ROW_BYTES;

/**
 * Judges the windows that are due of `count` voices of one rate, whose addresses are in the batch's slot. `table` holds
 * the weights for that rate: see pipeline/kernels/voice_table.ts.
 */
export function judgeVoices(batch: usize, count: i32, table: usize): void {
  const samplesPerMs = changetype<Voice>(voiceAt(batch, 0)).samplesPerMs;
  // Complex points of a spectrum, half of what a frame has.
  const points = 8 * samplesPerMs;
  const window = table;
  for (let i = 0; i < count; i++) {
    const slot = voiceAt(batch, i);
    const row = rowAt(batch, i);
    store<u32>(row + ROW_STATE, slot + STATE);
    mirror(slot + SAMPLES, batch + WINDOW, samplesPerMs);
    spectra(points, batch + WINDOW, window, batch + SPECTRA, batch + MAGNITUDES);
    mixSpectra(points + 1, batch + MAGNITUDES, row + ROW_MIXTURES);
  }
  judgeRows(window + ((<usize>points) << 3), rowAt(batch, 0), count, points + 1);
  for (let i = 0; i < count; i++) {
    const slot = voiceAt(batch, i);
    const voice = changetype<Voice>(slot);
    voice.probability = load<f32>(rowAt(batch, i) + ROW_PROBABILITY);
    passWindow(slot, voice);
  }
}

function voiceAt(batch: usize, index: i32): usize {
  return load<u32>(batch + VOICES + ((<usize>index) << 2));
}

function rowAt(batch: usize, index: i32): usize {
  return batch + ROWS + <usize>index * ROW_BYTES;
}

/** Context and window, and behind them, as long as the context, their end in reverse. */
function mirror(from: usize, to: usize, samplesPerMs: i32): void {
  const length = (CONTEXT_MS + WINDOW_MS) * samplesPerMs;
  memory.copy(to, from, (<usize>length) << 2);
  for (let i = 0; i < CONTEXT_MS * samplesPerMs; i++) {
    store<f32>(to + ((<usize>(length + i)) << 2), load<f32>(from + ((<usize>(length - 2 - i)) << 2)));
  }
}
