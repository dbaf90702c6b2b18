/** What a running runtime recorded since it started, as its own window tells it. */
import { z } from 'zod';
import { sleepMs, stopwatchNs } from '../../runtime/clock.ts';
import { parseMetrics } from '../drift/running.ts';
import type { RegressionVerdict } from '../environment/regression.ts';
import type { Expected } from './expected.ts';
import { judge, type Recorded } from './judge.ts';

export interface WatchOptions {
  /** Address of the runtime's window. */
  readonly url: string;
  /** Digest of the policy that is judged. */
  readonly policy: string;
  /** What that policy was approved for. */
  readonly expected: Expected;
  readonly decisionsNeeded: number;
  /** How long to wait for that policy, and for so many decisions of it. */
  readonly windowSeconds: number;
  readonly told: (line: string) => void;
  /** @default 1000 */
  readonly everyMs?: number;
}

export interface Judged extends RegressionVerdict {
  readonly recorded: Recorded | undefined;
}

const spells = z.array(z.object({ reason: z.string(), evidence: z.string() }));
const audit = z.object({
  policyDigest: z.string().nullable(),
  decisions: z.number(),
  fillCount: z.number(),
  denials: z.record(z.string(), z.number()),
  disables: spells,
  history: spells.describe('ended ones'),
  record: z.object({
    seconds: z.number(),
    earnedMicroUsd: z.number(),
    pairs: z.number(),
    pairSeconds: z.number(),
    rankCorrelation: z.number().nullable(),
    messageP10Ns: z.number(),
    decisionP10Ns: z.number(),
  }),
});

/** Asks until there is enough to judge. A runtime that does not answer in time, or runs another policy, is an errored gate. */
export async function judgeRunning(options: WatchOptions): Promise<Judged> {
  const { url, policy, expected, decisionsNeeded, windowSeconds, told, everyMs = 1000 } = options;
  const beganNs = stopwatchNs();
  let recorded: Recorded | undefined;
  let complaint = '';
  let saidNs = beganNs;
  for (;;) {
    try {
      const found = await recordedBy(url, policy);
      if (typeof found === 'string') complaint = found;
      else {
        recorded = found;
        const verdict = judge(found, expected, decisionsNeeded);
        if (verdict.status !== 'errored') return { ...verdict, recorded };
        complaint = verdict.because;
      }
    } catch (error) {
      const { message, cause } = error as Error;
      complaint = `${url}: does not answer (${cause instanceof Error ? cause.message : message})`;
    }
    const nowNs = stopwatchNs();
    if (nowNs - beganNs >= windowSeconds * 1e9) {
      return { status: 'errored', because: `after ${windowSeconds} s: ${complaint}`, recorded };
    }
    if (nowNs - saidNs >= 10e9) {
      told(complaint);
      saidNs = nowNs;
    }
    await sleepMs(everyMs);
  }
}

/** @returns a sentence when something else runs there */
async function recordedBy(url: string, policy: string): Promise<Recorded | string> {
  const get = async (where: string): Promise<Response> => {
    const response = await fetch(new URL(where, url), { signal: AbortSignal.timeout(10_000) });
    if (!response.ok) throw new Error(`${where}: status ${response.status}`);
    return response;
  };
  const told = audit.parse(await (await get('/audit')).json());
  if (told.policyDigest !== policy) return `${url}: runs ${told.policyDigest ?? 'nothing'}, ${policy} is judged`;
  const metrics = parseMetrics(await (await get('/metrics')).text());
  const errors = [...metrics].filter(([name]) => name.startsWith('emp_errors_total'));
  const evidenceOf = (found: z.infer<typeof spells>, wanted: string) =>
    found.filter(({ reason }) => reason === wanted).map(({ evidence }) => evidence);
  return {
    decisions: told.decisions,
    fills: told.fillCount,
    denials: Object.values(told.denials).reduce((total, count) => total + count, 0),
    halts: evidenceOf(told.disables, 'RISK_HALT'),
    drifts: evidenceOf([...told.disables, ...told.history], 'REGIME_DRIFT'),
    errors: errors.reduce((total, [, count]) => total + count, 0),
    record: told.record,
  };
}
