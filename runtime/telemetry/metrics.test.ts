import test from 'ava';
import fc from 'fast-check';
import { LatencyHistogram } from './latency-histogram.ts';
import { Metrics, type Readings } from './metrics.ts';

const build = { version: '0.1.0', commit: 'abc', mode: 'paper', environment: 'local', policy: 'none', config: 'none' };
const readings: Readings = {
  positionLots: { AAA: -3 },
  openOrders: 2,
  pnl: { cross: 1_500_000, post: 0, hold: -500_000, fees: 250_000, total: 750_000 },
  disabled: ['WARMUP'],
  bookLive: { AAA: true },
  sessionUp: true,
  positionKnown: false,
  modelWarm: false,
};

async function exposed(change: (metrics: Metrics) => void = () => {}): Promise<string[]> {
  const metrics = new Metrics(build, () => readings);
  change(metrics);
  return (await metrics.expose()).text.split('\n');
}

test('counters begin at zero, so that a first event is an increase', async (t) => {
  const lines = await exposed();
  t.true(lines.includes('emp_denials_total{reason="SELF_MATCH"} 0'));
  t.true(lines.includes('emp_disables_total{reason="FEED_STALE"} 0'));
  t.true(lines.includes('emp_decisions_total{kind="stay"} 0'));
});

test('counts and readings', async (t) => {
  const lines = await exposed((metrics) => {
    metrics.decision('cross');
    metrics.denial('SELF_MATCH');
    metrics.disable('MANUAL');
    metrics.order('new');
    metrics.fill('AAA', 'maker');
    metrics.fill('AAA', 'maker');
    metrics.error('book', 'CROSSED');
    metrics.marketDataMessage();
  });
  for (const line of [
    'emp_decisions_total{kind="cross"} 1',
    'emp_denials_total{reason="SELF_MATCH"} 1',
    'emp_disables_total{reason="MANUAL"} 1',
    'emp_orders_total{action="new"} 1',
    'emp_fills_total{symbol="AAA",liquidity="maker"} 2',
    'emp_errors_total{source="book",kind="CROSSED"} 1',
    'emp_market_data_messages_total 1',
    'emp_position_lots{symbol="AAA"} -3',
    'emp_open_orders 2',
    'emp_pnl_usd{part="hold"} -0.5',
    'emp_disabled{reason="WARMUP"} 1',
    'emp_disabled{reason="MANUAL"} 0',
    'emp_book_live{symbol="AAA"} 1',
    'emp_session_up 1',
    'emp_position_known 0',
    'emp_build_info{version="0.1.0",commit="abc",mode="paper",environment="local",policy="none",config="none"} 1',
  ]) {
    t.true(lines.includes(line), line);
  }
});

test('a stage’s latency is a histogram in seconds, and exact quantiles', async (t) => {
  const lines = await exposed((metrics) => {
    for (let i = 0; i < 99; i++) metrics.latency.inference.record(1500);
    metrics.latency.inference.record(3_000_000);
  });
  for (const line of [
    'emp_stage_latency_seconds_bucket{le="0.000001",stage="inference"} 0',
    'emp_stage_latency_seconds_bucket{le="0.000002",stage="inference"} 99',
    'emp_stage_latency_seconds_bucket{le="0.005",stage="inference"} 100',
    'emp_stage_latency_seconds_bucket{le="+Inf",stage="inference"} 100',
    'emp_stage_latency_seconds_count{stage="inference"} 100',
    'emp_stage_latency_seconds_count{stage="decision"} 0',
    'emp_stage_latency_quantile_seconds{stage="inference",quantile="0.5"} 0.0000015',
  ]) {
    t.true(lines.includes(line), line);
  }
  t.true(lines.includes('# TYPE emp_stage_latency_seconds histogram'));
  const sum = lines.find((line) => line.startsWith('emp_stage_latency_seconds_sum{stage="inference"}'));
  t.true(Math.abs(Number(sum?.split(' ')[1]) - 0.0031485) < 1e-9, sum);
});

test('every line is well-formed exposition text, process metrics included', async (t) => {
  const metrics = new Metrics(build, () => readings).withProcess();
  const { text, contentType } = await metrics.expose();
  t.true(contentType.startsWith('text/plain'));
  const sample = /^[a-z_][a-z0-9_]*(\{([a-z_]+="[^"]*",?)*\})? (-?[0-9.e+-]+|NaN|\+Inf)$/i;
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  t.deepEqual(
    lines.filter((line) => !sample.test(line)),
    [],
  );
  t.true(lines.some((line) => line.startsWith('process_resident_memory_bytes')));
});

test('property: buckets count what lies under their bound, to HDR precision', (t) => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 2e11, noNaN: true }), { maxLength: 200 }), (durations) => {
      const latency = new LatencyHistogram();
      for (const duration of durations) latency.record(duration);
      t.is(latency.count, durations.length);
      for (const { boundNs, count } of latency.buckets()) {
        const surely = durations.filter((duration) => duration <= boundNs * 0.998).length;
        const perhaps = durations.filter((duration) => duration <= boundNs * 1.002).length;
        t.true(count >= surely && count <= perhaps, `${boundNs}: ${surely} ≤ ${count} ≤ ${perhaps}`);
      }
    }),
  );
});

test('nothing recorded is zero, not NaN', (t) => {
  const latency = new LatencyHistogram();
  t.deepEqual([latency.quantileNs(0.99), latency.maxNs, latency.sumNs], [0, 0, 0]);
});
