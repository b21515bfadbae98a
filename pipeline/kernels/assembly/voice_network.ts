/**
 * Silero's network behind the spectra, for the windows of a batch: four convolutions over time, each rectified, a
 * recurrent layer and a decoder. `table` has the weights in the order of pipeline/kernels/voice_table.ts.
 */
import {
  listBytes,
  listMore,
  listPositive,
  MIXED_BYTES,
  MIXTURES,
  multiplyLists,
  multiplyMixtures,
  NARROW,
  NARROW_BYTES,
  WIDE,
  WIDE_BYTES,
} from './voice_layers.ts';
import { recall, UNITS } from './voice_recurrence.ts';

/** A row has what is made of one voice's window: where the voice keeps state and cells, 128 numbers each. */
export const ROW_STATE: usize = 0;
/** Then the probability of speech. */
export const ROW_PROBABILITY: usize = 4;
/** Mixtures of its spectra. */
export const ROW_MIXTURES: usize = 16;
/** What the last layer gave: up to 512 numbers. */
const OUTPUTS: usize = ROW_MIXTURES + MIXED_BYTES;
/** What of that goes into the next one. */
const LISTS: usize = OUTPUTS + 512 * 4;
export const ROW_BYTES: usize = LISTS + 4 * (128 + 2) * 8;

const TAPS: i32 = 3;
const SPECTRA: i32 = 4;

/** Judges `count` rows that are filled as far as the mixtures of so many bins; moves the voices' state on. */
export function judgeRows(table: usize, rows: usize, count: i32, bins: i32): void {
  let at = hearSpectra(table, rows, count, bins);
  at = convolve(at, rows, count, UNITS, 64, 2, SPECTRA);
  at = convolve(at, rows, count, 64, 64, 2, 2);
  at = convolve(at, rows, count, 64, UNITS, 1, 1);
  at = recur(at, rows, count);
  for (let row = rows; row < rows + <usize>count * ROW_BYTES; row += ROW_BYTES) {
    const state = <usize>load<u32>(row + ROW_STATE);
    store<f32>(row + ROW_PROBABILITY, recall(row + OUTPUTS, state, at));
  }
}

/** These layers say where in the table the next one's weights begin. */
function hearSpectra(table: usize, rows: usize, count: i32, bins: i32): usize {
  const panelBytes = <usize>(MIXTURES * bins) * NARROW_BYTES;
  const bias = table + <usize>(UNITS / NARROW) * panelBytes;
  const rowBytes = (<usize>UNITS) << 2;
  for (let panel: usize = 0; panel < <usize>(UNITS / NARROW); panel++) {
    const out = panel * NARROW_BYTES;
    let row = rows;
    for (let i = 0; i < count; i++) {
      multiplyMixtures(bins, table, bias + out, row + ROW_MIXTURES, row + OUTPUTS + out, rowBytes);
      row += ROW_BYTES;
    }
    table += panelBytes;
  }
  return bias + rowBytes;
}

/** Over so many `steps` of time, with a step of silence on either side. */
function convolve(
  table: usize,
  rows: usize,
  count: i32,
  inputs: i32,
  outputs: i32,
  hop: i32,
  steps: i32,
): usize {
  let row = rows;
  for (let i = 0; i < count; i++) {
    for (let step = 0; step < steps; step++) {
      const values = row + OUTPUTS + ((<usize>(step * inputs)) << 2);
      listPositive(values, inputs, row + LISTS + <usize>step * listBytes(inputs));
    }
    row += ROW_BYTES;
  }
  const tapBytes = <usize>inputs * WIDE_BYTES;
  const bias = table + ((<usize>(TAPS * inputs * outputs)) << 2);
  for (let panel = 0; panel < outputs; panel += WIDE) {
    row = rows;
    for (let i = 0; i < count; i++) {
      for (let step = 0; step * hop < steps; step++) {
        const first = step * hop - 1;
        const begin = max(first, 0);
        const heard = min(first + TAPS, steps) - begin;
        multiplyLists(
          inputs,
          table + <usize>(begin - first) * tapBytes,
          bias + ((<usize>panel) << 2),
          row + LISTS + <usize>begin * listBytes(inputs),
          heard,
          row + OUTPUTS + ((<usize>(step * outputs + panel)) << 2),
        );
      }
      row += ROW_BYTES;
    }
    table += <usize>TAPS * tapBytes;
  }
  return bias + ((<usize>outputs) << 2);
}

/** The recurrent layer's gates, before their nonlinearities. */
function recur(table: usize, rows: usize, count: i32): usize {
  const gates = 4 * UNITS;
  let row = rows;
  for (let i = 0; i < count; i++) {
    listPositive(row + OUTPUTS, UNITS, row + LISTS);
    listMore(<usize>load<u32>(row + ROW_STATE), UNITS, UNITS, row + LISTS);
    row += ROW_BYTES;
  }
  const bias = table + ((<usize>(2 * UNITS * gates)) << 2);
  for (let panel = 0; panel < gates; panel += WIDE) {
    const out = (<usize>panel) << 2;
    row = rows;
    for (let i = 0; i < count; i++) {
      multiplyLists(2 * UNITS, table, bias + out, row + LISTS, 1, row + OUTPUTS + out);
      row += ROW_BYTES;
    }
    table += <usize>(2 * UNITS) * WIDE_BYTES;
  }
  return bias + ((<usize>gates) << 2);
}
