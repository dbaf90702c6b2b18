/** A policy's step model, one recurrent state a symbol: what the pipeline asks at every decision. */
import type { PolicyManifest, Scaler } from '../contract.ts';
import { scaleInto } from '../features/scaling.ts';
import type { LoadedPolicy } from '../policy/load.ts';
import { Engine, type EngineOptions, type Feeds, type Fetches, tensor } from './engine.ts';
import type { Forecast, Forecaster } from './forecast.ts';
import { checkModel, zeroStates } from './model-contract.ts';

type States = ReturnType<typeof zeroStates>;

/** A symbol's state, read from one set of tensors and written to the other by turns. */
interface SymbolTurns {
  readonly states: readonly [States, States];
  readonly feeds: readonly [Feeds, Feeds];
  readonly fetches: readonly [Fetches, Fetches];
  turn: 0 | 1;
}

/** What of a policy is served; a `LoadedPolicy` is one. */
export interface ServedModel {
  readonly manifest: Pick<PolicyManifest, 'model' | 'scaler'>;
  readonly models: Pick<LoadedPolicy['models'], 'step'>;
  /** Names the model in errors. */
  readonly directory: string;
}

export class StepForecaster implements Forecaster {
  readonly horizons: readonly number[];
  readonly #engine: Engine;
  readonly #scaler: Scaler;
  readonly #features: Float32Array;
  /** mean, log-scale of each horizon in turn */
  readonly #forecast: Float32Array;
  readonly #symbols: readonly SymbolTurns[];

  /**
   * @param symbols how many the instrument table has
   * @throws when the model does not keep the policy's contract
   */
  constructor(
    { manifest, models, directory }: ServedModel,
    symbols: number,
    options: Pick<EngineOptions, 'provider' | 'onFallback'> = {},
  ) {
    const { features, horizons } = manifest.model;
    this.horizons = horizons;
    this.#scaler = manifest.scaler;
    this.#engine = new Engine(models.step, options);
    const subject = `${directory}/step.onnx`;
    const ports = checkModel(this.#engine, { subject, features, horizons: horizons.length, leadingAxes: 1 });
    this.#features = new Float32Array(features);
    this.#forecast = new Float32Array(2 * horizons.length);
    const row = tensor(this.#features, [1, features]);
    const forecast = tensor(this.#forecast, [1, horizons.length, 2]);
    this.#symbols = Array.from({ length: symbols }, () => {
      const [a, b] = [zeroStates(ports, 1), zeroStates(ports, 1)];
      const feeds = (states: States): Feeds => ({ features: row, ...named('state_', states) });
      const fetches = (states: States): Fetches => ({ forecast, ...named('next_state_', states) });
      return { states: [a, b], feeds: [feeds(a), feeds(b)], fetches: [fetches(b), fetches(a)], turn: 0 };
    });
  }

  step(symbolId: number, row: Float32Array, out: Forecast): void {
    const symbol = this.#symbols[symbolId];
    if (symbol === undefined) throw new RangeError(`no forecast for symbol id ${symbolId} of ${this.#symbols.length}`);
    if (row.length !== this.#features.length) {
      throw new RangeError(`a feature row has ${row.length} values, the policy's model takes ${this.#features.length}`);
    }
    scaleInto(row, this.#scaler, this.#features);
    this.#engine.run(symbol.feeds[symbol.turn], symbol.fetches[symbol.turn]);
    symbol.turn = symbol.turn === 0 ? 1 : 0;
    for (let i = 0; i < out.mean.length; i++) {
      out.mean[i] = this.#forecast[2 * i];
      out.logScale[i] = this.#forecast[2 * i + 1];
    }
  }

  reset(): void {
    for (const symbol of this.#symbols) {
      for (const state of symbol.states.flat()) (state.data as Float32Array).fill(0);
      symbol.turn = 0;
    }
  }

  /** Releases the engine. */
  dispose(): void {
    this.#engine.dispose();
  }
}

function named(prefix: string, states: States): Feeds {
  return Object.fromEntries(states.map((state, i) => [`${prefix}${i}`, state]));
}
