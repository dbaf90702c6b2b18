/**
 * `node scripts/drift/days.ts DAYS FILE`: how often the report calls an ordinary day of the simulated market broken. The data
 * set was fitted on other days (`LEARN_SEEDS`): these begin at seed 101.
 */
import { writeFileSync } from 'node:fs';
import { DATA_SETS, loadDataSets } from '../../policies/markets/invariants/data-set.ts';
import { dataSetInvariants, holds } from '../../policies/markets/invariants/invariants.ts';
import { LEARN_SEEDS, measureMarket, SIMULATED_SECONDS } from '../../policies/markets/invariants/market-measure.ts';

const FIRST = 101;

function main([days = '', file = '']: readonly string[]): number {
  const set = loadDataSets(DATA_SETS).find(({ market }) => market.kind === 'simulated');
  if (!/^[1-9]\d{0,3}$/.test(days) || file === '' || set === undefined) {
    process.stderr.write('usage: node scripts/drift/days.ts DAYS FILE\n');
    return 2;
  }
  const broken: object[] = [];
  let invariants = 0;
  for (let seed = FIRST; seed < FIRST + Number(days); seed++) {
    const market = measureMarket({ kind: 'simulated', informed: true, seed, seconds: SIMULATED_SECONDS });
    const found = dataSetInvariants(set, market).invariants;
    invariants = found.length;
    for (const one of found.filter((invariant) => !holds(invariant))) {
      const { name, subject, figure, low, high } = one;
      broken.push({ seed, name, subject, figure, low, high });
    }
    process.stderr.write(`seed ${seed}: ${broken.length} broken so far\n`);
  }
  const figures = { fittedOn: LEARN_SEEDS, days: { first: FIRST, count: Number(days) }, invariants, broken };
  writeFileSync(file, `${JSON.stringify(figures, null, 2)}\n`);
  return 0;
}

if (import.meta.main) process.exitCode = main(process.argv.slice(2));
