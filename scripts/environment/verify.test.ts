/** Tampering: whatever is changed in the repository behind promotion's back is noticed, and named. */
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { signStatement } from '../../gates/evidence.ts';
import { signingKey } from '../../gates/keys.ts';
import { append, ledgerPath, verifyLedger } from '../../policies/ledger/ledger.ts';
import { digest12, sha256Of } from '../../runtime/evidence/digest.ts';
import { approvedPath, configPath, evidencePath, limitsPath, pointerPath } from '../../runtime/evidence/layout.ts';
import { type Problem, problemLine } from '../../runtime/evidence/problem.ts';
import { loadTrust } from '../../runtime/evidence/trust.ts';
import { desiredRuntime } from './deployment.ts';
import { git } from './git.ts';
import type { Promotion } from './promote.ts';
import { fetchHead } from './repository.ts';
import { rollback, rollbackPath } from './rollback.ts';
import { intrude, mustPromote, type Scratch, scratch } from './scratch.ts';
import { pointerText } from './slot.ts';
import { label } from './statements.ts';
import { readAt, tagObject } from './tree.ts';
import { verifyEnvironment } from './verify.ts';

type Change = (bytes: Buffer | undefined) => Buffer | null;

const textually =
  (change: (text: string) => string): Change =>
  (bytes) =>
    Buffer.from(change(String(bytes)));
const lines = (change: (all: string[]) => string[]): Change =>
  textually((text) => `${change(text.slice(0, -1).split('\n')).join('\n')}\n`);

async function problemsAfter(at: Scratch, file: string, change: Change): Promise<readonly Problem[]> {
  await intrude(at, async (read) => new Map([[file, change(await read(file))]]));
  const report = await verifyEnvironment(at.repository, 'local', at.trustPath);
  return report.problems;
}

/** Changes one file of a promoted environment and looks for a problem that names it, with both digests where told. */
const noticed = test.macro({
  title: (title) => `noticed: ${title}`,
  exec: async (
    t: ExecutionContext,
    fileOf: (policy: string) => string,
    change: Change,
    expected: { readonly problem: RegExp; readonly digests?: boolean; readonly subject?: RegExp },
  ) => {
    const at = await scratch(t);
    const { slot } = await mustPromote(at, 'a');
    const file = fileOf(slot.policy);
    const before = sha256Of((await readAt(at.repository.work, await fetchHead(at.repository), file)) ?? '');
    const problems = await problemsAfter(at, file, change);
    const shown = problems.map(problemLine).join('\n');
    const found = problems.find((problem) => expected.problem.test(problem.problem));
    if (found === undefined) return t.fail(`not noticed: ${shown}`);
    t.regex(found.subject, expected.subject ?? new RegExp(`^${file.replaceAll('.', '\\.')}`));
    if (expected.digests === true) {
      const after = sha256Of((await readAt(at.repository.work, await fetchHead(at.repository), file)) ?? '');
      t.is(found.actual, after);
      t.is(found.allowed, before);
    }
    t.false((await desiredRuntime(at.state)).ok, 'nothing is deployed from it');
  },
});

const flipByte: Change = (bytes) => {
  const changed = Buffer.from(bytes as Buffer);
  changed[changed.length >> 1] = (changed[changed.length >> 1] as number) ^ 1;
  return changed;
};
const removed: Change = () => null;
const approved = (name: string) => (policy: string) => `${approvedPath(policy)}/${name}`;

for (const name of ['sequence.onnx', 'step.onnx']) {
  test(`${name} edited`, noticed, approved(name), flipByte, { problem: /digest differs/, digests: true });
  test(`${name} removed`, noticed, approved(name), removed, { problem: /cannot be read/ });
}
test(
  'policy.json edited',
  noticed,
  approved('policy.json'),
  textually((text) => text.replace('"seed": 7', '"seed": 8')),
  {
    problem: /digest differs/,
    digests: true,
  },
);
test('policy.json removed', noticed, approved('policy.json'), removed, { problem: /cannot be read/ });
test('a file added beside the policy', noticed, approved('extra.onnx'), () => Buffer.from('x'), {
  problem: /covered by no digest/,
});
test(
  'limits raised',
  noticed,
  () => limitsPath('local'),
  textually((text) => text.replace('4', '400')),
  {
    problem: /limits differs from the one promoted/,
    digests: true,
  },
);
test(
  'config changed',
  noticed,
  () => configPath('local'),
  textually((text) => `${text}# armed\n`),
  {
    problem: /config differs from the one promoted/,
    digests: true,
  },
);
test(
  'the image changed',
  noticed,
  () => 'runtime/main.ts',
  textually((text) => `${text}//\n`),
  {
    problem: /image differs from the one promoted/,
    subject: /^image$/,
  },
);
test(
  'pointer to nothing',
  noticed,
  () => pointerPath('local'),
  () => Buffer.from(pointerText('local', null)),
  {
    problem: /policy is not the one that holds the label/,
  },
);
test(
  'pointer to another folder',
  noticed,
  () => pointerPath('local'),
  textually((text) => text.replace('approved/', 'mine/')),
  {
    problem: /slot cannot be read/,
  },
);
test('evidence removed', noticed, evidencePath, removed, { problem: /cannot be read/ });
test(
  'evidence without its last line feed',
  noticed,
  evidencePath,
  textually((text) => text.slice(0, -1)),
  {
    problem: /does not end in a line feed/,
  },
);
test(
  'an evidence line repeated',
  noticed,
  evidencePath,
  lines((all) => [all[0] as string, ...all]),
  {
    problem: /digest differs from what the promotion statement requires/,
  },
);
test(
  'two evidence lines change places',
  noticed,
  evidencePath,
  lines((all) => [all[1] as string, all[0] as string, ...all.slice(2)]),
  {
    problem: /digest differs from what the promotion statement requires/,
  },
);
test(
  'the promotion statement cut off',
  noticed,
  evidencePath,
  lines((all) => all.slice(0, -1)),
  {
    problem: /last line is not a sound promotion statement/,
  },
);
test('ledger removed', noticed, () => ledgerPath, removed, { problem: /is shorter than it was/ });
test(
  'ledger cut',
  noticed,
  () => ledgerPath,
  lines((all) => all.slice(0, -1)),
  { problem: /is shorter than it was/ },
);
test(
  'ledger edited',
  noticed,
  () => ledgerPath,
  textually((text) => text.replace('by automation', 'by somebody!')),
  {
    problem: /was edited/,
  },
);

test('every line of the evidence: edited or deleted, it is noticed, naming the line and both digests', async (t) => {
  const at = await scratch(t);
  const { slot } = await mustPromote(at, 'a');
  const file = evidencePath(slot.policy);
  const text = String(await readAt(at.repository.work, await fetchHead(at.repository), file));
  const all = text.slice(0, -1).split('\n');
  t.is(all.length, 10);
  for (const [index, line] of all.entries()) {
    const edited = line.replace(/"payload":"(.)/, (_, first: string) => `"payload":"${first === 'e' ? 'f' : 'e'}`);
    const afterEdit = await problemsAfter(at, file, () => Buffer.from(text.replace(line, edited)));
    const named = afterEdit.filter(({ subject }) => subject === `${file}:${index + 1}`);
    t.true(named.length > 0, `line ${index + 1} edited`);
    const digests = afterEdit.find(({ problem }) => /digest differs/.test(problem));
    if (index < all.length - 1) {
      t.is(digests?.actual, sha256Of(edited));
      t.is(digests?.allowed, sha256Of(line));
    } else {
      t.is(digests?.allowed, sha256Of(text), 'the promotion statement itself is held by the ledger');
    }
    const afterDelete = await problemsAfter(at, file, () => Buffer.from(text.replace(`${line}\n`, '')));
    t.true(afterDelete.length > 0, `line ${index + 1} deleted`);
  }
  t.deepEqual(await problemsAfter(at, file, () => Buffer.from(text)), [], 'restored, it is sound again');
});

test('evidence of another policy, replayed, is noticed', async (t) => {
  const at = await scratch(t);
  const a = await mustPromote(at, 'a');
  const b = await mustPromote(at, 'b');
  const { work } = at.repository;
  const of = async ({ commit, slot }: Promotion) => (await readAt(work, commit, evidencePath(slot.policy))) as Buffer;
  const replayed = await of(a);
  const problems = await problemsAfter(at, evidencePath(b.slot.policy), () => replayed);
  t.true(problems.some(({ problem }) => problem === 'is about another policy'));
});

test('an earlier slot, put back without a rollback, is noticed although its approval is sound', async (t) => {
  const at = await scratch(t);
  const a = await mustPromote(at, 'a');
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
  const stranger = await scratch(t);
  await mustPromote(stranger, 'a');
  const report = await verifyEnvironment(stranger.repository, 'local', at.trustPath);
  t.true(report.problems.some(({ problem }) => problem === 'is signed by a key that is not trusted'));
});

test('history rewritten with a sound ledger of its own is noticed by the remembered head', async (t) => {
  const at = await scratch(t);
  await mustPromote(at, 'a');
  const problems = await problemsAfter(
    at,
    ledgerPath,
    textually((text) => {
      const verified = verifyLedger(text);
      if (!verified.ok) throw new Error('not sound');
      return append(
        '',
        verified.entries.map(({ seq: _, previous: __, hash: ___, ...event }) => ({ ...event, because: 'x' })),
      );
    }),
  );
  t.is(problems[0]?.problem, 'is not the entry seen before');
});

test('labels: missing, light, on another commit, or signed for another slot', async (t) => {
  const at = await scratch(t);
  const { remote, work } = at.repository;
  const { tag, commit, slot, ledgerSeq } = await mustPromote(at, 'a');
  const sound = await git(remote, ['rev-parse', tag]);
  const head = await fetchHead(at.repository);
  const problemWith = async (id: string | undefined): Promise<string | undefined> => {
    await git(remote, ['update-ref', '-d', `refs/tags/${tag}`]);
    if (id !== undefined) {
      await git(remote, ['fetch', '-q', work, `${id}`]).catch(() => undefined);
      await git(work, ['push', '-q', remote, `${id}:refs/tags/${tag}`]);
    }
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
  t.is(await problemWith(await signed(commit, slot, at.keys.gate)), 'is signed by a key without the role "promoter"');
  t.is(await problemWith(await tagObject(work, commit, tag, 'x\n\nno envelope', 0)), 'is not a DSSE envelope');
  t.is(await problemWith(sound), undefined);
});

test('the signed reason of a rollback cannot be changed or removed', async (t) => {
  const at = await scratch(t);
  await mustPromote(at, 'a');
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
  const at = await scratch(t);
  const { slot } = await mustPromote(at, 'a');
  const first = await desiredRuntime(at.state);
  if (!first.ok) return t.fail();
  const model = path.join(first.policyDir as string, 'step.onnx');
  const before = sha256Of(readFileSync(model));
  appendFileSync(model, 'x');
  const second = await desiredRuntime(at.state);
  if (second.ok) return t.fail();
  t.deepEqual(second.problems, [
    {
      subject: `policies/approved/${digest12(slot.policy)}/step.onnx`,
      problem: 'digest differs from the one in policy.json',
      actual: sha256Of(readFileSync(model)),
      allowed: before,
    },
  ]);
});

test('a trust root whose key was swapped refuses what the old key signed, and a wrong keyId is an error', async (t) => {
  const at = await scratch(t);
  await mustPromote(at, 'a');
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
