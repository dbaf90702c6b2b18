/**
 * A policy's sequence model over a whole series of one symbol: what screens candidates on a recorded log.
 *
 * The series goes through in blocks that carry the state, so that memory does not grow with its length.
 */
import type { Scaler } from '../contract.ts';
import { scaleInto } from '../features/scaling.ts';
import type { LoadedPolicy } from '../policy/load.ts';
import { Engine, tensor } from './engine.ts';
import { checkModel, type ModelPorts, zeroStates } from './model-contract.ts';

/** Forecasts of a series, row-major: rows × horizons each. */
export interface SeriesForecast {
  readonly mean: Float32Array;
  readonly logScale: Float32Array;
}

const BLOCK_ROWS = 2048;

export class SequenceForecaster {
  readonly horizons: readonly number[];
  readonly #engine: Engine;
  readonly #scaler: Scaler;
  readonly #features: number;
  readonly #ports: ModelPorts;

  /** @throws when the model does not keep the policy's contract. */
  constructor({ manifest, models, directory }: LoadedPolicy) {
    const { features, horizons } = manifest.model;
    this.horizons = horizons;
    this.#features = features;
    this.#scaler = manifest.scaler;
    this.#engine = new Engine(models.sequence);
    const subject = `${directory}/sequence.onnx`;
    this.#ports = checkModel(this.#engine, { subject, features, horizons: horizons.length, leadingAxes: 2 });
  }

  /**
   * @param rows raw feature rows in time order, row-major
   * @param blockRows rows passed to the engine at once: changes memory and speed, not results beyond rounding
   */
  forecast(rows: Float32Array, blockRows = BLOCK_ROWS): SeriesForecast {
    const width = this.#features;
    const count = rows.length / width;
    if (!Number.isInteger(count)) {
      throw new RangeError(`a series of ${rows.length} values is no whole number of rows of ${width}`);
    }
    const horizons = this.horizons.length;
    const mean = new Float32Array(count * horizons);
    const logScale = new Float32Array(count * horizons);
    let states = zeroStates(this.#ports, 1);
    for (let from = 0; from < count; from += blockRows) {
      const to = Math.min(from + blockRows, count);
      const scaled = new Float32Array((to - from) * width);
      for (let row = from; row < to; row++) {
        const at = (row - from) * width;
        scaleInto(rows.subarray(row * width, (row + 1) * width), this.#scaler, scaled.subarray(at, at + width));
      }
      const result = this.#engine.run(
        { features: tensor(scaled, [1, to - from, width]), ...entries('state_', states, (state) => state) },
        { forecast: null, ...entries('next_state_', states, () => null) },
      );
      const forecast = result['forecast']?.data as Float32Array;
      for (let i = 0; i < (to - from) * horizons; i++) {
        mean[from * horizons + i] = forecast[2 * i];
        logScale[from * horizons + i] = forecast[2 * i + 1];
      }
      states = states.map((_, i) => result[`next_state_${i}`] as (typeof states)[number]);
    }
    return { mean, logScale };
  }

  /** Releases the engine. */
  dispose(): void {
    this.#engine.dispose();
  }
}

function entries<T, V>(prefix: string, items: readonly T[], value: (item: T) => V): Record<string, V> {
  return Object.fromEntries(items.map((item, i) => [`${prefix}${i}`, value(item)]));
}
