/** What a training run is at a step: weights, moments, losses, and where it may go back to. */

export interface TrainingState {
  /** Updates done. */
  step: number;
  theta: Float32Array;
  m: Float32Array;
  v: Float32Array;
  /** Loss before each update, as long as the whole run; 0 from `step` on. */
  losses: Float32Array;
  /** The latest state that a run may go back to, and the loss then. */
  sound: Sound;
  readonly rollbacks: Rollback[];
  /** One a look at the rows held back. */
  readonly validationLosses: number[];
  /** The weights that did best on them; undefined before the first look. */
  best: Best | undefined;
}

export interface Sound {
  readonly step: number;
  readonly loss: number;
  readonly theta: Float32Array;
  readonly m: Float32Array;
  readonly v: Float32Array;
}

export interface Best {
  readonly step: number;
  readonly loss: number;
  readonly theta: Float32Array;
}

export interface Rollback {
  /** The update that was not made, counted from 1. */
  readonly step: number;
  /** Where the run went on from: updates done. */
  readonly to: number;
  readonly reason: string;
}
