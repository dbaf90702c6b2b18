import test from 'ava';
import { digest12 } from '../../runtime/evidence/digest.ts';
import { pointerPath } from '../../runtime/evidence/layout.ts';
import { desiredRuntime } from './deployment.ts';
import { git } from './git.ts';
import { markVerified, release } from './mark.ts';
import { openEnvironment } from './product.ts';
import { fetchHead } from './repository.ts';
import { type RollbackOptions, type RollbackOutcome, rollback } from './rollback.ts';
import {
  commitAll,
  mustPromote,
  promotedScratch,
  promoteNamed,
  type Scratch,
  scratch,
  writeProduct,
} from './scratch.ts';
import { pointerText, slotPaths } from './slot.ts';
import { readAt } from './tree.ts';
import { verifyEnvironment } from './verify.ts';

const observed = { running: undefined, regression: undefined };

function back(at: Scratch, options: Partial<RollbackOptions> = {}): Promise<RollbackOutcome> {
  return rollback({ ...at, environment: 'local', observed, because: 'PnL fell below expectation', ...options });
}

const verifiedNow = async (at: Scratch, slot: Parameters<typeof markVerified>[0]['slot']) =>
  markVerified({ ...at, environment: 'local', slot, because: 'ran an hour' });

test('restores the last verified slot byte for byte, moves the label, holds promotion', async (t) => {
  const at = await scratch(t);
  const { repository, trustPath, state } = at;
  const good = await mustPromote(at, 'good');
  t.is((await verifiedNow(at, good.slot)).outcome, 'recorded');
  const unproven = await mustPromote(at, 'unproven');
  const bad = await mustPromote(at, 'bad');

  const outcome = await back(at);
  if (outcome.outcome !== 'rolled-back') return t.fail(JSON.stringify(outcome));
  t.deepEqual(outcome.slot, good.slot);
  t.deepEqual(outcome.undone, [bad.slot.policy, unproven.slot.policy]);
  t.is(outcome.tag, `APPROVED_DEFAULT/local/${outcome.ledgerSeq}-${digest12(good.slot.policy)}`);

  const head = await fetchHead(repository);
  for (const folder of slotPaths('local', good.slot.policy)) {
    const [was, is] = [`${good.commit}:${folder}`, `${head}:${folder}`];
    t.is(await git(repository.work, ['rev-parse', is]), await git(repository.work, ['rev-parse', was]), folder);
  }
  const evidence = `policies/evidence/local/${digest12(bad.slot.policy)}.intoto.jsonl`;
  t.not(await readAt(repository.work, head, evidence), undefined, 'what was undone stays on record');

  const message = await git(repository.work, ['log', '-1', '--format=%B', outcome.commit as string]);
  t.regex(message, /^Roll local back to policy [0-9a-f]{12}\n\nPnL fell below expectation\n\nPromotions undone/);
  t.true(message.indexOf(bad.slot.policy) < message.indexOf(unproven.slot.policy));

  const report = await verifyEnvironment(repository, 'local', trustPath);
  t.deepEqual(report.problems, []);
  t.is(report.tag, outcome.tag as string);
  t.not(report.held, null);
  const desired = await desiredRuntime(state);
  t.deepEqual(desired.ok && desired.slot, good.slot);
  t.is(desired.commit, outcome.commit as string);

  t.is((await promoteNamed(at, 'next')).outcome, 'refused');
  await release({ ...at, environment: 'local', because: 'Ada looked' });
  t.is((await promoteNamed(at, 'next')).outcome, 'promoted');
});

test('with nothing verified before, nothing trades', async (t) => {
  const { at } = await promotedScratch(t);
  const outcome = await back(at);
  if (outcome.outcome !== 'rolled-back') return t.fail();
  t.is(outcome.slot, null);
  t.regex(outcome.tag as string, /-nothing$/);
  const head = await fetchHead(at.repository);
  t.is(String(await readAt(at.repository.work, head, pointerPath('local'))), pointerText('local', null));
  const report = await verifyEnvironment(at.repository, 'local', at.trustPath);
  t.deepEqual(report.problems, []);
  t.is(report.slot, null);
  const desired = await desiredRuntime(at.state);
  t.is(desired.ok ? desired.policyDir : undefined, null);
});

test('a rollback is never rolled back', async (t) => {
  const at = await scratch(t);
  const good = await mustPromote(at, 'good');
  await verifiedNow(at, good.slot);
  await mustPromote(at, 'bad');
  t.is((await back(at)).outcome, 'rolled-back');
  const head = await fetchHead(at.repository);
  const again = await back(at);
  t.is(again.outcome === 'refused' && again.reason, 'ROLLBACK_OF_ROLLBACK');
  t.is(await fetchHead(at.repository), head);
});

test('two rollbacks at once are one', async (t) => {
  const { at } = await promotedScratch(t);
  const outcomes = await Promise.all([back(at), back(at)]);
  t.deepEqual(outcomes.map(({ outcome }) => outcome).sort(), ['refused', 'rolled-back']);
});

test('not while another slot runs; a dry run changes nothing', async (t) => {
  const { at, promoted: first } = await promotedScratch(t);
  await mustPromote(at, 'b');
  const head = await fetchHead(at.repository);
  const running = { slot: first.slot, busy: null };
  const unsettled = await back(at, { observed: { running, regression: undefined } });
  t.is(unsettled.outcome === 'refused' && unsettled.reason, 'NOT_SETTLED');
  t.is((await back(at, { dryRun: true })).outcome, 'dry-run');
  t.is(await fetchHead(at.repository), head);
});

test('a slot of an older image is not restored: no commit can bring that image back', async (t) => {
  const at = await scratch(t);
  const old = await mustPromote(at, 'old');
  await verifiedNow(at, old.slot);
  writeProduct(at.checkout, { 'runtime/main.ts': 'export const version = 2;\n' });
  await commitAll(at.checkout, 'product 2');
  await openEnvironment(at);
  await mustPromote(at, 'new');
  const outcome = await back(at);
  t.is(outcome.outcome === 'rolled-back' ? outcome.slot : undefined, null);
});

test('verified is recorded once, for what the environment holds and nothing else', async (t) => {
  const { at, promoted: a } = await promotedScratch(t);
  const first = await verifiedNow(at, a.slot);
  t.is(first.outcome, 'recorded');
  t.deepEqual(await verifiedNow(at, a.slot), { ...first, outcome: 'already' } as never);
  await mustPromote(at, 'b');
  t.is((await verifiedNow(at, a.slot)).outcome, 'refused');
});
