/** Tampering with the files that a runtime would read: `verifySlot` on a folder, which needs no Git. */
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { sha256Of } from '../../runtime/evidence/digest.ts';
import { approvedPath, configPath, evidencePath, limitsPath, pointerPath } from '../../runtime/evidence/layout.ts';
import { type Problem, problemLine } from '../../runtime/evidence/problem.ts';
import { loadTrust, type TrustRoot } from '../../runtime/evidence/trust.ts';
import { type RefusedSlot, verifySlot } from '../../runtime/evidence/verify-slot.ts';
import { folderFor, mustPromote, scratch } from './scratch.ts';
import { slotPaths } from './slot.ts';
import { exportAt } from './tree.ts';

interface Deployed {
  readonly folder: string;
  readonly policy: string;
  readonly image: string;
  readonly manifests: string;
  readonly trust: TrustRoot;
  /** Evidence of another policy, for replays. */
  readonly otherEvidence: Buffer;
}

let deployed: Promise<Deployed> | undefined;
const cleanup: (() => void)[] = [];

async function deploy(): Promise<Deployed> {
  const owner = { teardown: (remove: () => void) => cleanup.push(remove) };
  const at = await scratch(owner);
  const other = await mustPromote(at, 'b');
  const { slot, commit } = await mustPromote(at, 'a');
  const folder = folderFor(owner);
  await exportAt(at.repository.work, commit, slotPaths('local', slot.policy), folder);
  await exportAt(at.repository.work, commit, [evidencePath('local', other.slot.policy)], folder);
  const file = path.join(folder, evidencePath('local', other.slot.policy));
  const otherEvidence = readFileSync(file);
  rmSync(file);
  const { policy, image, manifests } = slot;
  return { folder, policy, image, manifests, trust: loadTrust(at.trustPath), otherEvidence };
}

test.after.always(() => {
  for (const remove of cleanup) remove();
});

/** A copy of the deployed slot that the test may change. */
async function copy(t: ExecutionContext): Promise<Deployed> {
  deployed ??= deploy();
  const original = await deployed;
  const folder = folderFor(t);
  cpSync(original.folder, folder, { recursive: true });
  return { ...original, folder };
}

type Running = { readonly image?: string; readonly manifests?: string };

const check = ({ folder, trust, image, manifests }: Deployed, running: Running = { image, manifests }) =>
  verifySlot(folder, 'local', trust, running);

const problemsOf = (at: Deployed): readonly Problem[] => {
  const verified = check(at);
  return verified.ok ? [] : verified.problems;
};

test('as promoted, it is approved; without a known image it says so', async (t) => {
  const at = await copy(t);
  const verified = check(at);
  if (!verified.ok || verified.slot === null) return t.fail();
  t.is(verified.slot.policy, at.policy);
  t.is(verified.gates.length, 7);
  t.deepEqual(verified.unchecked, []);
  const unknown = check(at, {});
  t.deepEqual(unknown.ok && unknown.slot !== null && unknown.unchecked, ['image', 'manifests']);
});

const noticed = test.macro({
  title: (title) => `noticed: ${title}`,
  exec: async (
    t,
    fileOf: (policy: string) => string,
    change: (bytes: Buffer) => Buffer | string | undefined,
    problem: RegExp,
    digests = false,
  ) => {
    const at = await copy(t);
    const file = fileOf(at.policy);
    const absolute = path.join(at.folder, file);
    const before = readFileSync(absolute);
    const after = change(Buffer.from(before));
    if (after === undefined) rmSync(absolute);
    else writeFileSync(absolute, after);
    const problems = problemsOf(at);
    const found = problems.find((one) => problem.test(one.problem) && one.subject.startsWith(file));
    if (found === undefined) return t.fail(`not noticed: ${problems.map(problemLine).join('\n')}`);
    if (!digests || after === undefined) return t.pass();
    t.is(found.actual, sha256Of(after));
    t.is(found.allowed, sha256Of(before));
  },
});

const flip = (bytes: Buffer): Buffer => {
  const at = bytes.length >> 1;
  bytes[at] = (bytes[at] as number) ^ 1;
  return bytes;
};
const remove = (): undefined => undefined;
const replacing = (from: string, to: string) => (bytes: Buffer) => bytes.toString('utf8').replace(from, to);
const lines = (change: (all: string[]) => string[]) => (bytes: Buffer) =>
  `${change(bytes.toString('utf8').slice(0, -1).split('\n')).join('\n')}\n`;
const policyFile = (name: string) => (policy: string) => `${approvedPath(policy)}/${name}`;

for (const name of ['sequence.onnx', 'step.onnx']) {
  test(`${name} edited`, noticed, policyFile(name), flip, /^digest differs/, true);
  test(`${name} removed`, noticed, policyFile(name), remove, /^cannot be read/);
}
test(
  'policy.json edited',
  noticed,
  policyFile('policy.json'),
  replacing('"seed": 7', '"seed": 8'),
  /^digest differs/,
  true,
);
test('policy.json removed', noticed, policyFile('policy.json'), remove, /^cannot be read/);
test('limits raised', noticed, () => limitsPath('local'), replacing('4', '400'), /^limits differs/, true);
test('limits removed', noticed, () => limitsPath('local'), remove, /^cannot be read/);
test('config changed', noticed, () => configPath('local'), replacing('local', 'local '), /^config differs/, true);
test('config removed', noticed, () => configPath('local'), remove, /^cannot be read/);
test(
  'pointer outside the approved',
  noticed,
  () => pointerPath('local'),
  replacing('approved/', '../mine/'),
  /^path does not/,
);
test(
  'pointer to other evidence',
  noticed,
  () => pointerPath('local'),
  replacing('evidence/', 'evidence/x'),
  /^evidence does/,
);
test('pointer removed', noticed, () => pointerPath('local'), remove, /^cannot be read/);
test(
  'pointer not YAML',
  noticed,
  () => pointerPath('local'),
  () => 'policy: [',
  /^is not YAML/,
);
test(
  'pointer with a field too many',
  noticed,
  () => pointerPath('local'),
  (bytes) => `${bytes}armed: true\n`,
  /^is not a policy/,
);
const evidenceOf = (policy: string): string => evidencePath('local', policy);
test('evidence removed', noticed, evidenceOf, remove, /^cannot be read/);
test('evidence empty', noticed, evidenceOf, () => '', /^the last line is not a sound promotion statement/);
test('evidence cut in its last line', noticed, evidenceOf, (bytes) => bytes.subarray(0, -9), /^is not a DSSE envelope/);
test('evidence without its last line feed', noticed, evidenceOf, (bytes) => bytes.subarray(0, -1), /^does not end/);
test(
  'promotion statement cut off',
  noticed,
  evidenceOf,
  lines((all) => all.slice(0, -1)),
  /^the last line is not/,
);
test(
  'lines reversed',
  noticed,
  evidenceOf,
  lines((all) => all.toReversed()),
  /^the last line is not/,
);
test(
  'two lines swapped',
  noticed,
  evidenceOf,
  lines(([a, b, ...rest]) => [b, a, ...rest] as string[]),
  /^digest differs from what/,
);
test(
  'a line repeated',
  noticed,
  evidenceOf,
  lines(([a, ...rest]) => [a, a, ...rest] as string[]),
  /^digest differs from what/,
);
test('a space added', noticed, evidenceOf, replacing('{"payload"', '{ "payload"'), /^is not written canonically/);

test('a file added beside the policy is noticed', async (t) => {
  const at = await copy(t);
  writeFileSync(path.join(at.folder, approvedPath(at.policy), 'extra.onnx'), 'x');
  t.deepEqual(
    problemsOf(at).map(({ problem }) => problem),
    ['is covered by no digest'],
  );
});

test('other manifests than the approved ones are refused', async (t) => {
  const at = await copy(t);
  const verified = check(at, { image: at.image, manifests: sha256Of('other manifests') });
  t.is(verified.ok ? undefined : verified.problems[0]?.problem, 'manifests differs from the one promoted');
});

test('another image than the approved one is refused', async (t) => {
  const at = await copy(t);
  const verified = check(at, { image: sha256Of('another image') });
  t.false(verified.ok);
  const [first] = (verified as RefusedSlot).problems;
  t.is(first?.actual, sha256Of('another image'));
  t.is(first?.allowed, at.image);
});

test('every line of the evidence, edited, deleted or replaced by the same line of another policy: noticed and named', async (t) => {
  const at = await copy(t);
  const file = evidencePath('local', at.policy);
  const absolute = path.join(at.folder, file);
  const all = readFileSync(absolute, 'utf8').slice(0, -1).split('\n');
  const others = at.otherEvidence.toString('utf8').slice(0, -1).split('\n');
  t.is(all.length, 10);
  t.is(others.length, 10);
  const problemsWith = (changed: readonly string[]): readonly Problem[] => {
    writeFileSync(absolute, `${changed.join('\n')}\n`);
    return problemsOf(at);
  };
  for (const [index, line] of all.entries()) {
    const edited = line.replace(/"payload":"(.{40})(.)/, (_, head: string, one: string) => {
      return `"payload":"${head}${one === 'A' ? 'B' : 'A'}`;
    });
    for (const replacement of [edited, others[index] as string]) {
      const problems = problemsWith(all.with(index, replacement));
      t.true(
        problems.some(({ subject }) => subject === `${file}:${index + 1}`),
        `line ${index + 1}`,
      );
      if (index === all.length - 1) continue;
      const digests = problems.find(({ problem }) => problem.startsWith('digest differs'));
      t.is(digests?.actual, sha256Of(replacement));
      t.is(digests?.allowed, sha256Of(line));
    }
    t.true(problemsWith(all.toSpliced(index, 1)).length > 0, `line ${index + 1} deleted`);
  }
  t.deepEqual(problemsWith(all), []);
});

test('any bit of any file that counts, flipped, is noticed', async (t) => {
  const at = await copy(t);
  const files = [
    ...readdirSync(path.join(at.folder, approvedPath(at.policy))).map((name) => `${approvedPath(at.policy)}/${name}`),
    evidencePath('local', at.policy),
    limitsPath('local'),
    configPath('local'),
  ];
  t.is(files.length, 6);
  t.notThrows(() =>
    fc.assert(
      fc.property(fc.constantFrom(...files), fc.nat(), fc.integer({ min: 0, max: 7 }), (file, position, bit) => {
        const absolute = path.join(at.folder, file);
        const before = readFileSync(absolute);
        const changed = Buffer.from(before);
        const index = position % changed.length;
        changed[index] = (changed[index] as number) ^ (1 << bit);
        writeFileSync(absolute, changed);
        const { ok } = check(at);
        writeFileSync(absolute, before);
        return !ok;
      }),
      { numRuns: 200 },
    ),
  );
  t.true(check(at).ok);
});
