import test from 'ava';
import fc from 'fast-check';
import { Random } from '../../runtime/random.ts';
import {
  crossover,
  founder,
  genomeDigest,
  genomeSchema,
  mutateModel,
  mutatePlanner,
  mutateTraining,
} from './genome.ts';

test('every chain of mutations stays a valid genome, and is the same for the same seed', (t) => {
  const mutants = [
    mutatePlanner,
    mutateTraining,
    mutateModel,
    (genome: ReturnType<typeof founder>, random: Random) => crossover(genome, founder(15, 2), random),
  ];
  fc.assert(
    fc.property(fc.nat(), fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 60 }), (seed, chain) => {
      const walk = () => {
        const random = Random.of(seed, 'mutations');
        return chain.reduce((genome, which) => mutants[which]?.(genome, random).genome ?? genome, founder(15, 1));
      };
      const genome = walk();
      genomeSchema.parse(genome);
      return genomeDigest(genome) === genomeDigest(walk());
    }),
    { numRuns: 200 },
  );
  t.pass();
});

test('the digest tells one changed parameter', (t) => {
  const genome = founder(15, 1);
  t.not(genomeDigest(genome), genomeDigest({ ...genome, planner: { ...genome.planner, clipLots: 201 } }));
});
