/**
 * Packet-loss concealment by repeated pitch cycles with a fade, after ITU-T G.711, Appendix I, without its delay: the
 * cycle is the one that best leads on from the last milliseconds, and what comes after the loss is faded in over what
 * would have gone on.
 */
import { CONCEALMENT, CYCLE, HEARD, PCM } from './slot.ts';

@unmanaged
class Concealment {
  samplesPerMs: i32;
  /** Samples made up since the last one that came; 0 when nothing is missing. */
  missing: i32;
  /** Length of the repeated cycle, and where in it the next sample lies. */
  period: i32;
  phase: i32;
}

/** Pitches from 200 Hz down to 66 Hz. */
const SHORTEST_PERIOD_MS: i32 = 5;
const LONGEST_PERIOD_MS: i32 = 15;
/** What is compared when looking for the pitch: little, so that the cycle leads on from the very last samples. */
const COMPARED_MS: i32 = 8;
/** Kept of what was heard: what is compared, the longest period earlier, and one sample. */
const HEARD_MS: i32 = 24;
/** A loss is silent after so long. */
const FADE_MS: i32 = 60;
/** What comes after the loss is faded in over a quarter period, and longer after a longer loss. */
const LONGEST_JOIN_MS: i32 = 10;
/** After silence: only so long that it does not click, since nothing is there to go over from. */
const JOIN_SILENCE_MS: i32 = 2;

export function resetConcealment(slot: usize, samplesPerMs: i32): void {
  const state = changetype<Concealment>(slot + CONCEALMENT);
  memory.fill(slot + HEARD, 0, heardBytes(samplesPerMs));
  state.samplesPerMs = samplesPerMs;
  state.missing = 0;
  state.period = 0;
  state.phase = 0;
}

/** Takes note of samples that came, at `PCM`, and joins them to what was made up before. */
export function hear(slot: usize, samples: i32): void {
  const state = changetype<Concealment>(slot + CONCEALMENT);
  if (state.missing > 0) join(slot, state, samples);
  remember(slot, state.samplesPerMs, samples);
}

/** Makes up samples at `PCM`, at most as many as fit there. */
export function conceal(slot: usize, samples: i32): void {
  const state = changetype<Concealment>(slot + CONCEALMENT);
  if (state.missing === 0) beginCycle(slot, state);
  for (let i = 0; i < samples; i++) store<f32>(slot + PCM + (i << 2), nextSample(slot, state));
  remember(slot, state.samplesPerMs, samples);
}

/** The stream begins anew elsewhere: the next samples are joined on as after a loss. */
export function interrupt(slot: usize): void {
  const state = changetype<Concealment>(slot + CONCEALMENT);
  if (state.missing > 0) return;
  beginCycle(slot, state);
  state.missing = 1;
}

function heardBytes(samplesPerMs: i32): i32 {
  return (HEARD_MS * samplesPerMs) << 2;
}

function remember(slot: usize, samplesPerMs: i32, samples: i32): void {
  const heard = slot + HEARD;
  const kept = heardBytes(samplesPerMs);
  const fresh = samples << 2;
  if (fresh >= kept) {
    memory.copy(heard, slot + PCM + fresh - kept, kept);
  } else {
    memory.copy(heard, heard + fresh, kept - fresh);
    memory.copy(heard + kept - fresh, slot + PCM, fresh);
  }
}

function nextSample(slot: usize, state: Concealment): f32 {
  const fadeSamples = FADE_MS * state.samplesPerMs;
  // Counted up to the end of the fade, so that no loss is long enough to overflow it.
  if (state.missing === fadeSamples) return 0;
  const gain = <f32>(fadeSamples - state.missing) / <f32>fadeSamples;
  state.missing += 1;
  const sample = load<f32>(slot + CYCLE + (state.phase << 2));
  state.phase = state.phase + 1 === state.period ? 0 : state.phase + 1;
  return sample * gain;
}

function join(slot: usize, state: Concealment, samples: i32): void {
  const length = min(samples, joinSamples(state));
  const step: f32 = 1.0 / <f32>(length + 1);
  for (let i = 0; i < length; i++) {
    const at = slot + PCM + (i << 2);
    const share = <f32>(i + 1) * step;
    store<f32>(at, load<f32>(at) * share + nextSample(slot, state) * (1 - share));
  }
  state.missing = 0;
}

function joinSamples(state: Concealment): i32 {
  const lostMs = state.missing / state.samplesPerMs;
  if (lostMs >= FADE_MS) return JOIN_SILENCE_MS * state.samplesPerMs;
  const wanted = (state.period >> 2) + (lostMs * 2 * state.samplesPerMs) / 5;
  return min(wanted, LONGEST_JOIN_MS * state.samplesPerMs);
}

/** Cuts the last pitch period out of what was heard and makes a cycle of it whose end leads to its start. */
function beginCycle(slot: usize, state: Concealment): void {
  const period = findPeriod(slot, state.samplesPerMs);
  const end = slot + HEARD + heardBytes(state.samplesPerMs);
  const start = end - (period << 2);
  memory.copy(slot + CYCLE, start, period << 2);
  const joined = period >> 2;
  const step: f32 = 1.0 / <f32>(joined + 1);
  for (let i = 0; i < joined; i++) {
    const offset: usize = (period - joined + i) << 2;
    const share = <f32>(i + 1) * step;
    const earlier = load<f32>(start - (joined << 2) + (i << 2));
    store<f32>(slot + CYCLE + offset, load<f32>(start + offset) * (1 - share) + earlier * share);
  }
  state.period = period;
  state.phase = 0;
}

/** The lag, in samples, at which the last milliseconds most resemble those before. */
function findPeriod(slot: usize, samplesPerMs: i32): i32 {
  const shortest = SHORTEST_PERIOD_MS * samplesPerMs;
  const longest = LONGEST_PERIOD_MS * samplesPerMs;
  const compared = COMPARED_MS * samplesPerMs;
  const last = slot + HEARD + heardBytes(samplesPerMs) - (compared << 2);
  let best = longest;
  let bestScore: f32 = 0;
  let energy = dot(last - (shortest << 2), last - (shortest << 2), compared);
  for (let lag = shortest; lag <= longest; lag++) {
    const earlier = last - (lag << 2);
    const likeness = dot(last, earlier, compared);
    const score = likeness > 0 ? (likeness * likeness) / (energy + 1e-6) : 0;
    if (score > bestScore) {
      bestScore = score;
      best = lag;
    }
    const leaving = load<f32>(earlier + ((compared - 1) << 2));
    const entering = load<f32>(earlier - 4);
    energy += entering * entering - leaving * leaving;
  }
  return best;
}

/** Product of two stretches, a multiple of four samples long. */
function dot(a: usize, b: usize, samples: i32): f32 {
  let sums = f32x4.splat(0);
  const bytes: usize = samples << 2;
  for (let at: usize = 0; at < bytes; at += 16) {
    sums = f32x4.add(sums, f32x4.mul(v128.load(a + at), v128.load(b + at)));
  }
  return (
    f32x4.extract_lane(sums, 0) +
    f32x4.extract_lane(sums, 1) +
    f32x4.extract_lane(sums, 2) +
    f32x4.extract_lane(sums, 3)
  );
}
