import test from 'ava';
import { Random } from '../../runtime/random.ts';
import { Archive } from '../archive/archive.ts';
import { type EvolutionSettings, evolve, scoreOf, type Workshop } from './evolve.ts';
import { type Genome, genomeDigest } from './genome.ts';

const settings: EvolutionSettings = { seed: 3, generations: 6, population: 6, offspring: 6, founders: 2 };

/** A world whose best policy is known: holding 400 decisions, entering above 3 costs; training earns a little more each time. */
function toyWorkshop(work: { count: number; dieAfter?: number }): Workshop {
  const labour = () => {
    if (work.dieAfter !== undefined && work.count >= work.dieAfter) throw new Error('killed');
    work.count++;
  };
  return {
    digest: 'sha256:toy',
    features: 15,
    train: async (genome, inherited) => {
      labour();
      const depth = inherited === undefined ? 1 : Number(inherited.digest.split(':')[1]) + 1;
      return { path: '', digest: `w:${depth}:${genome.training.seed}`, loss: 1 / depth, curve: [1, 1 / depth] };
    },
    evaluate: async ({ planner }: Genome, weights) => {
      labour();
      const depth = Number(weights.digest.split(':')[1]);
      const random = Random.of(weights.digest, planner.maxHoldDecisions, planner.enterCosts);
      const truth = 10 + depth - Math.abs(planner.maxHoldDecisions - 400) / 50 - Math.abs(planner.enterCosts - 3);
      return {
        pnlUsd: [truth + 0.1 * random.gaussian(), truth + 0.1 * random.gaussian()],
        fills: 1,
        informationCoefficient: null,
      };
    },
  };
}

const hooks = () => ({ signal: new AbortController().signal, onGeneration: () => {}, onIndividual: () => {} });

test('finds better than it began with, and the same champion for the same seed', async (t) => {
  const archive = await Archive.open();
  const best: number[] = [];
  const alive = await evolve(settings, toyWorkshop({ count: 0 }), archive, {
    ...hooks(),
    onGeneration: ({ survivors }) => best.push(survivors[0]?.score ?? 0),
  });
  t.is(best.length, settings.generations + 1);
  t.true(best.every((score, i) => i === 0 || score >= (best[i - 1] as number)));
  t.true((best.at(-1) as number) > (best[0] as number) + 1);
  await archive.close();

  const other = await Archive.open();
  const again = await evolve(settings, toyWorkshop({ count: 0 }), other, hooks());
  t.deepEqual(again, alive);
  const elsewhere = await evolve({ ...settings, seed: 4 }, toyWorkshop({ count: 0 }), other, hooks());
  t.not(elsewhere[0]?.id, alive[0]?.id);
  await other.close();
});

test('killed at any unit and started again, it ends with the same champion and does no finished unit twice', async (t) => {
  const reference = await Archive.open();
  const whole = { count: 0 };
  const expected = await evolve(settings, toyWorkshop(whole), reference, hooks());
  await reference.close();
  const archive = await Archive.open();
  const work: { count: number; dieAfter?: number } = { count: 0 };
  for (const dieAfter of [1, 5, 6, 14, 23, 24]) {
    work.dieAfter = dieAfter;
    await t.throwsAsync(evolve(settings, toyWorkshop(work), archive, hooks()), { message: 'killed' });
  }
  delete work.dieAfter;
  t.deepEqual(await evolve(settings, toyWorkshop(work), archive, hooks()), expected);
  t.is(work.count, whole.count);
  await archive.close();
});

test('an individual is what its genome and weights are', async (t) => {
  const archive = await Archive.open();
  const alive = await evolve({ ...settings, generations: 0 }, toyWorkshop({ count: 0 }), archive, hooks());
  t.is(new Set(alive.map(({ id }) => id)).size, alive.length);
  t.true(alive.every(({ genome }) => genomeDigest(genome).startsWith('sha256:')));
  await archive.close();
});

test('the score takes one standard error off the mean', (t) => {
  t.is(scoreOf([3]), 3);
  t.is(scoreOf([1, 3]), 1);
});
