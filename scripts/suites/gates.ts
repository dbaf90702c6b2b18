/**
 * The gates that judge by the market, on the market: a trained policy is let through, weights that no training has touched
 * are not. What these gates conclude from figures is tested beside them.
 *
 * Usage: node scripts/suites/gates.ts [PART-OF-A-CASE'S-NAME]
 */
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { backfill } from '../../gates/backfill.ts';
import { edge } from '../../gates/edge.ts';
import type { Candidate, Gate, GateContext } from '../../gates/gate.ts';
import { invariants } from '../../gates/invariants.ts';
import { psi } from '../../gates/psi.ts';
import { regret } from '../../gates/regret.ts';
import { scaling } from '../../gates/scaling.ts';
import { ThreadedRuns } from '../../gates/slice-runs.ts';
import { contextOf, trained, untrained } from '../../gates/testing.ts';
import { DATA_SETS } from '../../policies/markets/invariants/data-set.ts';
import type { PolicyManifest } from '../../runtime/contract.ts';
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

async function says(
  gate: Gate,
  candidate: Candidate,
  because: RegExp,
  change: Partial<GateContext> = {},
): Promise<void> {
  const verdict = await gate.run(candidate, contextOf(change));
  console.log(`        ${gate.name} ${verdict.status}: ${verdict.because}`);
  hold(
    because.test(verdict.because),
    `${gate.name} ${verdict.status}, which does not say ${because}: ${verdict.because}`,
  );
}

/** The same files with another word in the manifest. */
function restamped(candidate: Candidate, change: Partial<PolicyManifest>): Candidate {
  return { ...candidate, manifest: { ...candidate.manifest, ...change } };
}

await suite.check('scaling, psi, invariants and backfill pass a trained policy and its market', async () => {
  const policy = await trained();
  await says(scaling, policy, /^15 features of 3 symbols on 2 days: no median farther/);
  await says(
    psi,
    restamped(policy, { reference: { ...policy.manifest.reference, informationCoefficient: 0.2 } }),
    /^signal index \d/,
  );
  await says(invariants, policy, /^47 features keep their invariants, and \d\d of \d\d of simulated hold$/);
  await says(backfill, policy, /^1980 snapshots every 1 s and 10 s came back exactly/);
});

await suite.check('plants: a scaler of another asset, a stamp too good, raw lots, a data set without a feature', () =>
  inFolder(async (folder) => {
    const policy = await trained();
    const { scaler, reference } = policy.manifest;
    const foreign = { ...scaler, deviation: scaler.deviation.map((value, f) => (f === 4 ? value / 100 : value)) };
    await says(
      scaling,
      restamped(policy, { scaler: foreign }),
      /^feature "ofi-fast" of SIM-. on day 1 is at the clip in/,
    );
    const boast = { ...reference, informationCoefficient: 0.95 };
    await says(
      psi,
      restamped(policy, { reference: boast }),
      /^the signal index is 0\.\d\d on an unseen hour, at least 0\.5/,
    );
    writeFileSync(
      path.join(folder, 'raw.mjs'),
      `export const feature = { name: 'raw', unit: 'lots', bounds: { min: 0, max: 1e12 }, mirror: 'odd',
        create: () => ({ onChange: () => {}, value: (book) => book.bidCount > 0 ? book.bidLots(0) : 0 }) };`,
    );
    await says(invariants, policy, /^feature "raw" breaks "mirror" at event \d+: it is/, { features: folder });
    const sets = path.join(folder, 'sets');
    cpSync(DATA_SETS, sets, { recursive: true });
    const file = path.join(sets, 'simulated.json');
    const set = JSON.parse(readFileSync(file, 'utf8'));
    set.invariants.statistics['SIM-L'].spreadTicksMean = { low: 5, high: 6 };
    set.invariants.statistics['SIM-M'].spreadTicksMean = { low: 50, high: 60 };
    writeFileSync(file, JSON.stringify(set));
    await says(invariants, policy, /^2 invariants of simulated are broken: market of SIM-M spreadTicksMean is/, {
      dataSets: sets,
    });
    delete set.invariants.population['ofi-ten'];
    writeFileSync(file, JSON.stringify(set));
    await says(invariants, policy, /simulated\.json: .*has no deciles of ofi-ten/, { dataSets: sets });
    await says(invariants, policy, /^the market has no data set/, { market: { kind: 'simulated', informed: false } });
  }),
);

process.exit(suite.end());
