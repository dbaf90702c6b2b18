/** From a graph to the bytes of an ONNX model that holds only what the named outputs need. */
import type { Graph, Node, Value } from './graph.ts';
import { linearAttentionNodes } from './linear-attention.ts';
import { linearScanNode } from './linear-scan.ts';
import { lstmScanBackNode, lstmScanNode } from './lstm-scan.ts';
import { encodeModel, type OnnxNode, type OnnxPort, type OnnxTensor } from './onnx.ts';
import { inParts } from './parts.ts';

/**
 * @param outputs values to return, by the name they get in the file
 * @param name the graph's name in the file
 * @throws when an output has the name of an input
 */
export function serialise(graph: Graph, outputs: Readonly<Record<string, Value>>, name = 'emp'): Uint8Array {
  for (const { name: taken } of graph.inputs) {
    if (taken in outputs) throw new Error(`serialise: "${taken}" names both an input and an output`);
  }
  const needed = new Set<Value>(Object.values(outputs));
  const nodes = graph.nodes.toReversed().filter((node) => {
    if (!node.outputs.some((output) => needed.has(output))) return false;
    for (const input of node.inputs) needed.add(input);
    return true;
  });
  nodes.reverse();
  const { names, copies } = outputNames(outputs);
  const named = (value: string) => names.get(value) ?? value;
  const emitted = nodes.flatMap((node) => emit(graph, node));
  const read = new Set([...namesRead(emitted), ...copies.map(([, { name }]) => name)]);
  const constants = [...needed].filter((value) => value.data !== undefined && read.has(value.name)).sort(byName);
  return encodeModel({
    name,
    nodes: [
      ...emitted.map((node) => ({ ...node, inputs: node.inputs.map(named), outputs: node.outputs.map(named) })),
      ...copies.map(([output, value]) => copied(output, named(value.name))),
    ],
    initialisers: constants.map(initialiser),
    inputs: graph.inputs.filter((input) => needed.has(input)).map((input) => port(input.name, input)),
    outputs: Object.entries(outputs).map(([outputName, value]) => port(outputName, value)),
  });
}

function emit(graph: Graph, node: Node): OnnxNode[] {
  if (node.op === 'LinearAttention') return linearAttentionNodes(node);
  if (node.op === 'LinearScan') return [linearScanNode(node)];
  if (node.op === 'LstmScan') return [lstmScanNode(node)];
  if (node.op === 'LstmScanBack') return [lstmScanBackNode(node)];
  return inParts[node.op]?.(node, graph.dtype) ?? [plain(node)];
}

function plain({ op, inputs, outputs, attributes }: Node): OnnxNode {
  return { op, inputs: inputs.map(({ name }) => name), outputs: outputs.map(({ name }) => name), attributes };
}

/** A value that a node makes takes the output's name at once; an input, a constant or a second name needs a copy. */
function outputNames(outputs: Readonly<Record<string, Value>>) {
  const names = new Map<string, string>();
  const copies: [string, Value][] = [];
  for (const [output, value] of Object.entries(outputs)) {
    if (value.node === undefined || names.has(value.name)) copies.push([output, value]);
    else names.set(value.name, output);
  }
  return { names, copies };
}

/** What nodes and the bodies of their loops read: an operation that is written in parts may leave an input aside. */
function namesRead(nodes: readonly OnnxNode[]): string[] {
  return nodes.flatMap(({ inputs, attributes }) => [
    ...inputs,
    ...Object.values(attributes).flatMap((attribute) =>
      attribute.kind === 'graph' ? namesRead(attribute.value.nodes) : [],
    ),
  ]);
}

function copied(output: string, value: string): OnnxNode {
  return { op: 'Identity', inputs: [value], outputs: [output], attributes: {} };
}

function initialiser(value: Value): OnnxTensor {
  return {
    name: value.name,
    dtype: value.dtype,
    shape: value.shape.map(Number),
    data: value.data as NonNullable<Value['data']>,
  };
}

function port(name: string, value: Value): OnnxPort {
  return { name, dtype: value.dtype, shape: value.shape };
}

function byName(a: Value, b: Value): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}
