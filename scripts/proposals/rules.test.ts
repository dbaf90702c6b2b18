import { readFileSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import type { LedgerEntry } from '../../policies/ledger/ledger.ts';
import { slotParts } from '../../runtime/contract.ts';
import { sha256Of } from '../../runtime/evidence/digest.ts';
import { judgeApprovals, missingApprovals, parseRules, rulesPath } from './rules.ts';
import { soakOf } from './soak.ts';

const key = (name: string) => sha256Of(name);
const parts = (change: object = {}) =>
  Object.fromEntries(slotParts.map((part) => [part, { approvals: 2, from: ['risk', 'platform'], ...change }]));
const text = (change: object = {}) =>
  JSON.stringify({
    people: { ada: { keys: [key('ada')] }, bob: { keys: [key('bob'), key('bob 2')] }, cyn: { keys: [key('cyn')] } },
    groups: { risk: ['bob'], platform: ['ada', 'cyn'] },
    environments: { live: { soak: null, ...parts(), limits: { approvals: 1, from: ['risk'] } } },
    ...change,
  });
const rules = parseRules(text(), 'rules');
const judged = (changes: readonly ('policy' | 'limits')[], author: string, ...approvers: string[]) =>
  judgeApprovals(rules, 'live', changes, key(author), approvers.map(key));

test('enough approvals: as many people as asked, of the groups asked, none the author', (t) => {
  t.true(judged(['policy'], 'ada', 'bob', 'cyn').enough);
  t.false(judged(['policy'], 'ada', 'bob').enough);
  t.false(judged(['policy'], 'ada', 'bob', 'ada').enough, 'the author never approves');
  t.false(judged(['policy'], 'ada', 'bob', 'bob 2').enough, 'two keys are not two people');
  t.false(judged(['policy'], 'ada', 'bob', 'stranger').enough);
  t.true(judged(['policy', 'limits'], 'ada', 'bob', 'cyn').enough, 'one person may speak for several parts');
  t.false(judged(['limits'], 'bob', 'ada', 'cyn').enough, 'others do not speak for risk');
  t.deepEqual(judged(['policy'], 'ada', 'stranger').ignored.length, 1);
  t.deepEqual(missingApprovals(judged(['limits'], 'ada')), [
    'limits needs 1 approval(s) of risk: none is given; may still: bob',
  ]);
  t.regex(missingApprovals(judged(['limits'], 'bob')).join(), /nobody else is in risk/);
});

test('rules that contradict themselves are refused, naming what', (t) => {
  const refused = (change: object, message: RegExp) => t.throws(() => parseRules(text(change), 'rules'), { message });
  refused(
    { groups: { risk: ['eve'], platform: [] } },
    /group risk has an unknown member \(eve\), allowed: ada, bob, cyn/,
  );
  refused({ groups: { risk: [] } }, /live\.policy asks an unknown group \(platform\)/);
  refused(
    { people: { ada: { keys: [key('x')] }, bob: { keys: [key('x')] } }, groups: { risk: [], platform: [] } },
    /a key of ada is also bob's/,
  );
  refused({ environments: { live: { soak: null } } }, /is not a set of rules/);
  t.throws(() => judgeApprovals(rules, 'paper', ['policy'], undefined, []), { message: /has no rules for paper/ });
});

test('the rules that are shipped: nobody can approve until somebody is named, local asks nobody', (t) => {
  const shipped = parseRules(readFileSync(path.resolve(import.meta.dirname, '../..', rulesPath), 'utf8'), rulesPath);
  t.true(judgeApprovals(shipped, 'local', slotParts, undefined, []).enough);
  for (const environment of ['paper', 'live']) {
    for (const part of slotParts)
      t.false(judgeApprovals(shipped, environment, [part], key('ada'), [key('bob')]).enough);
  }
  t.deepEqual(shipped.environments['live']?.soak, { environment: 'paper', hours: 24 });
});

const HOUR = 3.6e9;
const entry = (hours: number, kind: LedgerEntry['kind'], policy: string, environment = 'paper') =>
  ({ timeUs: hours * HOUR, kind, policy, environment }) as LedgerEntry;
const soaked = (now: number, ...entries: LedgerEntry[]) =>
  soakOf(entries, { environment: 'paper', hours: 24 }, 'a', now * HOUR).leftHours;

test('soak counts the time on paper, once verified, and none of what was rolled back', (t) => {
  t.is(soaked(30, entry(0, 'promoted', 'a')), 24, 'not verified');
  t.is(soaked(10, entry(0, 'promoted', 'a'), entry(1, 'verified', 'a')), 14);
  t.is(soaked(30, entry(0, 'promoted', 'a'), entry(1, 'verified', 'a')), 0);
  t.is(soaked(99, entry(0, 'promoted', 'a'), entry(1, 'verified', 'a'), entry(10, 'promoted', 'b')), 14, 'replaced');
  t.is(
    soaked(99, entry(0, 'promoted', 'a'), entry(1, 'verified', 'a'), entry(30, 'rolledBack', 'b')),
    24,
    'rolled back',
  );
  t.is(soaked(99, entry(0, 'promoted', 'a', 'live'), entry(1, 'verified', 'a', 'live')), 24, 'elsewhere');
  t.is(soaked(99, entry(0, 'promoted', 'b'), entry(1, 'verified', 'b')), 24, 'another policy');
});
