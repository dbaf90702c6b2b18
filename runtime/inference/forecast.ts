/** What the model says for one symbol: per horizon, mean and standard deviation of the forward mid return. */
export class Forecast {
  /** Mean, in volatility units of that horizon. */
  readonly mean: Float32Array;
  /** Log of the standard deviation, in the same units. */
  readonly logScale: Float32Array;

  constructor(horizons: number) {
    this.mean = new Float32Array(horizons);
    this.logScale = new Float32Array(horizons);
  }
}

/** A policy's step model with one recurrent state per symbol. Synchronous: a decision is made inside the message's callback. */
export interface Forecaster {
  readonly horizons: readonly number[];
  /** Advances symbol `symbolId` by one feature row and writes its forecast. @throws when the engine fails; a NaN is returned as NaN. */
  step(symbolId: number, row: Float32Array, out: Forecast): void;
  /** Forgets all state. */
  reset(): void;
}
