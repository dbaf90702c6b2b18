/**
 * ONNX files on the wire: the part of onnx.proto3 that this project writes, by hand on protobuf's writer.
 *
 * Field numbers are those of the public schema (onnx/onnx, IR version 10). Bytes are a pure function of the model given:
 * no timestamps, no maps, fields in ascending order.
 */
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';

export type Dtype = 'float32' | 'float64' | 'int64' | 'bool';
/** A length, or the name of a length known only when the graph runs. */
export type Dim = number | string;
export type TensorData = Float32Array | Float64Array | BigInt64Array | Uint8Array;

export interface OnnxTensor {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly data: TensorData;
}

export type OnnxAttribute =
  | { readonly kind: 'int'; readonly value: number }
  | { readonly kind: 'ints'; readonly value: readonly number[] }
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'text'; readonly value: string }
  | { readonly kind: 'tensor'; readonly value: OnnxTensor }
  | { readonly kind: 'graph'; readonly value: OnnxGraph };

export interface OnnxNode {
  readonly op: string;
  /** Whose operation it is; undefined: ONNX's own. */
  readonly domain?: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, OnnxAttribute>>;
}

export interface OnnxPort {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly Dim[];
}

export interface OnnxGraph {
  readonly name: string;
  readonly nodes: readonly OnnxNode[];
  readonly initialisers: readonly OnnxTensor[];
  readonly inputs: readonly OnnxPort[];
  readonly outputs: readonly OnnxPort[];
}

const IR_VERSION = 10;
const OPSET_VERSION = 23;
const ELEMENT_TYPE = { float32: 1, int64: 7, bool: 9, float64: 11 } as const;
const ATTRIBUTE_TYPE = { float: 1, int: 2, text: 3, tensor: 4, graph: 5, ints: 7 } as const;

/** The bytes of a model file. */
export function encodeModel(graph: OnnxGraph): Uint8Array {
  const writer = new BinaryWriter();
  writer.tag(1, WireType.Varint).int64(IR_VERSION);
  text(writer, 2, 'emp');
  message(writer, 7, () => encodeGraph(writer, graph));
  message(writer, 8, () => writer.tag(2, WireType.Varint).int64(OPSET_VERSION));
  for (const domain of new Set(graph.nodes.flatMap(({ domain }) => domain ?? []))) {
    message(writer, 8, () => {
      text(writer, 1, domain);
      writer.tag(2, WireType.Varint).int64(1);
    });
  }
  return writer.finish();
}

function encodeGraph(writer: BinaryWriter, graph: OnnxGraph): void {
  for (const node of graph.nodes) message(writer, 1, () => encodeNode(writer, node));
  text(writer, 2, graph.name);
  for (const tensor of graph.initialisers) message(writer, 5, () => encodeTensor(writer, tensor));
  for (const port of graph.inputs) message(writer, 11, () => encodePort(writer, port));
  for (const port of graph.outputs) message(writer, 12, () => encodePort(writer, port));
}

export function encodeNode(writer: BinaryWriter, node: OnnxNode): void {
  for (const input of node.inputs) text(writer, 1, input);
  for (const output of node.outputs) text(writer, 2, output);
  text(writer, 4, node.op);
  for (const [name, attribute] of Object.entries(node.attributes)) {
    message(writer, 5, () => encodeAttribute(writer, name, attribute));
  }
  if (node.domain !== undefined) text(writer, 7, node.domain);
}

function encodeAttribute(writer: BinaryWriter, name: string, attribute: OnnxAttribute): void {
  text(writer, 1, name);
  if (attribute.kind === 'float') writer.tag(2, WireType.Bit32).float(attribute.value);
  if (attribute.kind === 'int') writer.tag(3, WireType.Varint).int64(attribute.value);
  if (attribute.kind === 'text') text(writer, 4, attribute.value);
  if (attribute.kind === 'tensor') message(writer, 5, () => encodeTensor(writer, attribute.value));
  if (attribute.kind === 'graph') message(writer, 6, () => encodeGraph(writer, attribute.value));
  if (attribute.kind === 'ints') packedInts(writer, 8, attribute.value);
  writer.tag(20, WireType.Varint).int32(ATTRIBUTE_TYPE[attribute.kind]);
}

export function encodeTensor(writer: BinaryWriter, tensor: OnnxTensor): void {
  packedInts(writer, 1, tensor.shape);
  writer.tag(2, WireType.Varint).int32(ELEMENT_TYPE[tensor.dtype]);
  text(writer, 8, tensor.name);
  const { buffer, byteOffset, byteLength } = tensor.data;
  writer.tag(9, WireType.LengthDelimited).bytes(new Uint8Array(buffer, byteOffset, byteLength));
}

export function encodePort(writer: BinaryWriter, port: OnnxPort): void {
  text(writer, 1, port.name);
  message(writer, 2, () =>
    message(writer, 1, () => {
      writer.tag(1, WireType.Varint).int32(ELEMENT_TYPE[port.dtype]);
      message(writer, 2, () => {
        for (const dim of port.shape) message(writer, 1, () => encodeDim(writer, dim));
      });
    }),
  );
}

function encodeDim(writer: BinaryWriter, dim: Dim): void {
  if (typeof dim === 'number') writer.tag(1, WireType.Varint).int64(dim);
  else text(writer, 2, dim);
}

function text(writer: BinaryWriter, field: number, value: string): void {
  writer.tag(field, WireType.LengthDelimited).string(value);
}

function message(writer: BinaryWriter, field: number, encode: () => void): void {
  writer.tag(field, WireType.LengthDelimited).fork();
  encode();
  writer.join();
}

function packedInts(writer: BinaryWriter, field: number, values: readonly number[]): void {
  message(writer, field, () => {
    for (const value of values) writer.int64(value);
  });
}
