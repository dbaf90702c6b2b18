import type { Invariant } from '../../policies/markets/invariants/invariants.ts';
import { InputError } from '../../runtime/boot/documents.ts';
import type { Limits } from '../../runtime/contract.ts';

/** Largest p99 of a decision, seconds: a tenth of the local decision interval. */
const DECISION_SECONDS_MAX = 0.025;
/** Profits are whole micro-units; their sum in USD is printed with rounding. */
const RESIDUAL_USD_MAX = 1e-3;

/** Figures of a running runtime, from what it exposes. @throws InputError when it does not answer */
export async function runtimeInvariants(url: string, limits: Limits): Promise<Invariant[]> {
  let text: string;
  try {
    const response = await fetch(new URL('/metrics', url), { signal: AbortSignal.timeout(10_000) });
    text = await response.text();
    if (!response.ok) throw new Error(`status ${response.status}`);
  } catch (cause) {
    throw new InputError(
      `${url}: does not answer with metrics (${(cause as Error).message}), a running runtime is needed`,
      {
        cause,
      },
    );
  }
  return invariantsOf(parseMetrics(text), limits);
}

type Metrics = ReadonlyMap<string, number>;

/** Name with its labels → value. */
export function parseMetrics(text: string): Metrics {
  const found = new Map<string, number>();
  for (const line of text.split('\n')) {
    const match = /^([a-z_:][\w:]*(?:\{[^}]*\})?) (\S+)/i.exec(line);
    if (match !== null) found.set(match[1] as string, Number(match[2]));
  }
  return found;
}

export function invariantsOf(metrics: Metrics, limits: Limits): Invariant[] {
  const pnl = (part: string) => metrics.get(`emp_pnl_usd{part="${part}"}`) ?? Number.NaN;
  const residual = pnl('cross') + pnl('post') + pnl('hold') - pnl('fees') - pnl('total');
  const positions = [...metrics].filter(([name]) => name.startsWith('emp_position_lots{'));
  const largest = Math.max(0, ...positions.map(([, lots]) => Math.abs(lots)));
  const latency = metrics.get('emp_stage_latency_quantile_seconds{stage="decision",quantile="0.99"}');
  return [
    {
      name: 'attribution-residual',
      subject: 'profit by origin',
      figure: Math.abs(residual),
      unit: 'USD',
      reference: 0,
      low: 0,
      high: RESIDUAL_USD_MAX,
    },
    {
      name: 'limits',
      subject: 'largest position',
      figure: largest,
      unit: 'lots',
      reference: 0,
      low: 0,
      high: limits.maxPositionLots,
    },
    ...(latency === undefined
      ? []
      : [
          {
            name: 'latency',
            subject: 'decision, p99',
            figure: latency,
            unit: 's',
            reference: 0,
            low: 0,
            high: DECISION_SECONDS_MAX,
          },
        ]),
  ];
}
