import type { PipelineRateHz } from '../../pipeline/frame.ts';
import type { SeededRandom } from '../caller/random.ts';
import { gaussian } from './noise.ts';

/** What sends the far end's sound back. Its loss is that of the whole scene's speech: echo return loss, ERL. */
export type EchoPath = LineHybrid | Room;

/** Where two wires meet four: a short, dispersive echo within the telephone band, after the way there and back. */
export interface LineHybrid {
  readonly type: 'hybrid';
  readonly erlDb: number;
  readonly flatMs: number;
  /** Until it has faded by 60 dB. */
  readonly dispersionMs: number;
  /** A second hybrid further on, so much later and 8 dB weaker. */
  readonly secondAfterMs?: number;
}

/** A loudspeaker and a microphone in a room: direct sound, early reflections, a tail that decays exponentially. */
export interface Room {
  readonly type: 'room';
  readonly erlDb: number;
  readonly rt60Ms: number;
  /** Direct sound over all the rest. */
  readonly directDb: number;
}

const SECOND_HYBRID_DB = -8;
const MOST_EARLY_MS = 30;
const EARLY_REFLECTIONS = 12;
const DIRECT_MS = 1.5;

/** The impulse response, of no certain level: the scene is brought to its ERL afterwards. */
export function impulseResponse(path: EchoPath, rateHz: PipelineRateHz, random: SeededRandom): Float32Array {
  return path.type === 'hybrid' ? hybrid(path, rateHz, random) : room(path, rateHz, random);
}

function hybrid(path: LineHybrid, rateHz: number, random: SeededRandom): Float32Array {
  const { flatMs, dispersionMs, secondAfterMs } = path;
  const perMs = rateHz / 1000;
  const first = Math.round(flatMs * perMs);
  const length = Math.round(dispersionMs * perMs);
  const response = new Float32Array(first + Math.round((secondAfterMs ?? 0) * perMs) + length);
  disperse(response, first, length, 1, random);
  if (secondAfterMs !== undefined) {
    const second = first + Math.round(secondAfterMs * perMs);
    disperse(response, second, length, 10 ** (SECOND_HYBRID_DB / 20), random);
  }
  return withoutLows(response, rateHz);
}

function disperse(
  response: Float32Array,
  from: number,
  length: number,
  gain: number,
  random: SeededRandom,
): void {
  for (let i = 0; i < length; i += 1) {
    response[from + i] = response[from + i]! + gain * gaussian(random) * 10 ** ((-3 * i) / length);
  }
}

function room({ rt60Ms, directDb }: Room, rateHz: number, random: SeededRandom): Float32Array {
  const perMs = rateHz / 1000;
  const response = new Float32Array(Math.round(rt60Ms * perMs));
  const direct = Math.round(DIRECT_MS * perMs);
  const decay = (i: number): number => 10 ** ((-3 * i) / response.length);
  for (let i = direct + 1; i < response.length; i += 1) response[i] = gaussian(random) * decay(i);
  for (let n = 0; n < EARLY_REFLECTIONS; n += 1) {
    const at = direct + random.integer(1, Math.round(Math.min(MOST_EARLY_MS, rt60Ms / 2) * perMs));
    response[at] = response[at]! + 4 * gaussian(random) * decay(at);
  }
  const reverberation = response.reduce((sum, value) => sum + value ** 2, 0);
  response[direct] = Math.sqrt(reverberation * 10 ** (directDb / 10));
  return withoutLows(response, rateHz);
}

/** Neither lines nor small loudspeakers carry what lies below 200 Hz: a high-pass of first order. */
function withoutLows(response: Float32Array, rateHz: number): Float32Array {
  const pole = Math.exp((-2 * Math.PI * 200) / rateHz);
  let before = 0;
  let state = 0;
  return response.map(value => {
    state = pole * (state + value - before);
    before = value;
    return state;
  });
}
