import test from 'ava';
import { alerts } from '../../platform/manifests/alerts.ts';
import { dashboardQueries } from '../../platform/manifests/dashboard.ts';
import { Metrics } from '../../runtime/telemetry/metrics.ts';
import { alertCases } from './cases.ts';
import { selectorsOf } from './metric-names.ts';
import { alertRules } from './rules.ts';

/** Metrics that Prometheus itself makes of a scrape. */
const OF_THE_SCRAPE = new Map([['up', ['service', 'namespace', 'pod', 'job', 'instance']]]);
/** Labels that a scrape adds to every metric. */
const ADDED = ['namespace', 'pod', 'service', 'job', 'instance'];

/** What a runtime exports, by the names that queries use: a histogram is asked for by its buckets. */
async function exported(): Promise<Map<string, string[]>> {
  const build = { version: '', commit: '', mode: '', environment: '', policy: '', config: '' };
  const metrics = new Metrics(build, () => {
    throw new Error('nobody scrapes here');
  }).withProcess();
  const found = new Map(OF_THE_SCRAPE);
  for (const metric of metrics.registry.getMetricsAsArray()) {
    const { name, type, labelNames = [] } = metric as unknown as { name: string; type: string; labelNames?: string[] };
    const suffixes =
      /histogram/.test(type) || name === 'emp_stage_latency_seconds' ? ['_bucket', '_sum', '_count'] : [''];
    for (const suffix of suffixes) found.set(name + suffix, [...labelNames]);
  }
  return found;
}

const queries = [...dashboardQueries, ...alerts.map(({ expr }) => expr)];

test('the queries of dashboard and alerts name only metrics that the runtime exports', async (t) => {
  const known = await exported();
  for (const query of queries) {
    const selectors = selectorsOf(query);
    t.true(selectors.length > 0, `${query}: names no metric`);
    for (const { metric } of selectors) t.true(known.has(metric), `${query}: no ${metric} is exported`);
  }
});

test('they match by labels that these metrics have', async (t) => {
  const known = await exported();
  for (const { metric, labels } of queries.flatMap(selectorsOf)) {
    const has = [...(known.get(metric) ?? []), ...ADDED];
    for (const label of labels)
      t.true(has.includes(label), `${metric} has no label ${label}, it has ${has.join(', ')}`);
  }
});

test('every alert has a case in which it fires and one in which it is silent, and no case is left over', (t) => {
  t.deepEqual(Object.keys(alertCases).sort(), alertRules.map(({ alert }) => alert).sort());
});

test('metrics are told apart from functions, keywords, labels and texts', (t) => {
  t.deepEqual(selectorsOf('sum by (le) (rate(a_bucket{x="b or c",y!~"d"}[5m])) / ignoring(z) e == 1 or absent(up)'), [
    { metric: 'a_bucket', labels: ['x', 'y'] },
    { metric: 'e', labels: [] },
    { metric: 'up', labels: [] },
  ]);
});
