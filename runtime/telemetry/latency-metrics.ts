import type { Metric } from 'prom-client';
import type { LatencyHistogram } from './latency-histogram.ts';

interface Sample {
  readonly value: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly metricName?: string;
}

const HISTOGRAM = 'emp_stage_latency_seconds';
const QUANTILE = 'emp_stage_latency_quantile_seconds';
const QUANTILES = [0.5, 0.9, 0.99, 0.999, 1];

/**
 * The stages' latencies as a Prometheus histogram (to add up over pods) and as quantiles (exact, for one pod). Both are
 * written from the HDR histograms at the scrape: prom-client's own histogram would hash labels on every observation.
 */
export function latencyMetrics(stages: Readonly<Record<string, LatencyHistogram>>): Metric[] {
  const histogram = family(HISTOGRAM, 'Time spent by stage', 'histogram', () =>
    Object.entries(stages).flatMap(([stage, latency]) => histogramSamples(stage, latency)),
  );
  const quantiles = family(QUANTILE, 'Quantiles of the time spent by stage, since the start', 'gauge', () =>
    Object.entries(stages).flatMap(([stage, latency]) =>
      QUANTILES.map((share) => ({
        value: latency.quantileNs(share) / 1e9,
        labels: { stage, quantile: String(share) },
      })),
    ),
  );
  return [histogram, quantiles];
}

function histogramSamples(stage: string, latency: LatencyHistogram): Sample[] {
  const bucket = (le: string, value: number): Sample => ({
    value,
    labels: { le, stage },
    metricName: `${HISTOGRAM}_bucket`,
  });
  return [
    ...latency.buckets().map(({ boundNs, count }) => bucket(String(boundNs / 1e9), count)),
    bucket('+Inf', latency.count),
    { value: latency.sumNs / 1e9, labels: { stage }, metricName: `${HISTOGRAM}_sum` },
    { value: latency.count, labels: { stage }, metricName: `${HISTOGRAM}_count` },
  ];
}

/** What a registry asks of a metric: its name and, at the scrape, its samples. */
function family(name: string, help: string, type: 'histogram' | 'gauge', samples: () => Sample[]): Metric {
  return {
    name,
    help,
    get: () => Promise.resolve({ name, help, type, values: samples(), aggregator: 'sum' }),
    reset: () => {},
  } as unknown as Metric;
}
