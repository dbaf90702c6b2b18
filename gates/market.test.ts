import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'ava';
import { edge } from './edge.ts';
import { regret } from './regret.ts';
import { ThreadedRuns } from './slice-runs.ts';
import { contextOf, trained, untrained } from './testing.ts';

/** The real runtime on the real simulated market, both ways; what the gates conclude from figures is tested beside them. */

test.serial(
  'sound: a policy trained for some seconds earns more than nothing, random and untrained ones',
  async (t) => {
    if (process.env['EMP_HEAVY'] !== '1') {
      t.log('SKIP: training a sound policy and judging it takes half a minute; EMP_HEAVY=1 does it');
      t.pass();
      return;
    }
    const candidate = await trained();
    const context = contextOf();
    const runs = new ThreadedRuns(context);
    t.teardown(() => runs.close());
    for (const gate of [edge, regret]) {
      const { status, because } = await gate.run(candidate, { ...context, runs });
      t.log(`${gate.name}: ${because}`);
      t.is(status, 'passed');
    }
  },
);

test.serial('plant: a policy that trades on weights which no training has touched', async (t) => {
  const directory = mkdtempSync(path.join(tmpdir(), 'emp-market-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  const candidate = untrained(directory, 10, {
    planner: { enterCosts: 0, exitCosts: 0, confidence: 0, maxHoldDecisions: 8 },
  });
  const context = contextOf();
  const runs = new ThreadedRuns(context);
  t.teardown(() => runs.close());
  for (const gate of [edge, regret]) {
    const { status, because } = await gate.run(candidate, { ...context, runs });
    t.log(`${gate.name}: ${because}`);
    t.is(status, 'failed');
    t.regex(because, /^earns −?\d/);
  }
});
