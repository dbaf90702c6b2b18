/**
 * Reverse-mode differentiation: one walk back over the nodes between the targets and the loss, adding nodes to the same
 * graph.
 */
import type { Node, Value } from './graph.ts';
import { add, reduceSum, reshape, zerosLike } from './ops.ts';
import { fixedShape, formatShape, sameShape, shapeError } from './shape.ts';
import { placeBuilt } from './site.ts';
import { vjp } from './vjp.ts';

/**
 * Gradients of `loss`, which holds one element, by each target; zeros for a target that the loss does not depend on.
 * @throws when an operation on the way has no gradient rule, or none for such shapes: names it, its shapes and its line
 */
export function gradients(loss: Value, targets: readonly Value[]): Value[] {
  if (loss.shape.some((dim) => dim !== 1)) {
    throw shapeError(`gradients: the loss is ${formatShape(loss.shape)}, it must hold one element`);
  }
  for (const { dtype, name } of targets) {
    if (dtype !== loss.dtype) throw shapeError(`gradients: the target "${name}" is ${dtype}, nothing flows to it`);
  }
  const flowing = new Map<Value, Value>([[loss, loss.graph.constant(fixedShape('gradients', loss.shape), [1])]]);
  for (const node of nodesBetween(targets, loss).reverse()) {
    const ofOutputs = node.outputs.map((output) => flowing.get(output));
    if (ofOutputs.every((gradient) => gradient === undefined)) continue;
    named(node, () => {
      const ofInputs = ruleFor(node)(node, ofOutputs);
      node.inputs.forEach((input, i) => {
        const gradient = ofInputs[i];
        if (gradient === undefined) return;
        const fitted = sumTo(gradient, fixedShape(node.op, input.shape));
        const earlier = flowing.get(input);
        flowing.set(input, earlier === undefined ? fitted : add(earlier, fitted));
      });
    });
  }
  return targets.map((target) => flowing.get(target) ?? zerosLike(target));
}

/** Undoes broadcasting: sums over the axes that were added or repeated. */
export function sumTo(x: Value, shape: readonly number[]): Value {
  if (sameShape(x.shape, shape)) return x;
  const added = x.shape.length - shape.length;
  const repeated = [...x.shape.keys()].filter((axis) => axis < added || shape[axis - added] !== x.shape[axis]);
  const summed = contiguousRuns(repeated)
    .reverse()
    .reduce((value, axes) => reduceSum(value, axes), x);
  return added === 0 ? summed : reshape(summed, shape);
}

/** Runs of neighbouring axes: the engine sums one contiguous run much faster than several at once. */
function contiguousRuns(axes: readonly number[]): number[][] {
  const runs: number[][] = [];
  for (const axis of axes) {
    const run = runs.at(-1);
    if (run !== undefined && run.at(-1) === axis - 1) run.push(axis);
    else runs.push([axis]);
  }
  return runs;
}

/** Nodes that depend on a target and that the loss depends on, in creation order. */
function nodesBetween(targets: readonly Value[], loss: Value): Node[] {
  const reached = new Set<Value>(targets);
  const forward = loss.graph.nodes.filter((node) => {
    if (!node.inputs.some((input) => reached.has(input))) return false;
    for (const output of node.outputs) reached.add(output);
    return true;
  });
  const needed = new Set<Value>([loss]);
  return forward
    .reverse()
    .filter((node) => {
      if (!node.outputs.some((output) => needed.has(output))) return false;
      for (const input of node.inputs) needed.add(input);
      return true;
    })
    .reverse();
}

/** A rule that does not fit says so where gradients were asked for; what it is the rule of was built somewhere else. */
function named(node: Node, work: () => void): void {
  try {
    work();
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new RangeError(`${cause.message}; the ${node.op} was built at ${placeBuilt(node.built)}`, { cause });
  }
}

function ruleFor(node: Node) {
  const found = vjp[node.op];
  if (found !== undefined) return found;
  const shapes = node.inputs.map((input) => formatShape(input.shape)).join(', ');
  throw new Error(`${node.op}: no gradient rule (inputs ${shapes}), built at ${placeBuilt(node.built)}`);
}
