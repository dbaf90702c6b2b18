/** From a graph to the bytes of an ONNX model that holds only what the named outputs need. */
import type { Graph, Node, Value } from './graph.ts';
import { linearScanNode } from './linear-scan.ts';
import { lstmScanBackNode, lstmScanNode } from './lstm-scan.ts';
import { encodeModel, type OnnxNode, type OnnxPort, type OnnxTensor } from './onnx.ts';
import { RMS_EPSILON } from './ops.ts';

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
  const constants = [...needed].filter((value) => value.data !== undefined).sort(byName);
  const { names, copies } = outputNames(outputs);
  const named = (value: string) => names.get(value) ?? value;
  const emitted = nodes.flatMap((node) => emit(graph, node));
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
  const inputs = node.inputs.map((input) => input.name);
  const outputs = node.outputs.map((output) => output.name);
  if (node.op === 'LinearScan') return [linearScanNode(node)];
  if (node.op === 'LstmScan') return [lstmScanNode(node)];
  if (node.op === 'LstmScanBack') return [lstmScanBackNode(node)];
  if (node.op === 'Softplus' && graph.dtype === 'float64')
    return softplusInParts(inputs[0] as string, outputs[0] as string);
  if (node.op === 'RMSNormalization' && graph.dtype === 'float64') {
    return rmsNormInParts(inputs as [string, string], outputs[0] as string);
  }
  return [{ op: node.op, inputs, outputs, attributes: node.attributes }];
}

/** A node writer whose inner names begin with the output's. */
function partsOf(y: string) {
  const name = (suffix: string) => `${y}_${suffix}`;
  const part = (
    op: string,
    inputs: readonly string[],
    output: string,
    attributes: OnnxNode['attributes'] = {},
  ): OnnxNode => ({ op, inputs, outputs: [output], attributes });
  return { name, part };
}

/** The engine keeps this operation's epsilon in single precision, which shows in the tenth digit. */
function rmsNormInParts([x, gain]: readonly [string, string], y: string): OnnxNode[] {
  const { name, part } = partsOf(y);
  const tensor = (suffix: string, dtype: 'float64' | 'int64', data: Float64Array | BigInt64Array, shape: number[]) => {
    const value: OnnxTensor = { name: name(suffix), dtype, shape, data };
    return part('Constant', [], name(suffix), { value: { kind: 'tensor', value } });
  };
  return [
    tensor('epsilon', 'float64', Float64Array.of(RMS_EPSILON), []),
    tensor('axis', 'int64', BigInt64Array.of(-1n), [1]),
    part('Mul', [x, x], name('squares')),
    part('ReduceMean', [name('squares'), name('axis')], name('mean'), { keepdims: { kind: 'int', value: 1 } }),
    part('Add', [name('mean'), name('epsilon')], name('shifted')),
    part('Sqrt', [name('shifted')], name('length')),
    part('Div', [x, name('length')], name('unit')),
    part('Mul', [name('unit'), gain], y),
  ];
}

/**
 * The engine has no Softplus in double precision: r + ln(e^−r + e^−l) with r = max(x, 0) and l = max(−x, 0), of which
 * one is 0, so that nothing overflows.
 */
function softplusInParts(x: string, y: string): OnnxNode[] {
  const { name, part } = partsOf(y);
  return [
    part('Relu', [x], name('right')),
    part('Sub', [x, name('right')], name('negatedLeft')),
    part('Neg', [name('right')], name('negatedRight')),
    part('Exp', [name('negatedRight')], name('expRight')),
    part('Exp', [name('negatedLeft')], name('expLeft')),
    part('Add', [name('expRight'), name('expLeft')], name('sum')),
    part('Log', [name('sum')], name('log')),
    part('Add', [name('right'), name('log')], y),
  ];
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
