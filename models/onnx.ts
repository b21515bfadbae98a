import { type Message, type MessageType, proto3, ScalarType } from '@bufbuild/protobuf';

/** A table of numbers that a model carries. */
export interface Constant {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

interface Tensor extends Message<Tensor> {
  dims: bigint[];
  dataType: number;
  name: string;
  rawData: Uint8Array;
}

interface Attribute extends Message<Attribute> {
  t?: Tensor;
  g?: Graph;
}

interface Node extends Message<Node> {
  output: string[];
  opType: string;
  attribute: Attribute[];
}

interface Graph extends Message<Graph> {
  node: Node[];
  initializer: Tensor[];
}

interface Model extends Message<Model> {
  graph?: Graph;
}

/** As far as onnx.proto3 (https://github.com/onnx/onnx) leads to constants; what is left out here is skipped. */
const TENSOR = proto3.makeMessageType<Tensor>('onnx.TensorProto', [
  { no: 1, name: 'dims', kind: 'scalar', T: ScalarType.INT64, repeated: true },
  { no: 2, name: 'data_type', kind: 'scalar', T: ScalarType.INT32 },
  { no: 8, name: 'name', kind: 'scalar', T: ScalarType.STRING },
  { no: 9, name: 'raw_data', kind: 'scalar', T: ScalarType.BYTES },
]);
const ATTRIBUTE: MessageType<Attribute> = proto3.makeMessageType<Attribute>('onnx.AttributeProto', () => [
  { no: 5, name: 't', kind: 'message', T: TENSOR },
  { no: 6, name: 'g', kind: 'message', T: GRAPH },
]);
const NODE = proto3.makeMessageType<Node>('onnx.NodeProto', [
  { no: 2, name: 'output', kind: 'scalar', T: ScalarType.STRING, repeated: true },
  { no: 4, name: 'op_type', kind: 'scalar', T: ScalarType.STRING },
  { no: 5, name: 'attribute', kind: 'message', T: ATTRIBUTE, repeated: true },
]);
const GRAPH: MessageType<Graph> = proto3.makeMessageType<Graph>('onnx.GraphProto', [
  { no: 1, name: 'node', kind: 'message', T: NODE, repeated: true },
  { no: 5, name: 'initializer', kind: 'message', T: TENSOR, repeated: true },
]);
const MODEL = proto3.makeMessageType<Model>('onnx.ModelProto', [
  { no: 7, name: 'graph', kind: 'message', T: GRAPH },
]);

/** TensorProto.DataType.FLOAT */
const FLOAT = 1;

/**
 * All 32-bit floating point constants of an ONNX model, those in the branches of an If too: initialisers under their
 * own name, the values of Constant nodes under the name of what they put out.
 * @throws Error when the bytes are no ONNX model, or a truncated one
 */
export function readConstants(model: Uint8Array): readonly Constant[] {
  const { graph } = MODEL.fromBinary(model, { readUnknownFields: false });
  return graph === undefined ? [] : constantsOf(graph);
}

function constantsOf({ node, initializer }: Graph): Constant[] {
  return [
    ...initializer.flatMap(tensor => constantOf(tensor.name, tensor)),
    ...node.flatMap(({ output, opType, attribute }) =>
      attribute.flatMap(({ t, g }) => {
        if (g !== undefined) return constantsOf(g);
        return t !== undefined && opType === 'Constant' ? constantOf(output[0] ?? '', t) : [];
      }),
    ),
  ];
}

function constantOf(name: string, { dims, dataType, rawData }: Tensor): Constant[] {
  const shape = dims.map(Number);
  const length = shape.reduce((product, size) => product * size, 1);
  if (dataType !== FLOAT || rawData.length !== length * 4) return [];
  // A copy, since they need not begin at a multiple of four.
  return [{ name, shape, values: new Float32Array(Uint8Array.from(rawData).buffer) }];
}
