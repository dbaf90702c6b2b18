import test from 'ava';
import { git } from './git.ts';
import { followRegression, type RegressionVerdict } from './regression.ts';
import { fetchHead } from './repository.ts';
import { mustPromote, promotedScratch, promoteNamed, type Scratch } from './scratch.ts';
import { verifyEnvironment } from './verify.ts';

const judged = (
  at: Scratch,
  slot: Parameters<typeof followRegression>[0]['slot'],
  status: RegressionVerdict['status'],
) =>
  followRegression({
    ...at,
    environment: 'local',
    slot,
    verdict: { status, because: 'risk halted it: a day that bad is an error' },
    running: { slot, busy: null },
  });

test('with no person: what held is verified, what failed is rolled back to it, what could not be judged stays', async (t) => {
  const { at, promoted: good } = await promotedScratch(t);
  const marked = await judged(at, good.slot, 'passed');
  t.is(marked.did === 'marked' && marked.marked.outcome, 'recorded');

  const bad = await mustPromote(at, 'bad');
  const head = await fetchHead(at.repository);
  t.is((await judged(at, bad.slot, 'errored')).did, 'nothing');
  t.is(await fetchHead(at.repository), head, 'errored is not failed');

  const followed = await judged(at, bad.slot, 'failed');
  if (followed.did !== 'rolled back' || followed.rollback.outcome !== 'rolled-back')
    return t.fail(JSON.stringify(followed));
  const message = await git(at.repository.work, ['log', '-1', '--format=%B', followed.rollback.commit as string]);
  t.regex(message, /The regression gate failed: risk halted it/);
  const report = await verifyEnvironment(at.repository, 'local', at.trustPath);
  t.deepEqual(report.slot, good.slot);
  t.not(report.held, null);
  t.is((await promoteNamed(at, 'next')).outcome, 'refused');
  const again = await judged(at, good.slot, 'failed');
  t.is(again.did === 'rolled back' && again.rollback.outcome, 'refused', 'a rollback is never rolled back');
});
