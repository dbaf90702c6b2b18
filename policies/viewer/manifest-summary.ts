import type { PolicyManifest } from '../../runtime/contract.ts';
import { describeModel } from '../model/architecture.ts';
import type { PolicyCard } from './view.ts';

/** What the page's card says of a policy, from its manifest. */
export function manifestSummary(manifest: PolicyManifest): PolicyCard['summary'] {
  const { model, training, reference, decisionIntervalUs } = manifest;
  return {
    model: describeModel(model),
    features: manifest.featureNames.length,
    horizonsUs: model.horizons.map((decisions) => decisions * decisionIntervalUs),
    trainedOn: `${manifest.data.kind}: ${manifest.data.description}`,
    trials: manifest.trials,
    trainingSteps: training.steps,
    trainingLoss: training.loss,
    informationCoefficient: reference.informationCoefficient,
    pnlPerSliceUsd: reference.pnlPerSliceUsd,
    seed: manifest.seed,
    productCommit: manifest.commit,
    planner: manifest.planner,
  };
}
