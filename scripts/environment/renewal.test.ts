import test from 'ava';
import { limitsPath } from '../../runtime/evidence/layout.ts';
import { openEnvironment } from './product.ts';
import { promote } from './promote.ts';
import { dueRenewal, type Renewal } from './renewal.ts';
import { commitAll, intrude, passedVerdicts, promotedScratch, type Scratch, slotNow, writeProduct } from './scratch.ts';

const due = (at: Scratch): Promise<Renewal | undefined> => dueRenewal(at.repository, 'local', at.trustPath, at.state);

async function upgrade(at: Scratch): Promise<void> {
  writeProduct(at.checkout, { 'runtime/main.ts': 'export const version = 2;\n' });
  await commitAll(at.checkout, 'product 2');
  await openEnvironment(at);
}

test('due after an upgrade, until the same policy is promoted for the new slot', async (t) => {
  const { at, promoted } = await promotedScratch(t);
  t.is(await due(at), undefined);
  await upgrade(at);
  const renewal = await due(at);
  t.is(renewal?.policy, promoted.slot.policy);
  t.deepEqual(renewal?.changed, ['image']);
  const candidateDir = renewal?.candidateDir as string;
  const outcome = await promote({
    ...at,
    environment: 'local',
    candidateDir,
    verdicts: passedVerdicts(await slotNow(at)),
  });
  t.is(outcome.outcome, 'promoted');
  t.is(await due(at), undefined);
});

test('not due when somebody raised a limit, with or without an upgrade', async (t) => {
  const { at } = await promotedScratch(t);
  await intrude(at, () => Promise.resolve(new Map([[limitsPath('local'), Buffer.from('maxOpenOrders: 400\n')]])));
  t.is(await due(at), undefined);
  await upgrade(at);
  t.is(await due(at), undefined);
});
