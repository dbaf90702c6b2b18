/** What every policy's model takes and gives, whoever made it: names and shapes of its inputs and outputs. */
import { type Engine, type Port, tensor } from './engine.ts';

export interface ModelPorts {
  /** Shape of each state behind the streams' axis, in the order of `state_0`, `state_1`, … */
  readonly states: readonly (readonly number[])[];
}

export interface ModelContract {
  /** Names the model in errors. */
  readonly subject: string;
  readonly features: number;
  readonly horizons: number;
  /** Axes before the features: 1 (streams) for the step model, 2 (streams, rows) for the sequence model. */
  readonly leadingAxes: 1 | 2;
}

/** That of the largest block there is: 64 heads of 256 × 256. */
const STATE_VALUES_MAX = 2 ** 22;
/** Element types as onnx.proto numbers them; what a policy may not have is only named. */
const FLOAT32 = 1;
const TYPES: Readonly<Record<number, string>> = {
  [FLOAT32]: 'float32',
  7: 'int64',
  9: 'bool',
  10: 'float16',
  11: 'float64',
};

/** @throws Error naming what is missing, of another type, or has another shape. */
export function checkModel(engine: Engine, { subject, features, horizons, leadingAxes }: ModelContract): ModelPorts {
  const leading = new Array<number>(leadingAxes).fill(-1);
  requirePort(subject, 'input', engine.inputs, 'features', [...leading, features]);
  requirePort(subject, 'output', engine.outputs, 'forecast', [...leading, horizons, 2]);
  const others = engine.inputs.filter(({ name }) => name !== 'features');
  const states = others.map((_, i) => {
    const shape = portOf(subject, 'input', engine.inputs, `state_${i}`).shape.slice(1);
    requirePort(subject, 'input', engine.inputs, `state_${i}`, [-1, ...shape]);
    requirePort(subject, 'output', engine.outputs, `next_state_${i}`, [-1, ...shape]);
    if (shape.some((length) => length < 1)) {
      throw new Error(`${subject}: input "state_${i}" is [-1,${shape}], only its first length may be free`);
    }
    const values = shape.reduce((a, b) => a * b, 1);
    if (values > STATE_VALUES_MAX) {
      throw new Error(
        `${subject}: input "state_${i}" is too large (${values} values a stream), at most ${STATE_VALUES_MAX} are allowed`,
      );
    }
    return shape;
  });
  return { states };
}

/** Zero states for `streams` streams, by input name. */
export function zeroStates({ states }: ModelPorts, streams: number) {
  return states.map((shape) => {
    const whole = [streams, ...shape];
    return tensor(new Float32Array(whole.reduce((a, b) => a * b)), whole);
  });
}

function requirePort(
  subject: string,
  kind: string,
  ports: readonly Port[],
  name: string,
  shape: readonly number[],
): void {
  const port = portOf(subject, kind, ports, name);
  if (port.type !== FLOAT32) {
    throw new Error(`${subject}: ${kind} "${name}" is ${TYPES[port.type] ?? `type ${port.type}`}, float32 is required`);
  }
  if (port.shape.length === shape.length && port.shape.every((length, i) => length === shape[i])) return;
  throw new Error(`${subject}: ${kind} "${name}" has shape [${port.shape}], [${shape}] is required (-1: free)`);
}

function portOf(subject: string, kind: string, ports: readonly Port[], name: string): Port {
  const port = ports.find((candidate) => candidate.name === name);
  if (port !== undefined) return port;
  const names = ports.map((candidate) => candidate.name).join(', ');
  throw new Error(`${subject}: ${kind} "${name}" is missing (it has ${names})`);
}
