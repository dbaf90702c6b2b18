/** What can be said of a model without its weights. */
import type { ModelConfig, PolicyManifest } from '../../runtime/contract.ts';

/** A policy's own architecture; a small plain block where the model was trained elsewhere and its inside is not known. */
export function architectureOf(model: PolicyManifest['model']): ModelConfig {
  if (model.kind !== 'imported') return model;
  const { features, horizons } = model;
  const sizes = { dModel: 32, heads: 2, headDim: 16, stateDim: 16, layers: 1, chunk: 32 };
  return { kind: 'ssd', features, ...sizes, horizons };
}

/** A model in words: "mamba3, 2 × width 32, 2 heads of 16, state 16". */
export function describeModel(model: PolicyManifest['model']): string {
  if (model.kind === 'imported') return 'imported';
  const layers = `${model.kind}, ${model.layers} × width ${model.dModel}`;
  return 'hidden' in model
    ? `${layers}, hidden ${model.hidden}`
    : `${layers}, ${model.heads} heads of ${model.headDim}, state ${model.stateDim}`;
}
