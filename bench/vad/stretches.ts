import { activeSpeech } from '../noise/active_speech.ts';

/** From `startMs` up to, not including, `endMs`. */
export interface Stretch {
  readonly startMs: number;
  readonly endMs: number;
}

const FRAME_MS = 10;
/** A shorter pause lies within speech: the closure of a stop, a breath between words. */
const SHORTEST_PAUSE_MS = 200;
/** What sounds for less than this is no speech. */
const SHORTEST_SPEECH_MS = 60;

/**
 * Where somebody speaks, by the clean voice alone: frames of 10 ms within 30 dB of the loud ones (activeSpeech), pauses
 * below 200 ms filled, what is then shorter than 60 ms left out. To be taken before noise is added.
 */
export function speechIn(clean: Float32Array, rateHz: number): Stretch[] {
  const { speaks } = activeSpeech(clean, rateHz);
  const frames = speaks.flatMap((isSpeech, frame) =>
    isSpeech ? [{ startMs: frame * FRAME_MS, endMs: (frame + 1) * FRAME_MS }] : [],
  );
  return joined(frames, SHORTEST_PAUSE_MS).filter(
    ({ startMs, endMs }) => endMs - startMs >= SHORTEST_SPEECH_MS,
  );
}

/** One where two overlap or lie less than `pauseMs` apart; `stretches` are in the order of their starts. */
export function joined(stretches: readonly Stretch[], pauseMs: number): Stretch[] {
  const whole: Stretch[] = [];
  for (const stretch of stretches) {
    const last = whole.at(-1);
    if (last === undefined || stretch.startMs - last.endMs >= pauseMs) whole.push(stretch);
    else whole[whole.length - 1] = { startMs: last.startMs, endMs: Math.max(last.endMs, stretch.endMs) };
  }
  return whole;
}

export function totalMs(stretches: readonly Stretch[]): number {
  return stretches.reduce((sum, { startMs, endMs }) => sum + endMs - startMs, 0);
}

export function overlapMs(one: Stretch, other: Stretch): number {
  return Math.max(0, Math.min(one.endMs, other.endMs) - Math.max(one.startMs, other.startMs));
}
