/**
 * The gates that judge by the market, on the market: a trained policy is let through, weights that no training has touched
 * are not. What these gates conclude from figures is tested beside them.
 *
 * Usage: node scripts/suites/gates.ts [PART-OF-A-CASE'S-NAME]
 */
import { edge } from '../../gates/edge.ts';
import type { Candidate } from '../../gates/gate.ts';
import { regret } from '../../gates/regret.ts';
import { ThreadedRuns } from '../../gates/slice-runs.ts';
import { contextOf, trained, untrained } from '../../gates/testing.ts';
import { hold, inFolder, Suite } from './suite.ts';

async function bothSay(candidate: Candidate, status: 'passed' | 'failed', because: RegExp): Promise<void> {
  const context = contextOf();
  const runs = new ThreadedRuns(context);
  try {
    for (const gate of [edge, regret]) {
      const verdict = await gate.run(candidate, { ...context, runs });
      console.log(`        ${gate.name}: ${verdict.because}`);
      hold(verdict.status === status, `${gate.name} ${verdict.status}: ${verdict.because}`);
      hold(because.test(verdict.because), `${gate.name}: its reason does not say ${because}: ${verdict.because}`);
    }
  } finally {
    await runs.close();
  }
}

const suite = new Suite(process.argv[2]);

await suite.check(
  'sound: a policy trained for some seconds earns more than nothing, random and untrained ones',
  async () => bothSay(await trained(), 'passed', /earns \d/),
);

await suite.check('plant: a policy that trades on weights which no training has touched', () =>
  inFolder(async (folder) => {
    const planner = { enterCosts: 0, exitCosts: 0, confidence: 0, maxHoldDecisions: 8 };
    await bothSay(untrained(folder, 10, { planner }), 'failed', /^earns −?\d/);
  }),
);

process.exit(suite.end());
