import { SILERO_VERSIONS, type SileroVersion } from '../../models/silero.ts';
import {
  readSileroWeights,
  type SileroConvolution,
  type SileroWeights,
} from '../../models/silero_weights.ts';
import type { PipelineRateHz } from '../frame.ts';
import type { KernelTables } from './kernel_memory.ts';

/** Outputs of a panel: see assembly/voice_layers.ts. */
const PANEL = 8;

/** Under what name the kernel memory has the weights of a version for a rate. */
export function voiceTableName(version: SileroVersion, rateHz: PipelineRateHz): string {
  return `silero ${version} at ${rateHz} Hz`;
}

/**
 * The weights of the voice-activity networks for both rates, 1.9 MB a version, as the kernel wants them.
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
    ...encoder.flatMap(layer => [packConvolution(layer), layer.bias]),
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

/** `weight` of an output and an input, in panels; `inputs` is even. */
function packPanels(
  outputs: number,
  inputs: number,
  weight: (output: number, input: number) => number,
): Float32Array {
  const panels = new Float32Array(outputs * inputs);
  let at = 0;
  for (let first = 0; first < outputs; first += PANEL) {
    for (let input = 0; input < inputs; input += 1) {
      for (let output = first; output < first + PANEL; output += 1) {
        panels[at] = weight(output, input);
        at += 1;
      }
    }
  }
  return panels;
}

/** All inputs of a tap, then those of the next; with one more of weight 0 where their number is odd. */
function packConvolution({ inputs, outputs, weights }: SileroConvolution): Float32Array {
  const taps = weights.length / (inputs * outputs);
  const stride = inputs + (inputs % 2);
  return packPanels(outputs, taps * stride, (output, column) => {
    const input = column % stride;
    const tap = (column - input) / stride;
    return input < inputs ? weights[(output * inputs + input) * taps + tap]! : 0;
  });
}

function packRecurrence(weights: SileroWeights): [Float32Array, Float32Array] {
  const { inputWeights, stateWeights, inputBias, stateBias } = weights;
  const units = weights.decoder.length;
  const panels = packPanels(inputBias.length, 2 * units, (output, input) =>
    input < units ? inputWeights[output * units + input]! : stateWeights[output * units + input - units]!,
  );
  return [panels, inputBias.map((bias, i) => bias + stateBias[i]!)];
}
