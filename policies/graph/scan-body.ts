/** Writes the body of an ONNX Scan: names that cannot meet those of the graph around it, or of another body. */
import type { Value } from './graph.ts';
import type { Dim, OnnxAttribute, OnnxGraph, OnnxNode, OnnxPort, OnnxTensor } from './onnx.ts';

export class ScanBody {
  readonly #prefix: string;
  readonly #dtype: Value['dtype'];
  readonly #nodes: OnnxNode[] = [];
  readonly #initialisers: OnnxTensor[] = [];
  #named = 0;

  /** @param prefix unique in the file: the name of the Scan's first output */
  constructor(prefix: string, dtype: Value['dtype']) {
    this.#prefix = prefix;
    this.#dtype = dtype;
  }

  /** Appends a node. @returns its output's name */
  apply(
    op: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, OnnxAttribute>> = {},
    output = this.#fresh(),
  ): string {
    this.#nodes.push({ op, inputs, outputs: [output], attributes });
    return output;
  }

  /** Cuts a value's last axis into equal parts. @returns their names */
  split(input: string, parts: number): string[] {
    const outputs = Array.from({ length: parts }, () => this.#fresh());
    const attributes = { axis: { kind: 'int', value: -1 }, num_outputs: { kind: 'int', value: parts } } as const;
    this.#nodes.push({ op: 'Split', inputs: [input], outputs, attributes });
    return outputs;
  }

  scalar(value: number): string {
    const name = this.#fresh();
    const data = this.#dtype === 'float32' ? Float32Array.of(value) : Float64Array.of(value);
    this.#initialisers.push({ name, dtype: this.#dtype, shape: [], data });
    return name;
  }

  /** A name within the body for one of its inputs or outputs. */
  name(own: string): string {
    return `${this.#prefix}_${own}`;
  }

  port(own: string, shape: readonly Dim[]): OnnxPort {
    return { name: this.name(own), dtype: this.#dtype, shape };
  }

  finish(inputs: readonly OnnxPort[], outputs: readonly OnnxPort[]): OnnxGraph {
    return { name: 'body', nodes: this.#nodes, initialisers: this.#initialisers, inputs, outputs };
  }

  #fresh(): string {
    return `${this.#prefix}_${this.#named++}`;
  }
}

/** The Scan around a body. All scan inputs and outputs run along axis 0, all in one direction. */
export function scanNode(
  body: OnnxGraph,
  inputs: readonly Value[],
  outputs: readonly Value[],
  states: number,
  reverse: boolean,
): OnnxNode {
  const directions = (count: number) => ({ kind: 'ints', value: new Array(count).fill(reverse ? 1 : 0) }) as const;
  const scanned = inputs.length - states;
  return {
    op: 'Scan',
    inputs: inputs.map((value) => value.name),
    outputs: outputs.map((value) => value.name),
    attributes: {
      body: { kind: 'graph', value: body },
      num_scan_inputs: { kind: 'int', value: scanned },
      scan_input_directions: directions(scanned),
      scan_output_directions: directions(outputs.length - states),
    },
  };
}
