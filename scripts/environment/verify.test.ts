/** Tampering: whatever is changed in the repository behind promotion's back is noticed, and named. */
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { signStatement } from '../../gates/evidence.ts';
import { signingKey } from '../../gates/keys.ts';
import { append, ledgerPath, verifyLedger } from '../../policies/ledger/ledger.ts';
import { digest12, sha256Of } from '../../runtime/evidence/digest.ts';
import { approvedPath, evidencePath, limitsPath, pointerPath } from '../../runtime/evidence/layout.ts';
import { type Problem, problemLine } from '../../runtime/evidence/problem.ts';
import { loadTrust } from '../../runtime/evidence/trust.ts';
import { desiredRuntime } from './deployment.ts';
import { git } from './git.ts';
import { fetchHead } from './repository.ts';
import { rollback, rollbackPath } from './rollback.ts';
import { freshScratch, intrude, mustPromote, promotedScratch, type Scratch, scratch } from './scratch.ts';
import { pointerText } from './slot.ts';
import { label } from './statements.ts';
import { readAt, tagObject } from './tree.ts';
import { verifyEnvironment } from './verify.ts';

type Change = (bytes: Buffer | undefined) => Buffer | null;

async function problemsAfter(at: Scratch, file: string, change: Change): Promise<readonly Problem[]> {
  await intrude(at, async (read) => new Map([[file, change(await read(file))]]));
  return (await verifyEnvironment(at.repository, 'local', at.trustPath)).problems;
}

/** Commits a change of one file of a promoted environment and looks for a problem that names it and both digests. */
const noticed = test.macro({
  title: (title) => `noticed: ${title}`,
  exec: async (
    t: ExecutionContext,
    fileOf: (policy: string) => string,
    change: (text: string) => string | null,
    problem: RegExp,
    expected: { readonly digests?: boolean; readonly subject?: RegExp } = {},
  ) => {
    const at = await scratch(t);
    const { slot } = await mustPromote(at, 'a');
    const file = fileOf(slot.policy);
    const digests = { before: '', after: '' };
    const problems = await problemsAfter(at, file, (bytes) => {
      const after = change(String(bytes));
      Object.assign(digests, { before: sha256Of(bytes ?? ''), after: sha256Of(after ?? '') });
      return after === null ? null : Buffer.from(after);
    });
    const found = problems.find((one) => problem.test(one.problem));
    if (found === undefined) return t.fail(`not noticed: ${problems.map(problemLine).join('\n')}`);
    t.regex(found.subject, expected.subject ?? new RegExp(`^${file.replaceAll('.', '\\.')}`));
    if (expected.digests !== true) return;
    t.is(found.actual, digests.after);
    t.is(found.allowed, digests.before);
  },
});

const flipByte: Change = (bytes) => {
  const changed = Buffer.from(bytes as Buffer);
  changed[changed.length >> 1] = (changed[changed.length >> 1] as number) ^ 1;
  return changed;
};
const removed: Change = () => null;
const evidenceOf = (policy: string): string => evidencePath('local', policy);
const stepOf = (policy: string): string => `${approvedPath(policy)}/step.onnx`;
const limitsOf = (): string => limitsPath('local');
const runtimeOf = (): string => 'runtime/main.ts';
const pointerOf = (): string => pointerPath('local');
const ledgerOf = (): string => ledgerPath;
const empty = pointerText('local', null);

test('a policy file edited', noticed, stepOf, (text) => `${text}x`, /^digest differs/, { digests: true });
test('limits raised', noticed, limitsOf, (text) => text.replace('4', '400'), /^limits differs/, { digests: true });
test('the image changed', noticed, runtimeOf, (text) => `${text}//`, /^image differs/, { subject: /^image$/ });
test('pointer to nothing', noticed, pointerOf, () => empty, /^policy is not the one that holds the label/);
test('pointer elsewhere', noticed, pointerOf, (text) => text.replace('approved/', 'mine/'), /^slot cannot be read/);
test('pointer removed', noticed, pointerOf, () => null, /^slot cannot be read/);
test(
  'the promotion statement edited',
  noticed,
  evidenceOf,
  (text) => text.replace(/\n$/, ' \n'),
  /from the one in the/,
  {
    digests: true,
  },
);
test('ledger removed', noticed, ledgerOf, () => null, /^is shorter than it was/);
test('ledger cut', noticed, ledgerOf, (text) => text.replace(/[^\n]*\n$/, ''), /^is shorter than it was/);
test('ledger edited', noticed, ledgerOf, (text) => text.replace('by automation', 'by a person'), /^was edited/);

test('what does not verify is not laid out', async (t) => {
  const {
    at,
    promoted: { slot },
  } = await promotedScratch(t);
  t.true((await problemsAfter(at, stepOf(slot.policy), flipByte)).length > 0);
  t.false((await desiredRuntime(at.state)).ok);
  t.false(existsSync(path.join(at.state, 'deploy')));
});

test('evidence of another policy, replayed, is noticed', async (t) => {
  const { at, promoted: a } = await promotedScratch(t);
  const b = await mustPromote(at, 'b');
  const { work } = at.repository;
  const replayed = (await readAt(work, a.commit, evidencePath('local', a.slot.policy))) as Buffer;
  const problems = await problemsAfter(at, evidencePath('local', b.slot.policy), () => replayed);
  t.true(problems.some(({ problem }) => problem === 'is about another policy'));
});

test('an earlier slot, put back without a rollback, is noticed although its approval is sound', async (t) => {
  const { at, promoted: a } = await promotedScratch(t);
  const b = await mustPromote(at, 'b');
  const problems = await problemsAfter(at, pointerPath('local'), () =>
    Buffer.from(pointerText('local', a.slot.policy)),
  );
  t.is(problems.length, 1);
  t.is(problems[0]?.subject, pointerPath('local'));
  t.is(problems[0]?.actual, a.slot.policy);
  t.true(problems[0]?.allowed.startsWith(b.slot.policy));
});

test('a whole promotion under keys of somebody else is noticed: the trust root lies outside', async (t) => {
  const at = await scratch(t);
  const stranger = await freshScratch(t);
  await mustPromote(stranger, 'a');
  const report = await verifyEnvironment(stranger.repository, 'local', at.trustPath);
  t.true(report.problems.some(({ problem }) => problem === 'is signed by a key that is not trusted'));
});

test('history rewritten with a sound ledger of its own is noticed by the remembered head', async (t) => {
  const { at } = await promotedScratch(t);
  const problems = await problemsAfter(at, ledgerPath, (bytes) => {
    const verified = verifyLedger(String(bytes));
    if (!verified.ok) throw new Error('not sound');
    const events = verified.entries.map(({ seq: _, previous: __, hash: ___, ...event }) => ({
      ...event,
      because: 'x',
    }));
    return Buffer.from(append('', events));
  });
  t.is(problems[0]?.problem, 'is not the entry seen before');
});

test('labels: missing, light, on another commit, or signed for another slot', async (t) => {
  const {
    at,
    promoted: { tag, commit, slot, ledgerSeq },
  } = await promotedScratch(t);
  const { remote, work } = at.repository;
  const sound = await git(remote, ['rev-parse', tag]);
  const head = await fetchHead(at.repository);
  const problemWith = async (id: string | undefined): Promise<string | undefined> => {
    await git(remote, ['update-ref', '-d', `refs/tags/${tag}`]);
    if (id !== undefined) await git(work, ['push', '-q', remote, `${id}:refs/tags/${tag}`]);
    const { problems } = await verifyEnvironment(at.repository, 'local', at.trustPath);
    t.true(problems.every(({ subject }) => subject === `tag ${tag}`));
    return problems[0]?.problem;
  };
  const signed = (over: string, of = slot, key = at.keys.promoter) =>
    signStatement(label('local', ledgerSeq, over, of, 0), key).then((line) =>
      tagObject(work, over, tag, `x\n\n${line}`, 0),
    );

  t.is(await problemWith(undefined), 'is missing');
  t.is(await problemWith(commit), 'is not annotated');
  t.is(await problemWith(await signed(head)), 'is on another commit');
  t.is(await problemWith(await signed(commit, { ...slot, limits: sha256Of('wider') })), 'signs something else');
  t.is(await problemWith(await signed(commit)), 'is not written canonically');
  t.is(await problemWith(await signed(commit, slot, at.keys.gate)), 'is signed by a key without the role "promoter"');
  t.is(await problemWith(await tagObject(work, commit, tag, 'x\n\nno envelope', 0)), 'is not a DSSE envelope');
  t.is(await problemWith(sound), undefined);
});

test('the signed reason of a rollback cannot be changed or removed', async (t) => {
  const { at } = await promotedScratch(t);
  const observed = { running: undefined, regression: undefined };
  const outcome = await rollback({ ...at, environment: 'local', observed, because: 'a reason' });
  if (outcome.outcome !== 'rolled-back') return t.fail();
  const file = rollbackPath('local', outcome.ledgerSeq as number);
  const original = (await readAt(at.repository.work, await fetchHead(at.repository), file)) as Buffer;
  t.is((await problemsAfter(at, file, flipByte))[0]?.problem, 'digest differs from the one in the ledger');
  t.is((await problemsAfter(at, file, removed))[0]?.problem, 'is missing');
  t.deepEqual(await problemsAfter(at, file, () => original), []);
});

test('what was laid out for the runtime is checked again each time: an edited file is refused', async (t) => {
  const {
    at,
    promoted: { slot },
  } = await promotedScratch(t);
  const first = await desiredRuntime(at.state);
  if (!first.ok) return t.fail();
  const model = path.join(first.policyDir as string, 'step.onnx');
  const before = sha256Of(readFileSync(model));
  appendFileSync(model, 'x');
  const second = await desiredRuntime(at.state);
  if (second.ok) return t.fail();
  t.deepEqual(second.problems, [
    {
      subject: path.join(first.directory, `policies/approved/${digest12(slot.policy)}/step.onnx`),
      problem: 'digest differs from the one in policy.json',
      actual: sha256Of(readFileSync(model)),
      allowed: `${before}; remove ${first.directory}, and it is laid out again`,
    },
  ]);
});

test('a trust root whose key was swapped refuses what the old key signed, and a wrong keyId is an error', async (t) => {
  const { at } = await promotedScratch(t);
  const trust = loadTrust(at.trustPath);
  const stranger = signingKey(path.join(at.root, 'stranger'), 'promoter');
  const { keyId, publicKeyPem } = stranger;
  const keys = trust.keys.map((key) => (key.roles.includes('promoter') ? { ...key, keyId, publicKeyPem } : key));
  const swapped = path.join(at.root, 'swapped.json');
  writeFileSync(swapped, JSON.stringify({ ...trust, keys }));
  const report = await verifyEnvironment(at.repository, 'local', swapped);
  t.true(report.problems.some(({ problem }) => problem === 'is signed by a key that is not trusted'));

  const lying = trust.keys.map((key) => ({ ...key, publicKeyPem }));
  writeFileSync(swapped, JSON.stringify({ ...trust, keys: lying }));
  await t.throwsAsync(verifyEnvironment(at.repository, 'local', swapped), {
    message: /keyId does not belong to its public key/,
  });
});
