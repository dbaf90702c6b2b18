import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { signVerdicts } from '../../gates/evidence.ts';
import type { Verdict, VerdictStatus } from '../../gates/gate.ts';
import { signingKey } from '../../gates/keys.ts';
import { ledgerPath, verifyLedger } from '../../policies/ledger/ledger.ts';
import { digest12, sha256Of } from '../../runtime/evidence/digest.ts';
import { loadTrust } from '../../runtime/evidence/trust.ts';
import { readCandidate } from './candidate.ts';
import { desiredRuntime } from './deployment.ts';
import { git } from './git.ts';
import { hold, release } from './mark.ts';
import type { Promotion } from './promote.ts';
import { fetchHead } from './repository.ts';
import {
  candidateIn,
  mustPromote,
  passedVerdicts,
  promotedScratch,
  promoteNamed,
  scratch,
  slotNow,
} from './scratch.ts';
import { readAt } from './tree.ts';
import { verifyEnvironment } from './verify.ts';

test('a candidate that passed every gate becomes the slot: pointer, files, evidence, ledger, label', async (t) => {
  const at = await scratch(t);
  const { repository, state, trustPath } = at;
  const before = await fetchHead(repository);
  const { commit, tag, ledgerSeq, slot } = await mustPromote(at, 'a');

  const changed = await git(repository.work, ['diff-tree', '-r', '--name-only', before, commit]);
  const short = digest12(slot.policy);
  t.deepEqual(changed.split('\n'), [
    'environments/local/policy.yaml',
    `policies/approved/${short}/policy.json`,
    `policies/approved/${short}/sequence.onnx`,
    `policies/approved/${short}/step.onnx`,
    `policies/evidence/local/${short}.intoto.jsonl`,
  ]);
  t.is(tag, `APPROVED_DEFAULT/local/${ledgerSeq}-${short}`);
  t.is(await git(repository.remote, ['rev-parse', `${tag}^{commit}`]), commit);
  t.is(await git(repository.remote, ['cat-file', '-t', tag]), 'tag');

  const head = await fetchHead(repository);
  const ledger = verifyLedger(((await readAt(repository.work, head, ledgerPath)) as Buffer).toString('utf8'));
  t.true(ledger.ok);
  const entries = ledger.ok ? ledger.entries : [];
  t.deepEqual(
    entries.map(({ kind }) => kind),
    ['trained', 'gated', 'approved', 'promoted'],
  );
  t.is(entries.at(-1)?.commit, commit);
  t.deepEqual(loadTrust(trustPath).ledgerHead, ledger.ok ? ledger.head : null);

  const report = await verifyEnvironment(repository, 'local', trustPath);
  t.deepEqual(report.problems, []);
  t.deepEqual(report.slot, slot);
  t.is(report.tag, tag);
  const desired = await desiredRuntime(state);
  t.true(desired.ok);
  if (!desired.ok) return;
  t.is(desired.commit, commit);
  t.is(sha256Of(readFileSync(path.join(desired.policyDir as string, 'policy.json'))), slot.policy);
  t.true(existsSync(desired.limitsPath) && existsSync(desired.configPath));
});

test('promoting what is promoted already changes nothing and gives the same answer', async (t) => {
  const { at, promoted: first } = await promotedScratch(t);
  const head = await fetchHead(at.repository);
  const second = await promoteNamed(at, 'a');
  t.deepEqual(second, { ...first, outcome: 'already' });
  t.is(await fetchHead(at.repository), head);
});

test('a dry run shows the effect and changes nothing', async (t) => {
  const at = await scratch(t);
  const head = await fetchHead(at.repository);
  const shown = await promoteNamed(at, 'a', { dryRun: true });
  t.is(shown.outcome, 'dry-run');
  t.is(await fetchHead(at.repository), head);
  const done = await mustPromote(at, 'a');
  if (shown.outcome !== 'dry-run') return;
  t.is(shown.effect.tag, done.tag);
  t.deepEqual(shown.effect.slot, done.slot);
  const changed = await git(at.repository.work, ['diff-tree', '-r', '--name-only', head, done.commit]);
  t.deepEqual([...shown.effect.writes].sort(), changed.split('\n').sort());
});

const refused = test.macro({
  title: (title) => `refused: ${title}`,
  exec: async (t, change: (verdicts: Verdict[]) => Verdict[], reason: string, because: RegExp) => {
    const at = await scratch(t);
    const head = await fetchHead(at.repository);
    const outcome = await promoteNamed(at, 'a', { verdicts: change(passedVerdicts(await slotNow(at))) });
    t.is(outcome.outcome, 'refused');
    if (outcome.outcome !== 'refused') return;
    t.is(outcome.refusals.length, 1);
    t.is(outcome.refusals[0]?.reason, reason as never);
    t.regex(outcome.refusals[0]?.because ?? '', because);
    t.is(await fetchHead(at.repository), head);
  },
});

const second = (status: VerdictStatus) => (verdicts: Verdict[]) =>
  verdicts.map((verdict, index) => (index === 1 ? { ...verdict, status, because: 'for a reason' } : verdict));

test('a gate is missing', refused, (verdicts) => verdicts.slice(1), 'GATE_MISSING', /^gate causality gave no verdict$/);
test('a gate failed', refused, second('failed'), 'GATE_FAILED', /^gate book-integrity failed: for a reason$/);
test('a gate errored', refused, second('errored'), 'GATE_ERRORED', /^gate book-integrity could not run: for a reason$/);
test(
  'a gate answers twice',
  refused,
  (verdicts) => [...verdicts, verdicts[0] as Verdict],
  'EVIDENCE_INVALID',
  /the verdict of causality is given twice/,
);

test('refused: an environment whose approval takes people', async (t) => {
  const outcome = await promoteNamed(await scratch(t), 'a', { environment: 'live' });
  t.deepEqual(outcome.outcome === 'refused' && outcome.refusals.map(({ reason }) => reason), ['NEEDS_PEOPLE']);
});

test('verdicts on another policy are refused: evidence cannot be replayed', async (t) => {
  const at = await scratch(t);
  const signed = await signVerdicts(passedVerdicts(await slotNow(at)), sha256Of('another policy'), at.keys.gate);
  const outcome = await promoteNamed(at, 'a', { verdicts: { signed } });
  t.is(outcome.outcome, 'refused');
  if (outcome.outcome !== 'refused') return;
  t.deepEqual(new Set(outcome.refusals.map(({ reason }) => reason)), new Set(['EVIDENCE_INVALID'] as const));
  t.regex(
    outcome.refusals[0]?.because ?? '',
    /is about another policy \(sha256:[0-9a-f]{64}\), sha256:[0-9a-f]{64} is/,
  );
});

test('verdicts signed by a key that the trust root does not name are refused', async (t) => {
  const at = await scratch(t);
  const candidate = readCandidate(candidateIn(at.root, 'a'));
  if ('refusals' in candidate) return t.fail();
  const stranger = signingKey(path.join(at.root, 'stranger'), 'gate');
  const signed = await signVerdicts(passedVerdicts(await slotNow(at)), candidate.policy, stranger);
  const outcome = await promoteNamed(at, 'a', { verdicts: { signed } });
  t.is(outcome.outcome, 'refused');
  if (outcome.outcome !== 'refused') return;
  t.regex(outcome.refusals[0]?.because ?? '', /signed by a key that is not trusted/);
});

test('verdicts signed by the approver are refused: a key speaks for its role alone', async (t) => {
  const at = await scratch(t);
  const candidate = readCandidate(candidateIn(at.root, 'a'));
  if ('refusals' in candidate) return t.fail();
  const signed = await signVerdicts(passedVerdicts(await slotNow(at)), candidate.policy, at.keys.approver);
  const outcome = await promoteNamed(at, 'a', { verdicts: { signed } });
  if (outcome.outcome !== 'refused') return t.fail();
  t.regex(outcome.refusals[0]?.because ?? '', /without the role "gate"/);
});

test('a candidate whose files are not the ones its manifest names is refused, naming file and both digests', async (t) => {
  const at = await scratch(t);
  const candidateDir = candidateIn(at.root, 'a');
  writeFileSync(path.join(candidateDir, 'step.onnx'), 'another model');
  const outcome = await promoteNamed(at, 'b', { candidateDir });
  if (outcome.outcome !== 'refused') return t.fail();
  t.is(outcome.refusals.length, 1);
  const because = outcome.refusals[0]?.because ?? '';
  t.true(because.includes('step.onnx') && because.includes(sha256Of('another model')));
  t.true(because.includes(sha256Of('step of a')));
});

test('of two promotions at once one wins, and the other is told by whom', async (t) => {
  const at = await scratch(t);
  const outcomes = await Promise.all(['a', 'b', 'c'].map((name) => promoteNamed(at, name)));
  const won = outcomes.filter(({ outcome }) => outcome === 'promoted') as Promotion[];
  t.is(won.length, 1);
  for (const lost of outcomes.filter(({ outcome }) => outcome !== 'promoted')) {
    t.is(lost.outcome, 'superseded');
    if (lost.outcome === 'superseded') t.is(lost.by.policy, won[0]?.slot.policy ?? '');
  }
  const report = await verifyEnvironment(at.repository, 'local', at.trustPath);
  t.deepEqual(report.problems, []);
  t.is(report.slot?.policy, won[0]?.slot.policy);
});

test('the same candidate promoted twice at once is one promotion', async (t) => {
  const at = await scratch(t);
  const outcomes = await Promise.all([promoteNamed(at, 'a'), promoteNamed(at, 'a')]);
  t.deepEqual(outcomes.map(({ outcome }) => outcome).sort(), ['already', 'promoted']);
  const [one, other] = outcomes as [Promotion, Promotion];
  t.deepEqual({ ...one, outcome: '' }, { ...other, outcome: '' } as never);
});

test('on hold, automation is refused and a person is not; a release lets automation go on', async (t) => {
  const { at } = await promotedScratch(t);
  t.is((await hold({ ...at, environment: 'local', because: 'Ada looks into it' })).outcome, 'recorded');
  const outcome = await promoteNamed(at, 'b');
  if (outcome.outcome !== 'refused') return t.fail();
  t.is(outcome.refusals[0]?.reason, 'ON_HOLD');
  t.regex(outcome.refusals[0]?.because ?? '', /Ada looks into it/);
  t.is((await promoteNamed(at, 'b', { by: 'person' })).outcome, 'promoted');
  t.is((await promoteNamed(at, 'c')).outcome, 'refused');
  t.is((await release({ ...at, environment: 'local', because: 'Ada is done' })).outcome, 'recorded');
  t.is((await promoteNamed(at, 'c')).outcome, 'promoted');
});

test('a policy that comes back after others is promoted again, with evidence of its own', async (t) => {
  const { at, promoted: first } = await promotedScratch(t);
  await mustPromote(at, 'b');
  const again = await mustPromote(at, 'a');
  t.true(again.ledgerSeq > first.ledgerSeq);
  t.not(again.commit, first.commit);
  t.deepEqual((await verifyEnvironment(at.repository, 'local', at.trustPath)).problems, []);
});
