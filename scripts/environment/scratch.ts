/** For tests: a small product checkout, candidates, and verdicts, in a folder that is removed with the test. */
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gateCatalog } from '../../gates/catalog.ts';
import type { JudgedSlot, Verdict } from '../../gates/gate.ts';
import { judgedParts } from '../../gates/inputs.ts';
import { SimulatedClock } from '../../runtime/clock.ts';
import type { PolicyManifest } from '../../runtime/contract.ts';
import { sha256Of } from '../../runtime/evidence/digest.ts';
import { git } from './git.ts';
import { openEnvironment } from './product.ts';
import { type PromoteOptions, type PromoteOutcome, type Promotion, promote } from './promote.ts';
import { type EnvironmentRepository, fetchHead, transact } from './repository.ts';
import { pointerText, type SlotAtCommit, slotAt } from './slot.ts';
import { commitFiles, readAt } from './tree.ts';
import { type LocalTrust, localTrust } from './trust.ts';

const identity = ['-c', 'user.name=Someone', '-c', 'user.email=someone@example.org'];

export interface Scratch extends LocalTrust {
  readonly root: string;
  readonly checkout: string;
  readonly state: string;
  readonly clock: SimulatedClock;
  readonly repository: EnvironmentRepository;
}

interface Owner {
  teardown(remove: () => void): void;
}

/** A folder that goes with the test. */
export function folderFor(test: Owner): string {
  const root = mkdtempSync(path.join(tmpdir(), 'emp-test-'));
  test.teardown(() => rmSync(root, { recursive: true, force: true }));
  return root;
}

/** A product checkout with one commit: a runtime, the environment `local`, a README. */
export async function productIn(folder: string): Promise<string> {
  writeProduct(folder, {
    'README.md': 'product 1\n',
    'runtime/main.ts': 'export const version = 1;\n',
    'environments/local/policy.yaml': pointerText('local', null),
    'environments/local/limits.yaml': 'maxOpenOrders: 4\n',
    'environments/local/config.yaml': 'environment: local\n',
  });
  await git(folder, ['init', '-q', '--initial-branch=main']);
  await commitAll(folder, 'product 1');
  return folder;
}

export function writeProduct(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [file, text] of Object.entries(files)) {
    const at = path.join(folder, file);
    mkdirSync(path.dirname(at), { recursive: true });
    writeFileSync(at, text);
  }
}

export async function commitAll(folder: string, message: string): Promise<string> {
  await git(folder, ['add', '-A']);
  await git(folder, [...identity, 'commit', '-q', '-m', message]);
  return git(folder, ['rev-parse', 'HEAD']);
}

/** Everything a promotion needs, made anew: with keys that no other scratch has. */
export async function freshScratch(test: Owner): Promise<Scratch> {
  return makeScratch(folderFor(test));
}

/** Everything a promotion needs: a copy of one that is made once a process, because Git processes are what tests wait for. */
export async function scratch(test: Owner): Promise<Scratch> {
  template ??= makeTemplate();
  return copyOf(await template, folderFor(test));
}

/** A scratch in which the candidate "a" is promoted already. */
export async function promotedScratch(test: Owner): Promise<{ at: Scratch; promoted: Promotion }> {
  promotedTemplate ??= makeTemplate().then(async (at) => ({ at, promoted: await mustPromote(at, 'a') }));
  const { at, promoted } = await promotedTemplate;
  return { at: copyOf(at, folderFor(test)), promoted };
}

let template: Promise<Scratch> | undefined;
let promotedTemplate: Promise<{ at: Scratch; promoted: Promotion }> | undefined;

function makeTemplate(): Promise<Scratch> {
  const root = mkdtempSync(path.join(tmpdir(), 'emp-test-'));
  process.on('exit', () => rmSync(root, { recursive: true, force: true }));
  return makeScratch(root);
}

function copyOf(made: Scratch, root: string): Scratch {
  cpSync(made.root, root, { recursive: true });
  const state = path.join(root, 'state');
  return {
    root,
    checkout: path.join(root, 'product'),
    state,
    clock: new SimulatedClock(made.clock.nowUs()),
    repository: { remote: path.join(state, 'environment.git'), work: path.join(state, 'work.git') },
    keys: made.keys,
    trustPath: path.join(state, 'trust.json'),
  };
}

async function makeScratch(root: string): Promise<Scratch> {
  const checkout = await productIn(path.join(root, 'product'));
  const state = path.join(root, 'state');
  const clock = new SimulatedClock(1_700_000_000_000_000);
  const trust = localTrust(state);
  const { repository } = await openEnvironment({ checkout, state, clock });
  return { root, checkout, state, clock, repository, ...trust };
}

/** A candidate folder whose bytes follow from its name; returns the folder. */
export function candidateIn(root: string, name: string): string {
  const folder = path.join(root, `candidate-${name}`);
  mkdirSync(folder, { recursive: true });
  const files = { 'sequence.onnx': `sequence of ${name}`, 'step.onnx': `step of ${name}` };
  for (const [file, text] of Object.entries(files)) writeFileSync(path.join(folder, file), text);
  writeFileSync(path.join(folder, 'policy.json'), `${JSON.stringify(manifestOf(name, files), null, 2)}\n`);
  return folder;
}

function manifestOf(name: string, files: Readonly<Record<'sequence.onnx' | 'step.onnx', string>>): PolicyManifest {
  return {
    schema: 'emp/policy/v1',
    name,
    files: { 'sequence.onnx': sha256Of(files['sequence.onnx']), 'step.onnx': sha256Of(files['step.onnx']) },
    featureNames: ['spread'],
    featureDigest: sha256Of('features'),
    decisionIntervalUs: 250_000,
    model: {
      kind: 'ssd',
      features: 1,
      dModel: 8,
      heads: 1,
      headDim: 8,
      stateDim: 4,
      layers: 1,
      chunk: 16,
      horizons: [1],
    },
    scaler: { mean: [0], deviation: [1], clip: 5 },
    planner: {
      horizon: 0,
      enterCosts: 1,
      exitCosts: 0,
      postCosts: 1,
      confidence: 1,
      clipLots: 1,
      riskPerClipUsd: 4,
      maxPositionClips: 2,
      maxHoldDecisions: 40,
    },
    seed: 7,
    parents: [sha256Of('parent')],
    genome: sha256Of(`genome of ${name}`),
    data: { kind: 'simulated', description: 'seed 7', digest: sha256Of('data') },
    commit: '0123456789abcdef0123456789abcdef01234567',
    trials: 12,
    training: { steps: 100, loss: 0.5 },
    reference: { informationCoefficient: 0.1, pnlPerSliceUsd: 3 },
  };
}

/** A passed verdict of every gate, in the catalog's order. */
export function passedVerdicts(slot: JudgedSlot): Verdict[] {
  return gateCatalog.map((row) => ({
    gate: row.name,
    inputs: Object.fromEntries(
      judgedParts(row).flatMap((part) => (part === 'policy' ? [] : [[part, slot[part]] as const])),
    ),
    status: 'passed',
    because: `${row.name} holds`,
    measured: { figure: 1 },
    thresholds: { figureMin: 0 },
    seconds: 0.1,
  }));
}

/** Digests of what trades in an environment now. */
export async function slotNow({ repository }: Scratch, environment = 'local'): Promise<SlotAtCommit> {
  return slotAt(repository.work, await fetchHead(repository), environment);
}

/** Promotes a candidate of this name with every gate passed, a second later. */
export async function promoteNamed(
  at: Scratch,
  name: string,
  options: Partial<PromoteOptions> = {},
): Promise<PromoteOutcome> {
  const { repository, keys, trustPath, clock, root } = at;
  clock.advanceTo(clock.nowUs() + 1_000_000);
  return promote({
    repository,
    environment: 'local',
    candidateDir: candidateIn(root, name),
    verdicts: passedVerdicts(await slotNow(at)),
    keys,
    trustPath,
    clock,
    ...options,
  });
}

/** Like `promoteNamed`, for tests that build on it: throws when it was not promoted. */
export async function mustPromote(
  at: Scratch,
  name: string,
  options: Partial<PromoteOptions> = {},
): Promise<Promotion> {
  const outcome = await promoteNamed(at, name, options);
  if (outcome.outcome !== 'promoted') throw new Error(`${name} was not promoted: ${JSON.stringify(outcome)}`);
  return outcome;
}

/** Commits file contents straight to the environment's main, as anyone with write access could. */
export async function intrude(
  { repository, clock }: Scratch,
  change: (read: (file: string) => Promise<Buffer | undefined>) => Promise<ReadonlyMap<string, Uint8Array | null>>,
): Promise<void> {
  await transact(repository, async (base) => {
    const changes = await change((file) => readAt(repository.work, base, file));
    const timeUs = clock.nowUs();
    const head = await commitFiles(repository.work, { base, changes, message: 'intrusion', timeUs });
    return { push: { head }, outcome: undefined };
  });
}
