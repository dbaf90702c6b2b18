import type { ModelConfig } from '../../runtime/contract.ts';
import { founder } from '../evolution/genome.ts';
import { baselineOf } from '../training/compare.ts';

export const MODEL_KINDS = ['ssd', 'mamba3', 'lstm', 'mlp'] as const satisfies readonly ModelConfig['kind'][];

/** A model of a kind, of the size that evolution begins with; a baseline has as many parameters as the plain block has. */
export function usualModel(kind: ModelConfig['kind'], features: number): ModelConfig {
  const { model } = founder(features, 0);
  if (kind === 'ssd') return model;
  if (kind === 'mamba3') return { ...model, kind, angles: model.stateDim / 4, rank: 1, decay: 'softplus' };
  return baselineOf(kind, model);
}
