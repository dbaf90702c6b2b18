/** A run whose loss or gradient runs away goes back to where it was sound, and on with other windows at half the rate. */
import type { Rollback, TrainingState } from './state.ts';
import type { StepResult } from './stepper.ts';

/** Steps between two states that may be gone back to. */
const SOUND_EVERY = 50;
/** A run that needs more is not unlucky but wrong. */
const MOST_ROLLBACKS = 3;
/** Far more than any sound run's typical loss moves between two sound states. */
const RUNAWAY_NATS = 50;
/** Steps whose median is the typical loss: one price jump makes a loss of hundreds of nats, and is no divergence. */
const TYPICAL_STEPS = 9;

/** A run that went on diverging. */
export class DivergenceError extends Error {}

/** What is wrong with a step, or undefined. */
export function divergence({ loss, gradientNorm }: StepResult, state: TrainingState): string | undefined {
  if (!Number.isFinite(loss) || !Number.isFinite(gradientNorm)) return 'both must be finite';
  const { sound } = state;
  if (loss <= sound.loss + RUNAWAY_NATS) return undefined;
  const typical = typicalLoss(state, loss);
  if (typical <= sound.loss + RUNAWAY_NATS) return undefined;
  return `typical losses went from ${sound.loss} after step ${sound.step} to ${typical}`;
}

/** Median of the latest losses and this one. */
function typicalLoss({ losses, step }: TrainingState, loss: number): number {
  const recent = Float32Array.from([...losses.subarray(Math.max(0, step - TYPICAL_STEPS + 1), step), loss]).sort();
  return recent[recent.length >> 1] as number;
}

/** Remembers the state now and then. @param loss of the step just done, which is not among the losses yet */
export function rememberSound(state: TrainingState, loss: number): void {
  if ((state.step + 1) % SOUND_EVERY !== 0) return;
  const { step, theta, m, v } = state;
  state.sound = { step: step + 1, loss: typicalLoss(state, loss), theta: theta.slice(), m: m.slice(), v: v.slice() };
}

/** Goes back. @throws Error naming step and figures when that was done too often */
export function rollBack(state: TrainingState, steps: number, result: StepResult, rate: number, why: string): void {
  const { loss, gradientNorm } = result;
  const figures = `loss ${loss}, gradient norm ${gradientNorm}, learning rate ${rate}`;
  const reason = `training: diverged at step ${state.step + 1} of ${steps} (${figures}); ${why}`;
  if (state.rollbacks.length === MOST_ROLLBACKS) {
    throw new DivergenceError(
      `${reason}; it was rolled back ${MOST_ROLLBACKS} times before, at half the rate each time`,
    );
  }
  const { sound } = state;
  state.rollbacks.push({ step: state.step + 1, to: sound.step, reason });
  state.losses.fill(0, sound.step);
  state.step = sound.step;
  for (const name of ['theta', 'm', 'v'] as const) state[name].set(sound[name]);
}

/** The schedule's rate, halved once a rollback. */
export function rateAfter(rollbacks: readonly Rollback[], rate: number): number {
  return rate * 0.5 ** rollbacks.length;
}
