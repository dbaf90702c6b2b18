import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { untrained } from '../gates/testing.ts';
import type { Slot } from '../runtime/contract.ts';
import { SqliteJournal } from '../runtime/journal/sqlite-journal.ts';
import { fetchHead } from './environment/repository.ts';
import { intrude, promotedScratch, type Scratch } from './environment/scratch.ts';
import { slotAt } from './environment/slot.ts';
import { temporaryFolder } from './testing/temporary-folder.ts';

const start = path.join(import.meta.dirname, 'start.mjs');

function show(...args: string[]) {
  return spawnSync(process.execPath, [start, 'show', ...args], { encoding: 'utf8' });
}

test("a policy's folder alone: its card, without a state", (t) => {
  const folder = temporaryFolder(t);
  const { digest } = untrained(folder, 1);
  const plain = show(folder);
  t.is(plain.status, 0, plain.stderr);
  t.true(plain.stdout.startsWith(`policy ${digest}\n`), plain.stdout);
  for (const label of ['model', 'planner', 'training', 'data', 'parents'])
    t.regex(plain.stdout, new RegExp(`^  ${label} `, 'm'));
  t.notRegex(plain.stdout, /^ {2}(gate|evidence|ledger) /m);
  const { policy, manifest, approval } = JSON.parse(show(folder, '--json').stdout);
  t.is(policy, digest);
  t.is(manifest.schema, 'emp/policy/v1');
  t.is(approval, null);
});

test('what a state trades: the card, its gates and its history', async (t) => {
  const { at, promoted } = await promotedScratch(t);
  const plain = show('--state', at.state);
  t.is(plain.status, 0, plain.stderr);
  t.regex(plain.stdout, /^ {2}gate +edge: passed\. edge holds$/m);
  t.true(plain.stdout.includes(`3 promoted in local at ${promoted.commit.slice(0, 12)}`), plain.stdout);
  const { approval } = JSON.parse(show('--state', at.state, '--json').stdout);
  t.deepEqual(
    approval.ledger.map(({ kind }: { kind: string }) => kind),
    ['trained', 'gated', 'approved', 'promoted'],
  );
});

test('a changed line of evidence is not shown as a verdict', async (t) => {
  const { at } = await promotedScratch(t);
  const file = `policies/evidence/local/${(await slotOf(at)).policy.slice(7, 19)}.intoto.jsonl`;
  await intrude(at, async (read) => {
    const lines = String(await read(file)).split('\n');
    lines[0] = (lines[0] as string).replace(/"sig":"./, '"sig":"!');
    return new Map([[file, Buffer.from(lines.join('\n'))]]);
  });
  const { approval } = JSON.parse(show('--state', at.state, '--json').stdout);
  t.is(approval.unsound.length, 1);
  t.true(approval.unsound[0].startsWith(`${file}:1: `));
});

test('a fill goes back to the promotion of exactly the slot that ran, and of no other', async (t) => {
  const { at, promoted } = await promotedScratch(t);
  const slot = await slotOf(at);
  writeJournal(at, slot);
  const first = JSON.parse(show('--state', at.state, '--fill', '--json').stdout);
  t.is(first.policy, slot.policy);
  t.deepEqual(first.promotion, { commit: promoted.commit, tag: promoted.tag, ledgerSeq: promoted.ledgerSeq });
  t.true(show('--state', at.state, '--fill', 'EMP-1').stdout.includes(promoted.tag));

  writeJournal(at, { ...slot, limits: slot.config });
  const other = show('--state', at.state, '--fill', 'EMP-2');
  t.is(other.status, 0, other.stderr);
  t.regex(other.stdout, /promotion +none in the ledger of local approves the slot that it ran/);
});

test('bad input ends with 2 and names it', (t) => {
  const empty = temporaryFolder(t);
  const cases: readonly [string[], RegExp][] = [
    [['/nowhere'], /^\/nowhere\/policy\.json: cannot be read \(ENOENT\)/],
    [['--state', empty], /environment\.git: does not exist; run `npm run up` first/],
    [['--state', empty, '--fill'], /journal\.sqlite: does not exist; run `npm run up` first/],
    [['--colour'], /unknown option '--colour'/],
    [['--environment', 'Über'], /a name of lower-case letters/],
  ];
  for (const [args, message] of cases) {
    const run = show(...args);
    t.is(run.status, 2, args.join(' '));
    t.regex(run.stderr, message);
  }
});

async function slotOf({ repository }: Scratch): Promise<Slot> {
  return (await slotAt(repository.work, await fetchHead(repository), 'local')) as Slot;
}

/** Boots a slot, sends one order and fills it; the orders are numbered on. */
function writeJournal({ state }: Scratch, slot: Slot): void {
  mkdirSync(path.join(state, 'runtime'), { recursive: true });
  const journal = new SqliteJournal(path.join(state, 'runtime', 'journal.sqlite'));
  const clOrdId = `EMP-${1 + [...journal.records(0, ['order'])].length}`;
  journal.transaction(() => {
    journal.append('boot', 1, { policy: slot.policy, slot: JSON.stringify(slot) });
    journal.append('forecast', 2, { symbol: 'A', mean: [1] });
    const intentSeq = journal.append('intent', 2, { symbolId: 0 });
    journal.append('order', 2, { clOrdId, intentSeq, action: 'new', symbol: 'A', side: 'buy' });
    journal.append('fill', 3, { clOrdId, intentSeq, execId: `X-${clOrdId}`, symbol: 'A', side: 'buy' });
  });
  journal.close();
}
