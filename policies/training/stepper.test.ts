import test from 'ava';
import { adamwRates } from '../graph/adamw.ts';
import { initialWeights } from '../model/parameters.ts';
import { Batches } from './batches.ts';
import { killedRun } from './kill-run.ts';
import { createStepper } from './stepper.ts';
import { ADAMW, freshState } from './trainer.ts';

test('an update changes the state; one that is not finite leaves it as it was', (t) => {
  const { config, data } = killedRun();
  const shape = { batch: 2, length: 32 };
  const state = freshState(initialWeights(config, 1), 0);
  const batches = new Batches(data, shape, 1);
  const update = createStepper({ config, shape, settings: ADAMW, threads: 1 }, state, batches.batch);
  const copy = () => structuredClone([state.theta, state.m, state.v]);
  const before = copy();
  batches.fill(0);
  t.true(Number.isFinite(update(adamwRates(1e-2, 1, ADAMW)).loss));
  const after = copy();
  after.forEach((values, i) => {
    t.notDeepEqual(values, before[i]);
  });
  batches.batch.features[0] = Number.NaN;
  t.true(Number.isNaN(update(adamwRates(1e-2, 2, ADAMW)).loss));
  t.deepEqual(copy(), after);
  // What stands in the state is what the next update begins with, whoever put it there: a run that goes back relies on it.
  batches.fill(1);
  for (const [i, name] of (['theta', 'm', 'v'] as const).entries()) state[name].set(before[i] as Float32Array);
  update(adamwRates(1e-2, 1, ADAMW));
  const again = freshState(initialWeights(config, 1), 0);
  createStepper({ config, shape, settings: ADAMW, threads: 1 }, again, batches.batch)(adamwRates(1e-2, 1, ADAMW));
  t.deepEqual([state.theta, state.m, state.v], [again.theta, again.m, again.v]);
});
