import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import test from 'ava';
import { signVerdicts } from '../../gates/evidence.ts';
import { signingKey } from '../../gates/keys.ts';
import type { TrustRoot } from '../../runtime/evidence/trust.ts';
import type { LifeRecord } from '../../runtime/telemetry/life-record.ts';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { type Expected, expectedOf } from './expected.ts';
import { judge, type Recorded } from './judge.ts';
import { judgeRunning } from './running.ts';

const record: LifeRecord = {
  seconds: 600,
  earnedMicroUsd: 90e6,
  pairs: 4000,
  pairSeconds: 600,
  rankCorrelation: 0.25,
  messageP10Ns: 20_000,
  decisionP10Ns: 80_000,
};
/** What seed 7's policy was approved for, rounded: 115 USD a slice give or take 108, correlation 0.31 give or take 0.1. */
const expected: Expected = {
  edge: {
    sliceSeconds: 600,
    earnedUsd: { mean: 115, deviation: 108, n: 16 },
    correlation: { mean: 0.31, deviation: 0.1, n: 16 },
  },
  decisionRatio: 3,
};
const sound: Recorded = { decisions: 500, fills: 3, denials: 100, halts: [], drifts: [], errors: 0, record };

type Status = 'passed' | 'failed' | 'errored';
const judged = test.macro((t, change: Partial<Recorded>, status: Status, because: RegExp) => {
  const verdict = judge({ ...sound, ...change }, expected);
  t.is(verdict.status, status);
  t.regex(verdict.because, because);
});
const measured = test.macro((t, change: Partial<LifeRecord>, status: Status, because: RegExp) => {
  const verdict = judge({ ...sound, record: { ...record, ...change } }, expected);
  t.is(verdict.status, status);
  t.regex(verdict.because, because);
});
test('a slot is judged: held', judged, {}, 'passed', /^500 decisions, 3 fills, 100 denials/);
test('a slot is judged: too little to say', judged, { decisions: 499 }, 'errored', /made 499 decisions, at least 500/);
test('a slot is judged: halted, however early', judged, { decisions: 1, halts: ['LOSS'] }, 'failed', /halted it: LOSS/);
test('a slot is judged: an error, however early', judged, { decisions: 1, errors: 1 }, 'failed', /^1 errors/);
test(
  'a slot is judged: refused too often',
  judged,
  { denials: 101 },
  'failed',
  /denied 101 of its orders, at most 20 %/,
);

test('a slot is judged: another regime', judged, { drifts: ['signal 0.1'] }, 'failed', /another .* on: signal 0.1$/);
test('a slot is judged: nothing told', judged, { record: undefined }, 'errored', /ended without telling/);
test('a slot is judged: no worse than it was', measured, {}, 'passed', /correlate 0.25 .* \(at least -0.07\), .* -300/);
test('a slot is judged: few forecasts', measured, { pairs: 199 }, 'errored', /^199 of its forecasts .* at least 200/);
test(
  'a slot is judged: its signal turned round',
  measured,
  { rankCorrelation: -0.31 },
  'failed',
  /correlate -0.31 .* at least -0.07 .* \(0.31 when it was approved\)$/,
);
test(
  'a slot is judged: forecasts that are all the same, for an hour',
  measured,
  { rankCorrelation: null, pairSeconds: 3600 },
  'failed',
  /correlate 0.00 .* at least 0.13/,
);
test(
  'a slot is judged: it loses',
  measured,
  { earnedMicroUsd: -310e6 },
  'failed',
  /earned -310.00 USD in 600 s, at least -300.\d\d .* \(115.00 when it was approved\)$/,
);
test('a slot is judged: a loss that chance explains', measured, { earnedMicroUsd: -290e6 }, 'passed', /-290.00/);
test(
  'a slot is judged: the same loss a slice, for two hours',
  measured,
  { seconds: 7200, earnedMicroUsd: 12 * -290e6 },
  'failed',
  /in 7200 s, at least -\d+/,
);
test('a slot is judged: it decides late', measured, { decisionP10Ns: 481_000 }, 'failed', /takes 24.1 .* at most 24.0/);
test(
  'a slot is judged: on a machine ten times as slow',
  measured,
  { messageP10Ns: 2e5, decisionP10Ns: 8e5 },
  'passed',
  /4.0 times/,
);
test('a slot is judged: no latency', measured, { decisionP10Ns: 0 }, 'errored', /measured no latency/);

test('what was not measured before is not judged, and said so', (t) => {
  const poor = { ...sound, record: { ...record, rankCorrelation: -1, decisionP10Ns: 1e9 } };
  const nothing = judge(poor, { edge: undefined, decisionRatio: undefined });
  t.like(nothing, { status: 'passed' });
  t.regex(nothing.because, /nothing was measured of it before/);
  t.regex(judge(sound, { ...expected, edge: undefined }).because, /signal and profit were not measured before/);
  t.regex(judge(sound, { ...expected, decisionRatio: undefined }).because, /latency was not measured before/);
});

test('what a slot was approved for is what its signed gates measured', async (t) => {
  const key = signingKey(temporaryFolder(t), 'gate');
  const other = signingKey(temporaryFolder(t), 'gate');
  const trust: TrustRoot = {
    schema: 'emp/trust/v1',
    keys: [{ keyId: key.keyId, publicKeyPem: key.publicKeyPem, roles: ['gate'] }],
    ledgerHead: null,
  };
  const figures = {
    sliceSeconds: 600,
    slices: 16,
    earnedPerSliceUsd: 115,
    earnedPerSliceDeviationUsd: 108,
    rankCorrelation: 0.31,
    rankCorrelationDeviation: 0.1,
    rankCorrelationSlices: 16,
  };
  const text = async (gate: 'edge' | 'planner-sla', figuresOf: Record<string, number>, by = key) => {
    const verdict = {
      gate,
      status: 'passed' as const,
      because: 'it holds',
      measured: figuresOf,
      thresholds: {},
      seconds: 1,
    };
    return (await signVerdicts([verdict], `sha256:${'a'.repeat(64)}`, by)).map((line) => `${line}\n`).join('');
  };
  const evidence = (await text('edge', figures)) + (await text('planner-sla', { decisionPerMessageRatio: 3 }));
  t.deepEqual(expectedOf(evidence, 'e.intoto.jsonl', trust), expected);
  const before = await text('edge', { slices: 16 });
  t.deepEqual(expectedOf(before, 'e.intoto.jsonl', trust), { edge: undefined, decisionRatio: undefined });
  const forged = await text('edge', figures, other);
  t.throws(() => expectedOf(forged, 'e.intoto.jsonl', trust), {
    message: /^e.intoto.jsonl:1: is signed by a key that is not trusted/,
  });
});

test('a running runtime is asked until there is enough; another policy, and silence, are errors of the gate', async (t) => {
  let policyDigest = 'sha256:b';
  let asked = 0;
  const server = createServer((request, response) => {
    if (request.url === '/metrics') return response.end('emp_errors_total{source="book",kind="gap"} 0\n');
    const audit = {
      policyDigest,
      decisions: 2 * ++asked,
      fillCount: 1,
      denials: { TOO_MANY: 0 },
      disables: [],
      history: [],
      record,
    };
    return response.end(JSON.stringify(audit));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => void server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const options = { url, expected, decisionsNeeded: 7, windowSeconds: 0.05, everyMs: 5, told: () => {} };
  const other = await judgeRunning({ ...options, policy: 'sha256:a' });
  t.like(other, { status: 'errored', recorded: undefined });
  t.regex(other.because, /runs sha256:b, sha256:a is judged$/);
  [policyDigest, asked] = ['sha256:a', 0];
  const held = await judgeRunning({ ...options, windowSeconds: 30, policy: 'sha256:a' });
  t.like(held, { status: 'passed', recorded: { decisions: 8, fills: 1, errors: 0 } });
  server.closeAllConnections();
  const silent = await judgeRunning({ ...options, url: 'http://127.0.0.1:1', policy: 'sha256:a' });
  t.is(silent.status, 'errored');
  t.regex(silent.because, /does not answer/);
});
