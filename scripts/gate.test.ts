import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { untrained } from '../gates/testing.ts';
import { digest12 } from '../runtime/evidence/digest.ts';
import { verifyLine } from '../runtime/evidence/envelope.ts';
import { loadTrust } from '../runtime/evidence/trust.ts';
import { temporaryFolder } from './testing/temporary-folder.ts';

const start = path.join(import.meta.dirname, 'start.mjs');

function gate(state: string, ...args: string[]) {
  return spawnSync(process.execPath, [start, 'gate', '--state', state, ...args], { encoding: 'utf8' });
}

function candidate(t: ExecutionContext) {
  const folder = temporaryFolder(t);
  return { state: path.join(folder, 'state'), policy: untrained(path.join(folder, 'policy'), 1) };
}

test('one gate by name: a table, exit 0, and one signed line that the state trusts', (t) => {
  const { state, policy } = candidate(t);
  const run = gate(state, '--policy', policy.directory, '--only', 'ssd-consistency');
  t.is(run.status, 0, run.stderr);
  t.regex(run.stdout, /│ ssd-consistency │? *│? *passed/);
  const file = path.join(state, 'evidence', `${digest12(policy.digest)}.intoto.jsonl`);
  t.true(run.stdout.includes(file));
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  t.is(lines.length, 1);
  const verified = verifyLine(lines[0] as string, 'line', loadTrust(path.join(state, 'trust.json')));
  t.true(verified.ok);
});

test('with --json stdout is JSON lines, and the last one holds every verdict', (t) => {
  const { state, policy } = candidate(t);
  const run = gate(state, '--policy', policy.directory, '--only', 'ssd-consistency', '--json');
  t.is(run.status, 0, run.stderr);
  const events = run.stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  const last = events.at(-1);
  t.is(last.kind, 'summary');
  t.is(last.policy, policy.digest);
  t.is(last.verdicts[0].status, 'passed');
});

test('bad input ends with 2, names it, and writes nothing', (t) => {
  const { state, policy } = candidate(t);
  const nowhere = gate(state, '--policy', '/nowhere');
  t.is(nowhere.status, 2);
  t.regex(nowhere.stderr, /^\/nowhere\/policy\.json: cannot be read \(ENOENT\)/);
  const unknown = gate(state, '--policy', policy.directory, '--only', 'beauty');
  t.is(unknown.status, 2);
  t.regex(unknown.stderr, /beauty.*Allowed choices are causality/);
  const noLog = gate(state, '--policy', policy.directory, '--market', '/nowhere/log.zst');
  t.is(noLog.status, 2);
  t.regex(noLog.stderr, /\/nowhere\/log\.zst/);
  const seed = gate(state, '--policy', policy.directory, '--seed', '-1');
  t.is(seed.status, 2);
  rmSync(path.join(policy.directory, 'step.onnx'));
  t.is(gate(state, '--policy', policy.directory).status, 2);
  t.false(existsSync(path.join(state, 'evidence')));
});
