import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Words of the model: each is a tone, in hertz. */
const TONES: ReadonlyMap<string, number> = new Map([
  ['yes', 500],
  ['no', 900],
  ['grand', 1500],
  ['piano', 2400],
]);

const MELS = 80;
const WINDOW_FRAMES = 16;
const SUBSAMPLING = 4;
/** Log of a band's energy above which it is a tone's. */
const THRESHOLD = 2;

/** A little of the wire format of protocol buffers (https://protobuf.dev/programming-guides/encoding). */
type Field = readonly [number: number, value: number | string | Uint8Array | readonly Field[]];

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return [...bytes, rest];
}

function message(fields: readonly Field[]): Buffer {
  return Buffer.concat(
    fields.map(([number, value]) => {
      if (typeof value === 'number') return Buffer.from([...varint(number * 8), ...varint(value)]);
      const bytes =
        typeof value === 'string'
          ? Buffer.from(value)
          : value instanceof Uint8Array
            ? Buffer.from(value)
            : message(value);
      return Buffer.concat([Buffer.from([...varint(number * 8 + 2), ...varint(bytes.length)]), bytes]);
    }),
  );
}

/** Field numbers below are those of onnx.proto (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto). */
const FLOAT = 1;
const INT64 = 7;

function tensor(
  name: string,
  type: number,
  dims: readonly number[],
  data: Float32Array | BigInt64Array,
): Field {
  const raw = new Uint8Array(data.buffer);
  return [5, [...dims.map((dim): Field => [1, dim]), [2, type], [8, name], [9, raw]]];
}

function valueInfo(field: number, name: string, type: number, dims: readonly (number | string)[]): Field {
  const shape = dims.map((dim): Field => [1, [typeof dim === 'number' ? [1, dim] : [2, dim]]]);
  return [
    field,
    [
      [1, name],
      [
        2,
        [
          [
            1,
            [
              [1, type],
              [2, shape],
            ],
          ],
        ],
      ],
    ],
  ];
}

function node(
  op: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes: Field[] = [],
): Field {
  return [
    1,
    [
      ...inputs.map((name): Field => [1, name]),
      ...outputs.map((name): Field => [2, name]),
      [4, op],
      ...attributes,
    ],
  ];
}

const ints = (name: string, values: readonly number[]): Field => [
  5,
  [[1, name], ...values.map((value): Field => [8, value]), [20, 7]],
];
const int = (name: string, value: number): Field => [
  5,
  [
    [1, name],
    [3, value],
    [20, 2],
  ],
];

/** The band of a frequency, as Kaldi lays 80 triangles on the mel scale from 20 Hz to 8 kHz. */
function bandOf(hertz: number): number {
  const mel = (frequency: number) => 1127 * Math.log(1 + frequency / 700);
  const [low, high] = [mel(20), mel(8000)];
  return Math.round(((mel(hertz) - low) / (high - low)) * (MELS + 1)) - 1;
}

/**
 * Writes a model in the form that NeMo's streaming CTC models have in sherpa-onnx: real in all but its training, for it hears
 * tones. Each word is the energy in its tone's band; the blank, the last token, is a constant.
 */
export function writeToneModel(folder: string): void {
  const words = [...TONES.keys()];
  const vocabulary = words.length;
  const weights = new Float32Array(MELS * (vocabulary + 1));
  for (const [index, hertz] of [...TONES.values()].entries())
    weights[bandOf(hertz) * (vocabulary + 1) + index] = 1;
  const bias = new Float32Array(vocabulary + 1);
  bias[vocabulary] = THRESHOLD;
  const caches: readonly (readonly [string, number, readonly (number | string)[]])[] = [
    ['cache_last_channel', FLOAT, ['N', 1, 1, 1]],
    ['cache_last_time', FLOAT, ['N', 1, 1, 1]],
    ['cache_last_channel_len', INT64, ['N']],
  ];
  const graph: Field[] = [
    node('Transpose', ['audio_signal'], ['frames'], [ints('perm', [0, 2, 1])]),
    node('Slice', ['frames', 'from', 'to', 'axes', 'steps'], ['some']),
    node('MatMul', ['some', 'weights'], ['energies']),
    node('Add', ['energies', 'bias'], ['scores']),
    node('LogSoftmax', ['scores'], ['logprobs'], [int('axis', 2)]),
    node('Identity', ['length'], ['encoded_lengths']),
    ...caches.map(([name]) => node('Identity', [name], [`${name}_next`])),
    [2, 'tones'],
    tensor('weights', FLOAT, [MELS, vocabulary + 1], weights),
    tensor('bias', FLOAT, [vocabulary + 1], bias),
    ...(
      [
        ['from', 0n],
        ['to', 1000n],
        ['axes', 1n],
        ['steps', BigInt(SUBSAMPLING)],
      ] as const
    ).map(([name, value]) => tensor(name, INT64, [1], BigInt64Array.of(value))),
    valueInfo(11, 'audio_signal', FLOAT, ['N', MELS, 'T']),
    valueInfo(11, 'length', INT64, ['N']),
    ...caches.map(([name, type, dims]) => valueInfo(11, name, type, dims)),
    valueInfo(12, 'logprobs', FLOAT, ['N', 'U', vocabulary + 1]),
    valueInfo(12, 'encoded_lengths', INT64, ['N']),
    ...caches.map(([name, type, dims]) => valueInfo(12, `${name}_next`, type, dims)),
  ];
  const facts: Readonly<Record<string, number>> = {
    window_size: WINDOW_FRAMES,
    chunk_shift: WINDOW_FRAMES,
    subsampling_factor: SUBSAMPLING,
    vocab_size: vocabulary,
    cache_last_channel_dim1: 1,
    cache_last_channel_dim2: 1,
    cache_last_channel_dim3: 1,
    cache_last_time_dim1: 1,
    cache_last_time_dim2: 1,
    cache_last_time_dim3: 1,
  };
  const model = message([
    [1, 8],
    [7, graph],
    [
      8,
      [
        [1, ''],
        [2, 13],
      ],
    ],
    ...Object.entries(facts).map(
      ([key, value]): Field => [
        14,
        [
          [1, key],
          [2, String(value)],
        ],
      ],
    ),
  ]);
  writeFileSync(join(folder, 'model.onnx'), model);
  const tokens = [...words.map(word => `▁${word}`), '<blk>'].map((token, index) => `${token} ${index}\n`);
  writeFileSync(join(folder, 'tokens.txt'), tokens.join(''));
}

/** The sound of some words, each a tone of 300 ms, with 200 ms of silence between them. */
export function toneWords(words: string, rateHz: number): Int16Array {
  const said = words.split(' ').map(word => TONES.get(word) ?? 0);
  const [sounding, apart] = [0.3 * rateHz, 0.5 * rateHz];
  const pcm = new Int16Array(said.length * apart - (apart - sounding));
  for (const [index, hertz] of said.entries())
    for (let i = 0; i < sounding; i += 1)
      pcm[index * apart + i] = 8000 * Math.sin((2 * Math.PI * hertz * i) / rateHz);
  return pcm;
}
