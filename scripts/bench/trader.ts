/** Who trades while time is taken: a policy that needs no training and trades often. What it earns does not matter. */
import path from 'node:path';
import { featureNames } from '../../policies/evaluation/recording.ts';
import { founder } from '../../policies/evolution/genome.ts';
import { stepModel } from '../../policies/model/export.ts';
import { initialWeights, parameterLayout } from '../../policies/model/parameters.ts';
import { readDocument } from '../../runtime/boot/documents.ts';
import { limits as limitsSchema, type PlannerParameters, runtimeConfig } from '../../runtime/contract.ts';
import { configPath, limitsPath } from '../../runtime/evidence/layout.ts';
import { StepForecaster } from '../../runtime/inference/step-forecaster.ts';

const root = path.resolve(import.meta.dirname, '../..');

/** Configuration of `local`; its limits with money to lose, for a halted account would measure nothing. */
export function benchEnvironment() {
  const config = readDocument(path.join(root, configPath('local')), runtimeConfig).value;
  const limits = readDocument(path.join(root, limitsPath('local')), limitsSchema).value;
  return { config, limits: { ...limits, maxDailyLossUsd: 1e9, maxDrawdownUsd: 1e9 } };
}

/** The model that evolution begins from. */
export const MODEL = founder(featureNames.length, 1).model;

/** How much stronger than drawn the opinions are. */
const LOUDNESS = 3;

/** Follows any forecast, in many small orders: more than every second decision sends one. */
const EAGER: Partial<PlannerParameters> = {
  horizon: 0,
  enterCosts: 0,
  postCosts: 0,
  exitCosts: 0,
  confidence: 0,
  clipLots: 10,
  maxPositionClips: 20,
  maxHoldDecisions: 4,
};

/** Weights as they were drawn, with a loud head, and an eager planner. */
export function loudTrader(symbols: number): { forecaster: StepForecaster; planner: PlannerParameters } {
  const { model, planner } = founder(featureNames.length, 1);
  const weights = initialWeights(model, 1);
  const head = parameterLayout(model).parameters.find(({ name }) => name === 'head.mean.weight');
  if (head === undefined) throw new Error('bench: the model has no head.mean.weight to make loud');
  for (let i = 0; i < head.size; i++) weights.values[head.offset + i] *= LOUDNESS;
  const scaler = { mean: featureNames.map(() => 0), deviation: featureNames.map(() => 1), clip: 5 };
  const served = { manifest: { model, scaler }, models: { step: stepModel(weights) }, directory: 'bench' };
  return {
    forecaster: new StepForecaster(served, symbols),
    planner: { ...planner, ...EAGER },
  };
}
