/** A candidate's two ONNX files, run as a gate needs them: several streams at once, in blocks, down to the bits. */
import type { PolicyManifest, Scaler } from '../runtime/contract.ts';
import { scaleInto } from '../runtime/features/scaling.ts';
import { Engine, tensor } from '../runtime/inference/engine.ts';
import { checkModel, type ModelPorts, zeroStates } from '../runtime/inference/model-contract.ts';
import type { LoadedPolicy } from '../runtime/policy/load.ts';

/** Forecasts of S streams of T rows: S × T × (horizons × 2), row-major. */
export type Forecasts = Float32Array;

export class ModelRuns {
  readonly features: number;
  /** Values that one row forecasts: mean and log-scale of each horizon. */
  readonly width: number;
  readonly #sequence: Engine;
  readonly #step: Engine;
  readonly #sequencePorts: ModelPorts;
  readonly #stepPorts: ModelPorts;

  /** @throws Error when a model cannot be loaded or does not keep the policy's contract */
  constructor({ manifest, models, directory }: LoadedPolicy) {
    const { features, horizons } = manifest.model;
    this.features = features;
    this.width = 2 * horizons.length;
    const contract = { features, horizons: horizons.length };
    this.#sequence = new Engine(models.sequence);
    this.#step = new Engine(models.step);
    this.#sequencePorts = checkModel(this.#sequence, {
      ...contract,
      subject: `${directory}/sequence.onnx`,
      leadingAxes: 2,
    });
    this.#stepPorts = checkModel(this.#step, { ...contract, subject: `${directory}/step.onnx`, leadingAxes: 1 });
  }

  /**
   * The sequence form.
   *
   * @param rows scaled rows of all streams, S × T × F
   * @param blockRows rows of each stream given to the engine at once, by turns; the state is carried between them
   * @default all of them
   */
  sequence(rows: Float32Array, streams: number, blockRows: readonly number[] = [Infinity]): Forecasts {
    const length = rows.length / streams / this.features;
    const forecasts = new Float32Array(streams * length * this.width);
    let states: Record<string, ReturnType<typeof tensor>> = named('state_', zeroStates(this.#sequencePorts, streams));
    const wanted = {
      forecast: null,
      ...named(
        'next_state_',
        this.#sequencePorts.states.map(() => null),
      ),
    };
    for (let from = 0, block = 0; from < length; block++) {
      const to = Math.min(length, from + (blockRows[block % blockRows.length] as number));
      const part = columns(rows, streams, length, this.features, from, to);
      const result = this.#sequence.run(
        { features: tensor(part, [streams, to - from, this.features]), ...states },
        wanted,
      );
      const found = result['forecast']?.data as Float32Array;
      for (let s = 0; s < streams; s++) {
        const own = found.subarray(s * (to - from) * this.width, (s + 1) * (to - from) * this.width);
        forecasts.set(own, (s * length + from) * this.width);
      }
      states = named(
        'state_',
        this.#sequencePorts.states.map((_, i) => result[`next_state_${i}`] as (typeof states)[string]),
      );
      from = to;
    }
    return forecasts;
  }

  /** The step form, one row of every stream at a time. @param rows scaled rows of all streams, S × T × F */
  step(rows: Float32Array, streams: number): Forecasts {
    const length = rows.length / streams / this.features;
    const forecasts = new Float32Array(streams * length * this.width);
    const forecast = tensor(new Float32Array(streams * this.width), [streams, this.width / 2, 2]);
    let states = zeroStates(this.#stepPorts, streams);
    let next = zeroStates(this.#stepPorts, streams);
    for (let t = 0; t < length; t++) {
      const row = columns(rows, streams, length, this.features, t, t + 1);
      this.#step.run(
        { features: tensor(row, [streams, this.features]), ...named('state_', states) },
        { forecast, ...named('next_state_', next) },
      );
      [states, next] = [next, states];
      const found = forecast.data as Float32Array;
      for (let s = 0; s < streams; s++) {
        forecasts.set(found.subarray(s * this.width, (s + 1) * this.width), (s * length + t) * this.width);
      }
    }
    return forecasts;
  }

  /** Releases the engines. */
  dispose(): void {
    this.#sequence.dispose();
    this.#step.dispose();
  }
}

/** Rows in a chunk of the sequence form; where it has none, or does not say, the usual number. */
export function chunkOf(model: PolicyManifest['model']): number {
  return 'chunk' in model ? model.chunk : 32;
}

/** Raw rows as the model takes them. */
export function scaled(rows: Float32Array, scaler: Scaler): Float32Array {
  const width = scaler.mean.length;
  const out = new Float32Array(rows.length);
  for (let at = 0; at < rows.length; at += width)
    scaleInto(rows.subarray(at, at + width), scaler, out.subarray(at, at + width));
  return out;
}

/** The first place where the bits differ, −1 when there is none. */
export function firstDifference(a: Float32Array, b: Float32Array): number {
  const [x, y] = [bits(a), bits(b)];
  if (x.length !== y.length) return Math.min(x.length, y.length);
  for (let i = 0; i < x.length; i++) if (x[i] !== y[i]) return i;
  return -1;
}

/**
 * Largest difference, each in units of the value itself or, where that is smaller, of its column's root mean square:
 * a forecast that passes through nought is not held to a share of nought. Infinity where either is not finite.
 *
 * @param width columns
 */
export function relativeDifference(a: Float32Array, b: Float32Array, width: number): number {
  if (a.length !== b.length) return Infinity;
  const squares = new Float64Array(width);
  for (let i = 0; i < b.length; i++) squares[i % width] += b[i] ** 2;
  let worst = 0;
  for (let i = 0; i < a.length; i++) {
    const scale = Math.max(Math.abs(b[i]), Math.sqrt((squares[i % width] * width) / b.length));
    const gap = a[i] === b[i] ? 0 : Math.abs(a[i] - b[i]) / scale;
    worst = Math.max(worst, Number.isFinite(gap) ? gap : Infinity);
  }
  return worst;
}

/** Rows `from` to `to` of each stream. */
function columns(
  rows: Float32Array,
  streams: number,
  length: number,
  width: number,
  from: number,
  to: number,
): Float32Array {
  if (streams === 1) return rows.subarray(from * width, to * width);
  const part = new Float32Array(streams * (to - from) * width);
  for (let s = 0; s < streams; s++) {
    const own = rows.subarray((s * length + from) * width, (s * length + to) * width);
    part.set(own, s * (to - from) * width);
  }
  return part;
}

function named<T>(prefix: string, items: readonly T[]): Record<string, T> {
  return Object.fromEntries(items.map((item, i) => [`${prefix}${i}`, item]));
}

function bits(values: Float32Array): Uint32Array {
  return new Uint32Array(values.buffer, values.byteOffset, values.length);
}
