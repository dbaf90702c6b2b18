import { appendFileSync, readFileSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { ledgerPath } from '../../policies/ledger/ledger.ts';
import { main as breakGlass } from '../break-glass.ts';
import { desiredRuntime } from '../environment/deployment.ts';
import { fetchHead } from '../environment/repository.ts';
import { folderFor, promotedScratch } from '../environment/scratch.ts';
import { readAt } from '../environment/tree.ts';
import { lowered } from './lower.ts';
import { record, unreconciled } from './record.ts';

const LIMITS = readFileSync(path.join(import.meta.dirname, '../../environments/local/limits.yaml'), 'utf8');

test('limits fall, with their comments kept; none rises, stays or is invented', (t) => {
  const text = lowered(LIMITS, 'limits.yaml', { maxOpenOrders: 1 });
  t.regex(text, /^maxOpenOrders: 1$/m);
  t.is(text.split('\n').length, LIMITS.split('\n').length);
  t.throws(() => lowered(text, 'limits.yaml', { maxOpenOrders: 1 }), {
    message: /^maxOpenOrders: 1 is not lower than 1; with the glass/,
  });
  t.throws(() => lowered(text, 'limits.yaml', { maxOpenOrders: 500 }), { message: /is not lower than 1/ });
  t.throws(() => lowered(text, 'limits.yaml', { maxFun: 1 }), {
    message: /^maxFun: is no limit, these are: maxOrderQuantityLots/,
  });
  t.throws(() => lowered(text, 'limits.yaml', { maxOrderQuantityLots: 0 }), { message: /maxOrderQuantityLots/ });
});

test('disarmed, nothing is deployed until the repository was told, which then holds promotion', async (t) => {
  const { at } = await promotedScratch(t);
  t.true((await desiredRuntime(at.state)).ok);
  t.is(await breakGlass(['disarm', '--state', at.state, '--by', 'Ada', '--because', 'the venue is on fire']), 0);
  const refused = await desiredRuntime(at.state);
  t.is(refused.ok ? undefined : refused.problems[0]?.actual, 'Ada: the venue is on fire');
  t.is(await breakGlass(['reconcile', '--state', at.state]), 0);
  t.true((await desiredRuntime(at.state)).ok);
  const ledger = String(await readAt(at.repository.work, await fetchHead(at.repository), ledgerPath));
  t.regex(ledger, /"kind":"held".*break-glass: disarm by Ada at .*the venue is on fire/);
  t.deepEqual(unreconciled(at.state), []);
});

test('without a reason nothing is done; what was recorded cannot be edited unnoticed', async (t) => {
  const state = folderFor(t);
  await t.throwsAsync(breakGlass(['disarm', '--state', state]), { message: /--because is missing/ });
  const act = { timeUs: 1, environment: 'local', act: 'flatten', by: 'Ada', because: 'x', outcome: 'flat' } as const;
  record(state, act);
  record(state, { ...act, act: 'lower' });
  t.is(unreconciled(state).length, 2);
  appendFileSync(path.join(state, 'break-glass/record.jsonl'), `${JSON.stringify({ ...act, previous: 'x' })}\n`);
  t.throws(() => unreconciled(state), { message: /record\.jsonl:3: was edited/ });
});
