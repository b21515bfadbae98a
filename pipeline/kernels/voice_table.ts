import { SILERO_VERSIONS, type SileroVersion } from '../../models/silero.ts';
import {
  readSileroWeights,
  type SileroConvolution,
  type SileroWeights,
} from '../../models/silero_weights.ts';
import type { PipelineRateHz } from '../frame.ts';
import type { KernelTables } from './kernel_memory.ts';

/** Outputs of a panel, in the first layer and in the others: see assembly/voice_layers.ts. */
const NARROW = 8;
const WIDE = 32;

/** Under what name the kernel memory has the weights of a version for a rate. */
export function voiceTableName(version: SileroVersion, rateHz: PipelineRateHz): string {
  return `silero ${version} at ${rateHz} Hz`;
}

/**
 * The weights of the voice-activity networks for both rates, 2.2 MB a version, as the kernel wants them.
 * @throws ModelError when they are missing or altered
 */
export function loadVoiceTables(versions: readonly SileroVersion[] = SILERO_VERSIONS): KernelTables {
  return Object.fromEntries(
    versions.flatMap(version => {
      const weights = readSileroWeights(version);
      return ([8000, 16_000] as const).map(rateHz => [
        voiceTableName(version, rateHz),
        packVoiceTable(weights[rateHz]),
      ]);
    }),
  );
}

/**
 * In the order in which `judgeVoices` finds it: the window; panels and bias of each convolution; those of the recurrent
 * layer, its inputs before its state; the decoder's weights and bias.
 */
function packVoiceTable(weights: SileroWeights): Float32Array {
  const { window, encoder, decoder, decoderBias } = weights;
  const parts = [
    window,
    ...encoder.flatMap((layer, index) => [
      index === 0 ? packFirst(layer) : packConvolution(layer),
      layer.bias,
    ]),
    ...packRecurrence(weights),
    decoder,
    Float32Array.of(decoderBias),
  ];
  const table = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    table.set(part, at);
    at += part.length;
  }
  return table;
}

/** For each panel of so many outputs and each column the `weight` of every output. */
function packPanels(
  panel: number,
  outputs: number,
  columns: number,
  weight: (output: number, column: number) => number,
): Float32Array {
  const panels = new Float32Array(outputs * columns);
  let at = 0;
  for (let first = 0; first < outputs; first += panel) {
    for (let column = 0; column < columns; column += 1) {
      for (let output = first; output < first + panel; output += 1) {
        panels[at] = weight(output, column);
        at += 1;
      }
    }
  }
  return panels;
}

/** What the taps of the first layer are mixed to: see assembly/voice_layers.ts. */
const MIXTURES = [
  [1 / 4, 0, 0],
  [-1 / 6, -1 / 6, -1 / 6],
  [-1 / 6, 1 / 6, -1 / 6],
  [1 / 24, 1 / 12, 1 / 6],
  [1 / 24, -1 / 12, 1 / 6],
  [0, 0, 1],
] as const;

/** A column is a mixture of an input's taps; those of an input are neighbours. */
function packFirst({ inputs, outputs, weights }: SileroConvolution): Float32Array {
  return packPanels(NARROW, outputs, inputs * MIXTURES.length, (output, column) => {
    const mixture = column % MIXTURES.length;
    const input = (column - mixture) / MIXTURES.length;
    const at = (output * inputs + input) * 3;
    return MIXTURES[mixture]!.reduce((sum, share, tap) => sum + share * weights[at + tap]!, 0);
  });
}

/** A column is a tap of an input; those of a tap are neighbours. */
function packConvolution({ inputs, outputs, weights }: SileroConvolution): Float32Array {
  const columns = weights.length / outputs;
  const taps = columns / inputs;
  return packPanels(WIDE, outputs, columns, (output, column) => {
    const input = column % inputs;
    const tap = (column - input) / inputs;
    return weights[(output * inputs + input) * taps + tap]!;
  });
}

function packRecurrence(weights: SileroWeights): [Float32Array, Float32Array] {
  const { inputWeights, stateWeights, inputBias, stateBias } = weights;
  const units = weights.decoder.length;
  const panels = packPanels(WIDE, inputBias.length, 2 * units, (output, input) =>
    input < units ? inputWeights[output * units + input]! : stateWeights[output * units + input - units]!,
  );
  return [panels, inputBias.map((bias, i) => bias + stateBias[i]!)];
}
