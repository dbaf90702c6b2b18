/**
 * A step model from a sequence model that someone else wrote: the same graph, given one row as a series of one row.
 *
 * The file is changed as protobuf, field by field (numbers from the public schema, onnx/onnx): its nodes, weights and
 * operator sets stay the bytes they were, except that `features` and `forecast` get inner names.
 */
import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { encodeNode, encodePort, encodeTensor, type OnnxPort } from '../graph/onnx.ts';

const GRAPH = 7;
const NODE = 1;
const INITIALISER = 5;
const INPUT = 11;
const OUTPUT = 12;
const INNER = { features: 'emp_rows', forecast: 'emp_forecasts' } as const;

/**
 * @param features how many a row has
 * @param horizons how many a forecast has
 * @throws when the bytes are no ONNX model
 */
export function stepOfSequence(sequence: Uint8Array, features: number, horizons: number): Uint8Array {
  return rewritten(sequence, (field, bytes) =>
    field === GRAPH ? [[GRAPH, stepGraph(bytes, features, horizons)]] : undefined,
  );
}

function stepGraph(graph: Uint8Array, features: number, horizons: number): Uint8Array {
  const before = new BinaryWriter();
  const axis = { name: 'emp_axis', dtype: 'int64', shape: [1], data: BigInt64Array.of(1n) } as const;
  nested(before, INITIALISER, (writer) => encodeTensor(writer, axis));
  const wrap = (op: string, input: string, output: string) =>
    written((writer) => encodeNode(writer, { op, inputs: [input, axis.name], outputs: [output], attributes: {} }));
  nested(before, NODE, (writer) => writer.raw(wrap('Unsqueeze', 'features', INNER.features)));
  const port = (port: OnnxPort) => written((writer) => encodePort(writer, port));
  const inner = rewritten(graph, (field, bytes) => {
    if (field === NODE) return [[NODE, renamedNode(bytes)]];
    if (field === INPUT && nameOf(bytes) === 'features') {
      return [[INPUT, port({ name: 'features', dtype: 'float32', shape: ['S', features] })]];
    }
    if (field === OUTPUT && nameOf(bytes) === 'forecast') {
      return [[OUTPUT, port({ name: 'forecast', dtype: 'float32', shape: ['S', horizons, 2] })]];
    }
    // What else is told of inner values' shapes may name the row axis.
    return field === VALUE_INFO ? [] : undefined;
  });
  const after = new BinaryWriter();
  nested(after, NODE, (writer) => writer.raw(wrap('Squeeze', INNER.forecast, 'forecast')));
  return new BinaryWriter().raw(before.finish()).raw(inner).raw(after.finish()).finish();
}

const VALUE_INFO = 13;

/** A node whose inputs (field 1) and outputs (field 2) go by the inner names. */
function renamedNode(node: Uint8Array): Uint8Array {
  return rewritten(node, (field, bytes) => {
    if (field !== 1 && field !== 2) return undefined;
    const inner = (INNER as Readonly<Record<string, string>>)[new TextDecoder().decode(bytes)];
    return inner === undefined ? undefined : [[field, new TextEncoder().encode(inner)]];
  });
}

/** The name (field 1) of an input or output. */
function nameOf(port: Uint8Array): string {
  let name = '';
  rewritten(port, (field, bytes) => {
    if (field === 1) name = new TextDecoder().decode(bytes);
    return undefined;
  });
  return name;
}

/** Copies a message field by field. @param replace gives other fields for one that holds bytes; undefined: as it is */
function rewritten(
  message: Uint8Array,
  replace: (field: number, bytes: Uint8Array) => readonly (readonly [number, Uint8Array])[] | undefined,
): Uint8Array {
  const reader = new BinaryReader(message);
  const writer = new BinaryWriter();
  while (reader.pos < reader.len) {
    const from = reader.pos;
    const [field, type] = reader.tag();
    if (type !== WireType.LengthDelimited) {
      reader.skip(type, field);
      writer.raw(message.subarray(from, reader.pos));
      continue;
    }
    const others = replace(field, reader.bytes());
    if (others === undefined) writer.raw(message.subarray(from, reader.pos));
    for (const [other, bytes] of others ?? []) writer.tag(other, WireType.LengthDelimited).bytes(bytes);
  }
  return writer.finish();
}

function nested(writer: BinaryWriter, field: number, encode: (writer: BinaryWriter) => void): void {
  writer.tag(field, WireType.LengthDelimited).bytes(written(encode));
}

function written(encode: (writer: BinaryWriter) => void): Uint8Array {
  const writer = new BinaryWriter();
  encode(writer);
  return writer.finish();
}
