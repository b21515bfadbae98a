import { type ModelEntry, modelEntry } from './manifest.ts';

/** Silero VAD (https://github.com/snakers4/silero-vad): all of these have the same network, with other weights. */
export const SILERO_VERSIONS = ['v5', 'v6'] as const;
export type SileroVersion = (typeof SILERO_VERSIONS)[number];

const ENTRIES: Readonly<Record<SileroVersion, string>> = { v5: 'silero_vad', v6: 'silero_vad_v6' };

export type VadRateHz = 8000 | 16000;

/** Length of the window that one probability speaks of, in milliseconds, at both rates. */
export const VAD_WINDOW_MS = 32;

/** Samples of a window at `rateHz`: 256 or 512. */
export function vadWindowLength(rateHz: VadRateHz): number {
  return (rateHz * VAD_WINDOW_MS) / 1000;
}

/** Samples of the window before that the network wants in front: 32 or 64. */
export function contextLength(rateHz: VadRateHz): number {
  return vadWindowLength(rateHz) / 8;
}

/** @throws ModelError when the manifest does not list it */
export function sileroEntry(version: SileroVersion): ModelEntry {
  return modelEntry(ENTRIES[version]);
}
