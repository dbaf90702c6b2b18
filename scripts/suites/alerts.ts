/**
 * Each alert rule, as Prometheus itself evaluates it, in a world where it must fire and in one where it must not.
 *
 * Usage: node scripts/suites/alerts.ts [PART-OF-AN-ALERT'S-NAME]
 */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { stringify } from 'yaml';
import { type AlertCase, alertCases } from '../alerts/cases.ts';
import { alertRules } from '../alerts/rules.ts';
import { hold, inFolder, Suite } from './suite.ts';

const suite = new Suite(process.argv[2]);

if (spawnSync('promtool', ['--version']).status !== 0) {
  suite.skip('alert rules', 'promtool is not installed; `mise install`, or the package prometheus');
} else {
  for (const rule of alertRules) {
    const cases = alertCases[rule.alert];
    await suite.check(`${rule.alert} fires`, () => judge(rule.alert, cases?.fires, true));
    await suite.check(`${rule.alert} stays silent`, () => judge(rule.alert, cases?.silent, false));
  }
}
process.exit(suite.end());

/** One rule alone: what another one says of the same world is not asked. */
async function judge(name: string, world: AlertCase | undefined, fires: boolean): Promise<void> {
  hold(world !== undefined, `${name} has no case in scripts/alerts/cases.ts`);
  const rule = alertRules.filter(({ alert }) => alert === name);
  await inFolder(async (folder) => {
    const rules = path.join(folder, 'rules.yaml');
    writeFileSync(rules, stringify({ groups: [{ name: 'emp', rules: rule }] }));
    // What the alert says is the rule's own; here it is only asked whether it fires.
    const probe = `count(ALERTS{alertname="${name}",alertstate="firing"}) or vector(0)`;
    const test = {
      rule_files: [rules],
      evaluation_interval: '1m',
      tests: [
        {
          interval: '1m',
          input_series: Object.entries(world.series).map(([series, values]) => ({ series, values })),
          promql_expr_test: [
            { expr: `${probe} > bool 0`, eval_time: world.at, exp_samples: [{ labels: '{}', value: fires ? 1 : 0 }] },
          ],
        },
      ],
    };
    const file = path.join(folder, 'test.yaml');
    writeFileSync(file, stringify(test));
    const { status, stdout, stderr } = spawnSync('promtool', ['test', 'rules', file], { encoding: 'utf8' });
    hold(status === 0, `${stdout}${stderr}`.trim().slice(0, 1500));
  });
}
