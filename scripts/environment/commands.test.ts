/** The commands as a person starts them: exit codes, and what is said where. */
import { spawn } from 'node:child_process';
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { signVerdicts } from '../../gates/evidence.ts';
import { sha256Of } from '../../runtime/evidence/digest.ts';
import { limitsPath } from '../../runtime/evidence/layout.ts';
import { candidateIn, folderFor, intrude, passedVerdicts, promotedScratch, slotNow } from './scratch.ts';

const start = path.resolve(import.meta.dirname, '../start.mjs');

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

function command(...args: string[]): Promise<Ended> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [start, ...args], { env: { ...process.env, EMP_TRUST: undefined } });
    let out = '';
    let err = '';
    child.stdout.on('data', (chunk) => (out += chunk));
    child.stderr.on('data', (chunk) => (err += chunk));
    child.on('close', (code) => resolve({ code, out, err }));
  });
}

test('verify: 0 and the slot when all is well, 1 naming file and digests when it is not', async (t) => {
  const { at, promoted } = await promotedScratch(t);
  const well = await command('verify', '--state', at.state, '--json');
  t.is(well.code, 0, well.err);
  const { ok, environments } = JSON.parse(well.out) as {
    ok: boolean;
    environments: { slot: unknown; tag: string }[];
  };
  t.true(ok);
  t.is(environments.length, 1);
  t.deepEqual(environments[0]?.slot, promoted.slot);
  t.is(environments[0]?.tag, promoted.tag);

  await intrude(at, () => Promise.resolve(new Map([[limitsPath('local'), Buffer.from('maxOpenOrders: 400\n')]])));
  const ill = await command('verify', '--state', at.state);
  t.is(ill.code, 1, ill.err);
  const changed = sha256Of('maxOpenOrders: 400\n');
  t.true(
    ill.out.includes(
      `${limitsPath('local')}: limits differs from the one promoted (${changed}), allowed: ${promoted.slot.limits}`,
    ),
    ill.out,
  );
});

test('rollback: 0 and its commit; a second one is refused with 1', async (t) => {
  const { at } = await promotedScratch(t);
  const first = await command('rollback', '--state', at.state, '--because', 'asked by Ada', '--json');
  t.is(first.code, 0, first.err);
  t.like(JSON.parse(first.out), { outcome: 'rolled-back', slot: null });
  const second = await command('rollback', '--state', at.state);
  t.is(second.code, 1, second.err);
  t.regex(
    second.out,
    /refused \(ROLLBACK_OF_ROLLBACK\): ledger entry 4 in local is a rollback itself \(asked by Ada\)/,
  );
});

test('2 for bad input: no environment, unknown flag, unknown environment, unreadable evidence', async (t) => {
  const { at } = await promotedScratch(t);
  const nowhere = folderFor(t);
  const [none, flag, unknown, unreadable] = await Promise.all([
    command('verify', '--state', nowhere),
    command('rollback', '--forward'),
    command('verify', '--state', at.state, '--environment', 'nowhere'),
    command('promote', '--policy', nowhere, '--evidence', path.join(nowhere, 'absent.jsonl')),
  ]);
  t.deepEqual([none?.code, flag?.code, unknown?.code, unreadable?.code], [2, 2, 2, 2]);
  t.regex(none?.err ?? '', /environment.git: does not exist; run `npm run up` first/);
  t.regex(flag?.err ?? '', /unknown option '--forward'/);
  t.regex(unknown?.err ?? '', /environments\/nowhere\/policy.yaml: absent at commit [0-9a-f]{12}/);
  t.regex(unreadable?.err ?? '', /absent.jsonl: signed verdicts cannot be read/);
});

test('promote: refused with 1 when a verdict is missing, without touching a state folder that is not ours', async (t) => {
  const root = folderFor(t);
  const candidate = candidateIn(root, 'a');
  const evidence = path.join(root, 'verdicts.jsonl');
  writeFileSync(evidence, '');
  const foreign = path.join(root, 'candidate-a');
  const refused = await command('promote', '--policy', candidate, '--evidence', evidence, '--state', foreign);
  t.not(refused.code, 0);
  t.regex(refused.err, /candidate-a is not empty .* and has no \.emp-state/);

  const { at } = await promotedScratch(t);
  writeFileSync(path.join(at.state, '.emp-state'), '');
  const policy = sha256Of(readFileSync(path.join(candidate, 'policy.json')));
  const lines = await signVerdicts(passedVerdicts(await slotNow(at)).slice(1), policy, at.keys.gate);
  appendFileSync(evidence, `${lines.join('\n')}\n`);
  const missing = await command('promote', '--policy', candidate, '--evidence', evidence, '--state', at.state);
  t.is(missing.code, 1, missing.err);
  t.regex(missing.out, /^promote: refused\n/);
  t.true(missing.out.includes('  GATE_MISSING  gate causality gave no verdict\n'), missing.out);
  // The command took the environment forward to this checkout, whose code judged none of them.
  t.regex(missing.out, /GATE_OUTDATED {2}gate edge judged another image/);
});
