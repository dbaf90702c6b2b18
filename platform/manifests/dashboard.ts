/** Grafana's dashboard, as its JSON. */

interface Panel {
  readonly title: string;
  readonly unit: string;
  readonly queries: readonly { readonly expr: string; readonly legend: string }[];
}

const panels: readonly Panel[] = [
  {
    title: 'Profit by origin',
    unit: 'currencyUSD',
    queries: [{ expr: 'emp_pnl_usd', legend: '{{part}}' }],
  },
  { title: 'Position', unit: 'short', queries: [{ expr: 'emp_position_lots', legend: '{{symbol}}' }] },
  {
    title: 'Orders and fills a second',
    unit: 'ops',
    queries: [
      { expr: 'sum by (action) (rate(emp_orders_total[1m]))', legend: '{{action}}' },
      { expr: 'sum by (liquidity) (rate(emp_fills_total[1m]))', legend: 'fill, {{liquidity}}' },
    ],
  },
  {
    title: 'Denials a second',
    unit: 'ops',
    queries: [{ expr: 'sum by (reason) (rate(emp_denials_total[1m]))', legend: '{{reason}}' }],
  },
  {
    title: 'Latency by stage, 99th percentile',
    unit: 's',
    queries: [
      {
        expr: 'histogram_quantile(0.99, sum by (le, stage) (rate(emp_stage_latency_seconds_bucket[5m])))',
        legend: '{{stage}}',
      },
    ],
  },
  {
    title: 'Kept from trading',
    unit: 'short',
    queries: [
      { expr: 'emp_disabled == 1', legend: '{{reason}}' },
      { expr: '1 - emp_session_up', legend: 'no session' },
      { expr: '1 - emp_position_known', legend: 'position unknown' },
    ],
  },
];

const COLUMNS = 2;
const WIDTH = 12;
const HEIGHT = 8;

/** Queries of every panel, for who checks that the metrics exist. */
export const dashboardQueries: readonly string[] = panels.flatMap(({ queries }) => queries.map(({ expr }) => expr));

export const dashboardJson = `${JSON.stringify(
  {
    title: 'EMP runtime',
    uid: 'emp-runtime',
    schemaVersion: 39,
    refresh: '10s',
    time: { from: 'now-1h', to: 'now' },
    templating: { list: [{ name: 'datasource', type: 'datasource', query: 'prometheus' }] },
    panels: panels.map(({ title, unit, queries }, index) => ({
      id: index + 1,
      title,
      type: 'timeseries',
      datasource: { type: 'prometheus', uid: '$datasource' },
      gridPos: {
        x: (index % COLUMNS) * WIDTH,
        y: Math.floor(index / COLUMNS) * HEIGHT,
        w: WIDTH,
        h: HEIGHT,
      },
      fieldConfig: { defaults: { unit }, overrides: [] },
      targets: queries.map(({ expr, legend }, query) => ({
        refId: String.fromCharCode(65 + query),
        expr,
        legendFormat: legend,
      })),
    })),
  },
  null,
  2,
)}\n`;
