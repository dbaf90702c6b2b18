/** The step form, row by row: held to the chunked form, and to the states that a file holds in between. */
import { type FloatDtype, Graph, type Value } from '../../graph/graph.ts';
import { compile, evaluate, type Result } from '../../graph/session.ts';
import { asTensor, relative } from './differences.ts';
import type { Build } from './reference.ts';
import { allInputs, inputsOf, interleaved, isTimed, lengthOf, rowOf, shapeOfRows, type Values } from './series.ts';
import type { Tensor, VectorFile } from './vector-file.ts';

/** Largest relative difference, in single precision, between the chunked form and one row at a time. */
export function formsApart(build: Build, vectors: VectorFile, chunk: number): number {
  const graph = new Graph('float32');
  const { values, feeds } = inputsOf(graph, vectors);
  const { outputs, carried } = build(values, vectors, chunk);
  const whole = evaluate(graph, outputs, feeds);
  const perRow = Object.keys(outputs).filter((name) => !isFinal(name));
  const stepped = steps(build, vectors, perRow, 'float32');
  const errors = perRow.map((name) => {
    const { shape } = whole[name] as Result;
    const data = Float32Array.from(stepped.rows[name] as number[]);
    return relative(name, { shape, data }, asTensor(whole[name] as Result));
  });
  for (const state of Object.keys(carried)) {
    const final = state.replace(/0$/, 'T');
    if (final in outputs) {
      errors.push(relative(final, stepped.states.at(-1)?.[state] as Result, asTensor(whole[final] as Result)));
    }
  }
  return Math.max(...errors);
}

/** Largest relative difference between the states that a file holds after some rows and those of the step form. */
export function checkpointsApart(build: Build, vectors: VectorFile, dtype: FloatDtype): number {
  const { checkpoints } = vectors;
  if (checkpoints === undefined) return 0;
  const { states } = steps(build, vectors, [], dtype);
  const [batch] = shapeOfRows(vectors);
  const found = checkpoints.t.map((t) => states[t]?.['h0']?.data ?? []);
  const data = Float64Array.from(interleaved(found, batch));
  const [, , ...state] = checkpoints.h.shape;
  return relative('checkpoints.h', { shape: [batch, found.length, ...state], data }, checkpoints.h);
}

/** By the files' custom: "after the last row". */
function isFinal(name: string): boolean {
  return /T(_mod2pi)?$/.test(name);
}

/** Runs the step form over every row. @returns row-major (B, T, …) results by name, and the states after each row */
function steps(build: Build, vectors: VectorFile, perRow: readonly string[], dtype: FloatDtype) {
  const all = allInputs(vectors);
  const graph = new Graph(dtype);
  const timed = Object.keys(all).filter((name) => !/0$/.test(name) && isTimed(all[name] as Tensor, vectors));
  const inputs: Record<string, Value> = {};
  for (const [name, { shape }] of Object.entries(all)) {
    inputs[name] = graph.input(name, timed.includes(name) ? shape.with(1, 1) : shape);
  }
  const { outputs, carried } = build(inputs, vectors, undefined);
  const states = Object.keys(carried);
  const wanted: Record<string, Value> = {};
  for (const name of perRow) wanted[name] = outputs[name] as Value;
  for (const name of states) wanted[`next_${name}`] = carried[name] as Value;
  const step = compile(graph, wanted);
  const feeds: Values = Object.fromEntries(Object.entries(all).map(([name, { data }]) => [name, data]));
  const results: Record<string, Result>[] = [];
  for (let t = 0; t < lengthOf(vectors); t++) {
    for (const name of timed) feeds[name] = rowOf(all[name] as Tensor, t);
    const result = step.run(feeds);
    results.push(result);
    for (const name of states) feeds[name] = (result[`next_${name}`] as Result).data;
  }
  step.dispose();
  const [batch] = shapeOfRows(vectors);
  const rowsOf = (name: string) => results.map((result) => (result[name] as Result).data);
  return {
    rows: Object.fromEntries(perRow.map((name) => [name, interleaved(rowsOf(name), batch)])),
    states: results.map((result) => Object.fromEntries(states.map((name) => [name, result[`next_${name}`] as Result]))),
  };
}
