import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import test from 'ava';
import { judge, type Recorded } from './judge.ts';
import { judgeRunning } from './running.ts';

const sound: Recorded = { decisions: 500, fills: 3, denials: 100, halts: [], errors: 0 };

const judged = test.macro((t, change: Partial<Recorded>, status: 'passed' | 'failed' | 'errored', because: RegExp) => {
  const verdict = judge({ ...sound, ...change });
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

test('a running runtime is asked until there is enough; another policy, and silence, are errors of the gate', async (t) => {
  let policyDigest = 'sha256:b';
  let asked = 0;
  const server = createServer((request, response) => {
    if (request.url === '/metrics') return response.end('emp_errors_total{source="book",kind="gap"} 0\n');
    const audit = { policyDigest, decisions: 2 * ++asked, fillCount: 1, denials: { TOO_MANY: 0 }, disables: [] };
    return response.end(JSON.stringify(audit));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => void server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const options = { url, decisionsNeeded: 7, windowSeconds: 0.05, everyMs: 5, told: () => {} };
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
