import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PipelineRateHz } from '../../pipeline/frame.ts';

/**
 * Sounds for tests, full scale ±1.0. Speech comes from flite, prompts from Asterisk's core sounds where they are
 * installed; everything else is calculated, the same in every run.
 */
function hasFlite(): boolean {
  try {
    execFileSync('flite', ['-lv'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

export const NO_FLITE = !hasFlite() && 'flite is not installed (apt-get install flite)';

/** A sentence by flite, without the silence in front of it. */
export function speech(text: string, rateHz: PipelineRateHz, voice = 'slt'): Float32Array {
  const folder = mkdtempSync(join(tmpdir(), 'flite-'));
  try {
    const file = join(folder, 'speech.wav');
    execFileSync('flite', ['-voice', voice, '-t', text, '-o', file], { stdio: 'ignore' });
    return trimmed(resample(readWav(file), rateHz));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const PROMPTS = '/usr/share/asterisk/sounds/en';

/** A prompt spoken by a person, 8 kHz; undefined where Asterisk's sounds are not installed. */
export function prompt(name: string, rateHz: PipelineRateHz): Float32Array | undefined {
  const file = join(PROMPTS, `${name}.wav`);
  return existsSync(file) ? trimmed(resample(readWav(file), rateHz)) : undefined;
}

interface Wav {
  readonly samples: Float32Array;
  readonly rateHz: number;
}

/** Reads 16-bit mono PCM (RIFF chunks fmt and data). */
function readWav(file: string): Wav {
  const bytes = readFileSync(file);
  let rateHz = 0;
  for (let at = 12; at + 8 <= bytes.length; at += 8 + bytes.readUInt32LE(at + 4)) {
    const id = bytes.toString('latin1', at, at + 4);
    if (id === 'fmt ') rateHz = bytes.readUInt32LE(at + 12);
    if (id !== 'data') continue;
    const length = Math.min(bytes.readUInt32LE(at + 4), bytes.length - at - 8) >> 1;
    const samples = Float32Array.from({ length }, (_, i) => bytes.readInt16LE(at + 8 + 2 * i) / 32768);
    return { samples, rateHz };
  }
  throw new Error(`${file} holds no samples`);
}

/** Linear interpolation: good enough for what a voice detector hears. */
function resample({ samples, rateHz }: Wav, wantedHz: number): Float32Array {
  const length = Math.floor((samples.length * wantedHz) / rateHz);
  return Float32Array.from({ length }, (_, i) => {
    const at = (i * rateHz) / wantedHz;
    const left = samples[Math.floor(at)] ?? 0;
    const right = samples[Math.floor(at) + 1] ?? left;
    return left + (right - left) * (at % 1);
  });
}

const AUDIBLE = 0.01;

function trimmed(samples: Float32Array): Float32Array {
  const first = samples.findIndex(sample => Math.abs(sample) > AUDIBLE);
  const last = samples.findLastIndex(sample => Math.abs(sample) > AUDIBLE);
  return samples.slice(first, last + 1);
}

export function silence(durationMs: number, rateHz: PipelineRateHz): Float32Array {
  return new Float32Array((durationMs * rateHz) / 1000);
}

export function tone(
  hz: readonly number[],
  durationMs: number,
  rateHz: PipelineRateHz,
  amplitude = 0.3,
): Float32Array {
  return silence(durationMs, rateHz).map(
    (_, i) =>
      (amplitude / hz.length) * hz.reduce((sum, f) => sum + Math.sin((2 * Math.PI * f * i) / rateHz), 0),
  );
}

/** The same noise for the same seed (xorshift32), uniform, with this root mean square. */
export function noise(durationMs: number, rateHz: PipelineRateHz, rms: number, seed = 1): Float32Array {
  let state = seed;
  return silence(durationMs, rateHz).map(() => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state / 2 ** 31) * rms * Math.sqrt(3);
  });
}

/** Noise as comfort noise generators make it: low-passed, about −60 dB of full scale. */
export function comfortNoise(durationMs: number, rateHz: PipelineRateHz): Float32Array {
  let smooth = 0;
  return noise(durationMs, rateHz, 0.004).map(sample => {
    smooth += 0.3 * (sample - smooth);
    return smooth;
  });
}

export function concat(...parts: readonly Float32Array[]): Float32Array {
  const whole = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

export function mix(one: Float32Array, other: Float32Array): Float32Array {
  return one.map((sample, i) => sample + (other[i] ?? 0));
}

export function toInt16(samples: Float32Array): Int16Array {
  return Int16Array.from(samples, sample => Math.max(-32768, Math.min(32767, Math.round(sample * 32768))));
}
