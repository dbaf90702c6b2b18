/**
 * Every way to change what a repository holds behind promotion's back, each tried and each to be noticed: bytes of every
 * file that counts, lines deleted, doubled, swapped, replayed and cut, tags moved, history rewritten, keys swapped.
 *
 * Usage: node scripts/suites/tamper.ts [PART-OF-A-CASE'S-NAME]
 */

import { append, type LedgerEntry, ledgerPath, verifyLedger } from '../../policies/ledger/ledger.ts';
import { approvedPath, configPath, evidencePath, limitsPath, pointerPath } from '../../runtime/evidence/layout.ts';
import { loadTrust } from '../../runtime/evidence/trust.ts';
import { verifySlotOf } from '../../runtime/evidence/verify-slot.ts';
import { Random } from '../../runtime/random.ts';
import { git } from '../environment/git.ts';
import { verifyHistory } from '../environment/history.ts';
import { checkLabel, checkRollback, labelRefOf } from '../environment/label.ts';
import { markVerified } from '../environment/mark.ts';
import { fetchHead } from '../environment/repository.ts';
import { rollback, rollbackPath } from '../environment/rollback.ts';
import { freshScratch, intrude, mustPromote, type Scratch } from '../environment/scratch.ts';
import { filesInMemory, slotOf } from '../environment/slot.ts';
import { filesAt, readObjects, tagObject } from '../environment/tree.ts';
import { verifyEnvironments } from '../environment/verify.ts';
import { hold, Suite } from './suite.ts';

const SEED = 7;
/** Of an evidence file every so manieth byte is changed, from a drawn one on: each change has all its signatures verified anew. */
const EVIDENCE_STRIDE = 7;

/** A repository with a past: a verified policy, one that was rolled back, one promoted since. */
interface Past {
  readonly at: Scratch;
  readonly head: string;
  readonly policies: Readonly<Record<'good' | 'bad' | 'now', string>>;
  readonly files: ReadonlyMap<string, Buffer>;
  readonly runtime: string;
  readonly entries: readonly LedgerEntry[];
}

const remove: (() => void)[] = [];
const owner = { teardown: (work: () => void) => void remove.push(work) };

async function past(): Promise<Past> {
  const at = await freshScratch(owner);
  const { repository, keys, trustPath, clock } = at;
  const good = await mustPromote(at, 'good');
  const common = { repository, environment: 'local', trustPath, clock };
  await markVerified({ ...common, slot: good.slot, because: 'its window passed' });
  const bad = await mustPromote(at, 'bad');
  const observed = { running: undefined, regression: undefined };
  const back = await rollback({ ...common, keys, observed, because: 'it lost money' });
  hold(back.outcome === 'rolled-back', `rollback: ${JSON.stringify(back)}`);
  const now = await mustPromote(at, 'now', { by: 'person' });
  const head = await fetchHead(repository);
  const files = await filesAt(repository.work, head, ['environments', 'policies']);
  const [runtime] = await readObjects(repository.work, [`${head}:runtime`]);
  const ledger = verifyLedger(String(files.get(ledgerPath)));
  hold(ledger.ok && runtime !== undefined, 'the repository is not sound to begin with');
  const policies = { good: good.slot.policy, bad: bad.slot.policy, now: now.slot.policy };
  return { at, head, policies, files, runtime: runtime.id, entries: ledger.entries };
}

/** What is left unnoticed of many changes: none may be. */
class Tally {
  #tried = 0;
  readonly #missed: string[] = [];

  count(what: string, noticed: boolean): void {
    this.#tried++;
    if (!noticed) this.#missed.push(what);
  }

  end(): void {
    hold(this.#tried > 0, 'nothing was tried');
    const some = this.#missed.slice(0, 5).join('; ');
    hold(this.#missed.length === 0, `${this.#missed.length} of ${this.#tried} not noticed: ${some}`);
    console.log(`        ${this.#tried} changes, all noticed`);
  }
}

/** Whether the slot still verifies with these files. */
function slotHolds({ at, runtime, head }: Past, files: ReadonlyMap<string, Buffer>): boolean {
  let slot: ReturnType<typeof slotOf>;
  try {
    slot = slotOf(files, runtime, 'local', head);
  } catch {
    return false;
  }
  const verified = verifySlotOf(filesInMemory(files), 'local', loadTrust(at.trustPath), slot);
  return verified.ok && verified.slot !== null;
}

function* bytesOf(bytes: Buffer, from = 0, stride = 1): Generator<[number, Buffer]> {
  for (let index = from; index < bytes.length; index += stride) {
    const changed = Buffer.from(bytes);
    changed[index] = (changed[index] as number) ^ 1;
    yield [index, changed];
  }
}

/** Every line deleted, doubled, swapped with its successor; the text cut before it; `others` in its place. */
function* linesOf(text: string, others: readonly string[]): Generator<[string, string]> {
  const lines = text.slice(0, -1).split('\n');
  const joined = (changed: readonly string[]) => changed.map((line) => `${line}\n`).join('');
  for (const [index, line] of lines.entries()) {
    yield [`line ${index + 1} deleted`, joined(lines.toSpliced(index, 1))];
    yield [`line ${index + 1} doubled`, joined(lines.toSpliced(index, 0, line))];
    yield [`cut before line ${index + 1}`, joined(lines.slice(0, index))];
    const next = lines[index + 1];
    if (next !== undefined)
      yield [`lines ${index + 1} and ${index + 2} swapped`, joined(lines.toSpliced(index, 2, next, line))];
    for (const other of others) yield [`line ${index + 1} replayed from elsewhere`, joined(lines.with(index, other))];
  }
}

const suite = new Suite(process.argv[2]);
const it = await past();
const { at, files, policies, entries } = it;
const trust = loadTrust(at.trustPath);
const fileAt = (file: string): Buffer => files.get(file) as Buffer;
const evidenceFile = evidencePath('local', policies.now);

await suite.check('sound: nothing is reported of what nobody changed', async () => {
  hold(slotHolds(it, files), 'the slot does not verify');
  hold((await problems(at)).length === 0, `problems: ${JSON.stringify(await problems(at))}`);
});

await suite.check('bytes of what the slot covers: policy files, limits, config, pointer', () => {
  const tally = new Tally();
  const folder = approvedPath(policies.now);
  const covered = [...files.keys()].filter((file) => file.startsWith(`${folder}/`));
  for (const file of [...covered, limitsPath('local'), configPath('local'), pointerPath('local')]) {
    const bytes = fileAt(file);
    for (const [index, changed] of bytesOf(bytes)) {
      // A comment of the pointer file says nothing to a machine.
      if (file === pointerPath('local') && lineAround(bytes, index).startsWith('#')) continue;
      tally.count(`${file} byte ${index}`, !slotHolds(it, new Map([...files, [file, changed]])));
    }
  }
  tally.end();
});

await suite.check('bytes of evidence', () => {
  const tally = new Tally();
  const from = Random.of(SEED, 'tamper').integer(EVIDENCE_STRIDE);
  for (const [index, changed] of bytesOf(fileAt(evidenceFile), from, EVIDENCE_STRIDE)) {
    tally.count(`byte ${index}`, !slotHolds(it, new Map([...files, [evidenceFile, changed]])));
  }
  tally.end();
});

await suite.check('lines of evidence: deleted, doubled, swapped, cut, replayed', () => {
  const tally = new Tally();
  const other = String(fileAt(evidencePath('local', policies.good)))
    .slice(0, -1)
    .split('\n');
  for (const [what, text] of linesOf(String(fileAt(evidenceFile)), [other[0] as string, other.at(-1) as string])) {
    tally.count(what, !slotHolds(it, new Map([...files, [evidenceFile, Buffer.from(text)]])));
  }
  tally.end();
});

await suite.check('bytes of the ledger', () => {
  const tally = new Tally();
  for (const [index, changed] of bytesOf(fileAt(ledgerPath))) {
    tally.count(`byte ${index}`, !verifyLedger(String(changed), trust.ledgerHead).ok);
  }
  tally.end();
});

await suite.check('lines of the ledger: deleted, doubled, swapped, cut, replayed', () => {
  const tally = new Tally();
  const text = String(fileAt(ledgerPath));
  const lines = text.split('\n');
  for (const [what, changed] of linesOf(text, [lines[0] as string])) {
    if (changed !== text) tally.count(what, !verifyLedger(changed, trust.ledgerHead).ok);
  }
  tally.end();
});

await suite.check('bytes of every label’s tag and of the rollback’s reason', async () => {
  const tally = new Tally();
  const moves = entries.filter(({ kind }) => kind === 'promoted' || kind === 'rolledBack');
  for (const entry of moves) {
    const [tag] = await readObjects(at.repository.remote, [labelRefOf(entry)]);
    hold(tag !== undefined, `${labelRefOf(entry)} is missing`);
    hold(checkLabel(tag, entry, undefined, trust).length === 0, 'a sound label is refused');
    for (const [index, bytes] of bytesOf(tag.bytes)) {
      tally.count(
        `${labelRefOf(entry)} byte ${index}`,
        checkLabel({ ...tag, bytes }, entry, undefined, trust).length > 0,
      );
    }
    if (entry.kind !== 'rolledBack') continue;
    for (const [index, bytes] of bytesOf(fileAt(rollbackPath('local', entry.seq)))) {
      tally.count(`rollback byte ${index}`, checkRollback(bytes, entry, trust).length > 0);
    }
  }
  tally.end();
});

await suite.check('files of the past: each one edited, emptied, deleted, replayed; a strange one added', async () => {
  const tally = new Tally();
  const kept = [...files.keys()].filter((file) => file.startsWith('policies/') && file !== ledgerPath);
  const elsewhere = fileAt(evidencePath('local', policies.bad));
  for (const file of kept) {
    const bytes = fileAt(file);
    const flipped = Buffer.from(bytes);
    flipped[flipped.length >> 1] = (flipped[flipped.length >> 1] as number) ^ 1;
    for (const changed of [flipped, Buffer.alloc(0), null, elsewhere]) {
      if (changed?.equals(bytes)) continue;
      tally.count(`${file} ${changed === null ? 'deleted' : 'changed'}`, await noticedFile(file, changed));
    }
  }
  for (const file of [
    'policies/approved/0123456789ab/policy.json',
    'policies/evidence/local/0123456789ab.intoto.jsonl',
  ]) {
    tally.count(`${file} added`, await noticedFile(file, Buffer.from('{}\n')));
  }
  tally.end();
});

await suite.check('labels: deleted, light, moved, of a strange key, one too many', async () => {
  const tally = new Tally();
  const { remote, work } = at.repository;
  for (const entry of entries.filter(({ kind }) => kind === 'promoted' || kind === 'rolledBack')) {
    const ref = labelRefOf(entry);
    const sound = await git(remote, ['rev-parse', ref]);
    const light = entry.commit as string;
    const moved = await tagObject(work, it.head, ref.replace('refs/tags/', ''), 'moved', 0);
    await git(work, ['push', '-q', remote, `${moved}:refs/emp/scratch/${entry.seq}`]);
    for (const id of [undefined, light, moved]) {
      await git(remote, id === undefined ? ['update-ref', '-d', ref] : ['update-ref', ref, id]);
      tally.count(`${ref} → ${id ?? 'deleted'}`, (await problems(at)).length > 0);
    }
    await git(remote, ['update-ref', ref, sound]);
    const second = `refs/tags/APPROVED_DEFAULT/local/${entry.seq + 100}-${'0'.repeat(12)}`;
    await git(remote, ['update-ref', second, sound]);
    tally.count(`${second} added`, (await problems(at)).length > 0);
    await git(remote, ['update-ref', '-d', second]);
  }
  hold((await problems(at)).length === 0, 'not put back');
  tally.end();
});

await suite.check('what a repository cannot show: rewritten history, a ledger of one’s own, keys swapped', async () => {
  const tally = new Tally();
  const { remote } = at.repository;
  const commits = (await git(remote, ['rev-list', '--first-parent', 'main'])).split('\n');
  for (const commit of commits.slice(1)) {
    await git(remote, ['update-ref', 'refs/heads/main', commit]);
    tally.count(`main back at ${commit.slice(0, 12)}`, (await problems(at)).length > 0);
  }
  await git(remote, ['update-ref', 'refs/heads/main', it.head]);
  const forged = append(
    '',
    entries.map(({ seq: _, previous: __, hash: ___, ...event }) => ({ ...event, because: 'forged' })),
  );
  tally.count('a ledger of one’s own', await noticedFile(ledgerPath, Buffer.from(forged)));

  const stranger = await freshScratch(owner);
  await mustPromote(stranger, 'good');
  const { reports } = await verifyEnvironments(stranger.repository, at.trustPath);
  tally.count(
    'keys swapped',
    reports.every(({ ok }) => !ok),
  );
  tally.end();
});

for (const work of remove) work();
process.exitCode = suite.end();

/** Everything `npm run verify` would report. */
async function problems({ repository, trustPath }: Scratch): Promise<readonly unknown[]> {
  // Who never saw this repository before is asked: a clone that did would refuse a rewritten main by itself.
  await git(repository.work, ['update-ref', '-d', 'refs/emp/seen/refs/heads/main']);
  const { reports, snapshot } = await verifyEnvironments(repository, trustPath);
  return [...reports.flatMap((report) => report.problems), ...(await verifyHistory(repository, snapshot))];
}

/** Commits a change of one file to main, asks, and puts main back. */
async function noticedFile(file: string, bytes: Buffer | null): Promise<boolean> {
  await git(at.repository.work, ['update-ref', '-d', 'refs/emp/seen/refs/heads/main']);
  await intrude(at, () => Promise.resolve(new Map([[file, bytes]])));
  const noticed = (await problems(at)).length > 0;
  await git(at.repository.remote, ['update-ref', 'refs/heads/main', it.head]);
  return noticed;
}

function lineAround(bytes: Buffer, index: number): string {
  const text = bytes.toString('latin1');
  return text.slice(text.lastIndexOf('\n', index - 1) + 1);
}
