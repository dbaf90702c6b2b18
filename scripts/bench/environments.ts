/** What deciding and verifying costs, by the number of environments and by the length of the ledger. */
import { signStatement, signVerdicts } from '../../gates/evidence.ts';
import { append, type LedgerEvent, ledgerPath, verifyLedger } from '../../policies/ledger/ledger.ts';
import { standings } from '../../policies/ledger/standing.ts';
import { stopwatchNs } from '../../runtime/clock.ts';
import type { PolicyManifest, Slot } from '../../runtime/contract.ts';
import { digestOfFiles, sha256Of } from '../../runtime/evidence/digest.ts';
import { approvedPath, configPath, evidencePath, limitsPath, pointerPath } from '../../runtime/evidence/layout.ts';
import { predicateTypes } from '../../runtime/evidence/statement.ts';
import { Random } from '../../runtime/random.ts';
import { readCandidate } from '../environment/candidate.ts';
import { decide } from '../environment/decide.ts';
import { git } from '../environment/git.ts';
import { tagName } from '../environment/record.ts';
import { fetchHead } from '../environment/repository.ts';
import { candidateIn, freshScratch, mustPromote, passedVerdicts, type Scratch } from '../environment/scratch.ts';
import { pointerText } from '../environment/slot.ts';
import { approval, label, labelMessage, promotion, provenance, type RequiredLine } from '../environment/statements.ts';
import { commitFiles, filesAt, readAt, tagText } from '../environment/tree.ts';
import { verifyEnvironments } from '../environment/verify.ts';
import { type Figure, figure } from './figure.ts';

/** Each of 10, 100 and 1,000 environments with an approved policy: verified, and a rollback of each decided. */
export async function benchEnvironments(
  repeats: number,
  counts: readonly number[] = [10, 100, 1000],
): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const count of counts) {
    const teardown: (() => void)[] = [];
    try {
      const at = await freshScratch({ teardown: (remove) => void teardown.push(remove) });
      await populate(at, count);
      const seconds: number[] = [];
      for (let i = 0; i < repeats; i++) seconds.push(await decideAndVerify(at, count));
      figures.push(figure(`decideAndVerify${count}EnvironmentsSeconds`, seconds));
    } finally {
      for (const remove of teardown) remove();
    }
  }
  return figures;
}

/** A ledger of so many entries: sound, and with one byte altered at a drawn place, which has to be found. */
export function benchLedger(repeats: number, lengths: readonly number[] = [10_000, 100_000]): Figure[] {
  return lengths.flatMap((length) => {
    const text = append(
      '',
      Array.from({ length }, (_, index) =>
        event(0, `env-${index % 10}`, sha256Of(String(index)), 'c'.repeat(40), null),
      ),
    );
    const random = Random.of(7, 'bench', 'ledger');
    const sound: number[] = [];
    const altered: number[] = [];
    for (let i = 0; i < repeats; i++) {
      sound.push(secondsOf(() => holds(verifyLedger(text).ok, 'a sound ledger is refused')));
      const at = random.integer(text.length);
      const other = `${text.slice(0, at)}${text[at] === '7' ? '8' : '7'}${text.slice(at + 1)}`;
      altered.push(secondsOf(() => holds(!verifyLedger(other).ok, `a byte altered at ${at} is not found`)));
    }
    return [
      figure(`verifyLedgerOf${length}EntriesSeconds`, sound),
      figure(`findAlteredByteInLedgerOf${length}EntriesSeconds`, altered),
    ];
  });
}

function holds(condition: boolean, problem: string): void {
  if (!condition) throw new Error(problem);
}

function secondsOf(work: () => void): number {
  const beganNs = stopwatchNs();
  work();
  return (stopwatchNs() - beganNs) / 1e9;
}

async function decideAndVerify({ repository, trustPath, clock }: Scratch, count: number): Promise<number> {
  const beganNs = stopwatchNs();
  const { reports, snapshot } = await verifyEnvironments(repository, trustPath);
  holds(snapshot.ledger.ok, 'the ledger is not sound');
  const all = standings(snapshot.ledger.ok ? snapshot.ledger.entries : []);
  for (const { environment, slot, problems } of reports) {
    const now = all.get(environment);
    if (now === undefined || slot === null) throw new Error(`${environment}: ${JSON.stringify(problems)}`);
    const running = { slot, busy: null };
    const decided = decide(now, slot, { running, regression: undefined, nowUs: clock.nowUs() }, () => true);
    holds(decided.outcome === 'rollback', `${environment}: ${JSON.stringify(decided)}`);
  }
  holds(reports.length === count, `${reports.length} environments instead of ${count}`);
  return (stopwatchNs() - beganNs) / 1e9;
}

function event(
  timeUs: number,
  environment: string,
  policy: string,
  commit: string,
  evidence: string | null,
): LedgerEvent {
  const because = 'replaces nothing, by automation';
  return { timeUs, kind: 'promoted', environment, policy, evidence, commit, restores: null, because };
}

/** As many environments as asked for: `local`, and others like it, each with a policy and an approval of its own. */
async function populate(at: Scratch, count: number): Promise<void> {
  const { work, remote } = at.repository;
  const { slot, commit } = await mustPromote(at, 'a');
  const base = await fetchHead(at.repository);
  const timeUs = at.clock.nowUs();
  const own = await filesAt(work, commit, ['environments/local']);
  const changes = new Map<string, Uint8Array>();
  const slots: Slot[] = [];
  for (let index = 1; index < count; index++) {
    const environment = `env-${index}`;
    const files = new Map(
      [limitsPath, configPath].map((pathOf) => [pathOf(environment), own.get(pathOf('local')) as Buffer] as const),
    );
    const candidate = readCandidate(candidateIn(at.root, environment));
    if ('refusals' in candidate) throw new Error(JSON.stringify(candidate.refusals));
    const { policy } = candidate;
    for (const [name, bytes] of candidate.files) changes.set(`${approvedPath(policy)}/${name}`, bytes);
    for (const [file, bytes] of files) changes.set(file, bytes);
    const mine: Slot = { ...slot, environment, policy, manifests: digestOfFiles(files) };
    changes.set(pointerPath(environment), Buffer.from(pointerText(environment, policy)));
    changes.set(evidencePath(environment, policy), await evidenceOf(at, mine, candidate.manifest, base));
    slots.push(mine);
  }
  const promoted = await commitFiles(work, { base, changes, message: 'promotions', timeUs });
  const text = String(await readAt(work, base, ledgerPath));
  const events = slots.map((mine) => {
    const bytes = changes.get(evidencePath(mine.environment, mine.policy)) as Uint8Array;
    return event(timeUs, mine.environment, mine.policy, promoted, sha256Of(bytes));
  });
  const ledger = new Map([[ledgerPath, Buffer.from(append(text, events))]]);
  const head = await commitFiles(work, { base: promoted, changes: ledger, message: 'ledger', timeUs });
  await git(work, ['push', '-q', remote, `${head}:refs/heads/main`]);
  await setLabels(at, slots, promoted, text.split('\n').length - 1);
}

/** Signed as a promotion signs it: every verdict, provenance, approval, and what requires them. */
async function evidenceOf(
  { keys, clock }: Scratch,
  slot: Slot,
  manifest: PolicyManifest,
  parent: string,
): Promise<Buffer> {
  const inputs: RequiredLine[] = [];
  const lines: string[] = [];
  const add = (line: string, predicateType: string, name: string): void => {
    lines.push(line);
    inputs.push({ line: sha256Of(line), predicateType, name });
  };
  const verdicts = passedVerdicts(slot);
  for (const [index, line] of (await signVerdicts(verdicts, slot.policy, keys.gate)).entries()) {
    add(line, predicateTypes.testResult, verdicts[index]?.gate as string);
  }
  add(await signStatement(provenance(manifest, slot.policy), keys.gate), predicateTypes.provenance, 'provenance');
  const approved = approval(slot, [...inputs], keys.approver.keyId, clock.nowUs());
  add(await signStatement(approved, keys.approver), predicateTypes.approval, 'approval');
  const last = await signStatement(promotion(slot, null, parent, inputs, clock.nowUs()), keys.promoter);
  return Buffer.from(`${[...lines, last].join('\n')}\n`);
}

/** All tags in one Git process: a thousand of them would take a minute one by one. */
async function setLabels(
  { repository, keys, clock }: Scratch,
  slots: readonly Slot[],
  commit: string,
  first: number,
): Promise<void> {
  const tags: string[] = [];
  const timeUs = clock.nowUs();
  for (const [index, slot] of slots.entries()) {
    const { environment, policy } = slot;
    const seq = first + index;
    const line = await signStatement(label(environment, seq, commit, slot, timeUs), keys.promoter);
    const name = tagName(environment, seq, policy);
    const text = tagText(commit, name, labelMessage(environment, seq, slot, line), timeUs);
    const [header = '', ...body] = text.split('\n\n');
    const message = Buffer.from(body.join('\n\n'));
    const tagger = header.split('\n').at(-1);
    tags.push(`tag ${name}\nfrom ${commit}\n${tagger}\ndata ${message.length}\n${message}\n`);
  }
  if (tags.length > 0) await git(repository.remote, ['fast-import', '--quiet'], { input: tags.join('') });
}
