import type { SeededRandom } from '../caller/random.ts';
import type { Track } from '../wire/track.ts';

/** How the agent's voice comes back to it. */
export interface EchoPath {
  /** A hybrid's ring of some milliseconds, or a loudspeaker telephone's room. */
  readonly kind: 'hybrid' | 'room';
  /** From the packet in which a sound came to the packet in which it goes back. */
  readonly delayMs: number;
  /** Echo return loss: by so much is the echo weaker than what came. */
  readonly erlDb: number;
  /** The response after the delay follows from it. */
  readonly seed: number;
}

const HYBRID_MS = 8;
const ROOM_MS = 120;
/** Time in which the response falls by 60 dB. */
const DECAY_MS = { hybrid: 12, room: 250 } as const;
/** Taps for each millisecond: a sparse response sounds and adapts like a dense one (velvet noise). */
const TAPS_PER_MS = { hybrid: 6, room: 1 } as const;

/** A tap of the response, in samples after the delay. */
interface Tap {
  readonly at: number;
  readonly gain: number;
}

/** Makes the echo of one call from what was heard in it. */
export class Echo {
  readonly #heard: Track;
  readonly #taps: readonly Tap[];
  readonly #delaySamples: number;

  constructor(path: EchoPath, heard: Track, random: SeededRandom) {
    this.#heard = heard;
    this.#taps = response(path, heard.rateHz, random);
    this.#delaySamples = Math.round((path.delayMs * heard.rateHz) / 1000);
  }

  /** Adds the echo to what is sent from `atMs` on, a time of the same clock as the track's. */
  addTo(frame: Int16Array, atMs: number): void {
    const { pcm, rateHz } = this.#heard;
    const from = Math.round((atMs * rateHz) / 1000) - this.#delaySamples;
    for (let i = 0; i < frame.length; i += 1) {
      let echo = 0;
      for (const { at, gain } of this.#taps) echo += gain * (pcm[from + i - at] ?? 0);
      frame[i] = Math.max(-32_768, Math.min(32_767, Math.round(frame[i]! + echo)));
    }
  }
}

/** Random taps under a decay, of the energy that the return loss leaves. */
function response({ kind, erlDb }: EchoPath, rateHz: number, random: SeededRandom): Tap[] {
  const lengthMs = kind === 'hybrid' ? HYBRID_MS : ROOM_MS;
  const count = lengthMs * TAPS_PER_MS[kind];
  const taps = Array.from({ length: count }, (_, index) => {
    const atMs = ((index + random.next()) * lengthMs) / count;
    const decay = 10 ** ((-3 * atMs) / DECAY_MS[kind]);
    return { at: Math.round((atMs * rateHz) / 1000), gain: random.chance(0.5) ? decay : -decay };
  });
  const energy = taps.reduce((sum, { gain }) => sum + gain * gain, 0);
  const scale = 10 ** (-erlDb / 20) / Math.sqrt(energy);
  return taps.map(({ at, gain }) => ({ at, gain: gain * scale }));
}
