/**
 * The whole story on a real node. First by `npm run sync`, then the same environment handed over to the real Argo CD: a policy
 * is proposed, approved, merged and labelled; its gates run before anything of it is there; the pod trades; the regression
 * gate after the sync passes, and it is verified. A policy that its limits refuse, and one that tells far less than its
 * evidence says, follow the same way, are found by the regression gate, and one commit that nobody made by hand brings the
 * cluster back.
 *
 * Usage: node scripts/suites/cluster-story.ts; EMP_SUITE_STATE names a state folder whose evolved policy is used.
 */
import { execFile, spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { parseAllDocuments } from 'yaml';
import { canonicalJson } from '../../policies/model/policy-folder.ts';
import { stopwatchNs } from '../../runtime/clock.ts';
import type { Slot } from '../../runtime/contract.ts';
import { git } from '../environment/git.ts';
import { release } from '../environment/mark.ts';
import { fetchHead } from '../environment/repository.ts';
import { slotPaths } from '../environment/slot.ts';
import { verifyEnvironment } from '../environment/verify.ts';
import { seal } from '../proposals/advance.ts';
import { eventually, type NodeCluster, nodeCluster } from './node-cluster.ts';
import { NAMESPACE, PaperRoom } from './paper-room.ts';
import { type Measured, ORDINARY, StoryRepository } from './story-repository.ts';
import { hold, Suite } from './suite.ts';
import { evolvedPolicy } from './up-process.ts';

const root = path.resolve(import.meta.dirname, '../..');
const SMALL = { cpu: '100m', memory: '512Mi' };
/** Gates that take seconds; the others have suites of their own. */
const GATES = ['causality', 'ssd-consistency'];

/** Bounds what should take a quarter of a minute, on a machine that does much else. */
const PATIENCE_SECONDS = 300;
/** Event seconds a second: a model warms up in a few seconds instead of half a minute. */
const SPEED = 5;

/** A planner that wants on every forecast far more than any limit allows. */
const LOUD = { enterCosts: 0, postCosts: 0, confidence: 0, riskPerClipUsd: 1e6, clipLots: 50_000 };

/** Evidence of forecasts that are nearly always right. */
const BOAST: Measured = {
  ...ORDINARY,
  edge: { ...ORDINARY.edge, rankCorrelation: 0.95, rankCorrelationDeviation: 0.001 },
};

const suite = new Suite(process.argv[2]);
const cluster = await nodeCluster(['argocd']);
if ('none' in cluster) suite.skip('the story on a node, and under Argo CD', cluster.none);
else {
  const folder = mkdtempSync(path.join(tmpdir(), 'emp-suite-'));
  try {
    await tell(cluster, folder);
  } finally {
    await cluster
      .tool('kubectl', ['delete', 'namespace', NAMESPACE, '--ignore-not-found', '--wait=false'])
      .catch(() => {});
    cluster.end();
    rmSync(folder, { recursive: true, force: true });
  }
}
process.exit(suite.end());

/** Of an Argo CD application (argoproj.io/v1alpha1), as far as it is looked at. */
interface ApplicationStatus {
  readonly sync?: { readonly status: string };
  readonly health?: { readonly status: string };
  readonly operationState?: {
    readonly phase: string;
    readonly message?: string;
    readonly syncResult?: {
      readonly revision: string;
      readonly resources: readonly { readonly name: string; readonly hookType?: string; readonly hookPhase?: string }[];
    };
  };
}

interface Ended {
  readonly code: number;
  readonly said: Record<string, unknown> & { readonly outcome?: string };
}

async function tell(node: NodeCluster, folder: string): Promise<void> {
  const story = await StoryRepository.create(path.join(folder, 'state'));
  const { repository, trust, state } = story;
  const at = new PaperRoom(node, folder);
  const good = await evolvedPolicy(folder);
  const loud = (name: string) => altered(good, path.join(folder, name), LOUD);
  const verify = () => verifyEnvironment(repository, 'paper', trust.trustPath);

  const command = async (verb: string, ...args: readonly string[]): Promise<Ended> => {
    const script = path.join(root, 'scripts/start.mjs');
    const words = [
      ...node.within,
      process.execPath,
      script,
      verb,
      '--environment',
      'paper',
      '--state',
      state,
      '--json',
    ];
    const env = { ...process.env, ...node.environment };
    const running = promisify(execFile)(words[0] as string, [...words.slice(1), ...args], { env });
    const { code, stdout, stderr } = await running.then(
      (ended) => ({ code: 0, ...ended }),
      (error: Error & { code: number; stdout: string; stderr: string }) => error,
    );
    hold(stdout !== '', `${verb} ended with ${code} and said nothing: ${stderr}`);
    return { code, said: JSON.parse(stdout.trim().split('\n').at(-1) as string) };
  };
  const sync = () => command('sync', '--target', 'kubernetes', '--wave-seconds', String(PATIENCE_SECONDS));
  const follow = () => command('follow');

  await at.prepare(trust.trustPath, undefined);
  const [repositoryName, tag] = node.image.split(/:(?=[^/:]+$)/) as [string, string];
  await story.setUp(
    {
      mode: 'paper',
      namespace: NAMESPACE,
      image: { repository: repositoryName, tag, pullPolicy: 'IfNotPresent' },
      runtime: { resources: SMALL },
      venue: {
        enabled: true,
        command: ['node', 'runtime/venue/venue-main.ts', '--speed', String(SPEED)],
        resources: SMALL,
      },
      gates: { enabled: true, hook: 'argocd' },
      regression: { enabled: true, decisions: 60, windowSeconds: 240 },
    },
    GATES,
  );

  let first: Slot | undefined;
  await suite.check(
    'by sync: merged and labelled, synced: gates first, then the pod trades what was approved',
    async () => {
      first = await story.promote({ policyDir: good }, 'it won its search');
      const { code, said } = await sync();
      hold(code === 0 && said.outcome === 'applied', JSON.stringify(said));
      await at.trades(first.policy);
      const jobs = await at.kubectl('get', 'jobs', '--output=name');
      for (const gate of GATES) hold(jobs.includes(`emp-gate-${gate}-`), `gate ${gate} did not run: ${jobs}`);
    },
  );
  await suite.check(
    'by sync: its regression gate passed after the sync: `follow` marks it verified, once',
    async () => {
      const marked = await follow();
      hold(marked.code === 0 && marked.said.outcome === 'verified', JSON.stringify(marked.said));
      const again = await follow();
      hold(again.code === 0 && again.said.outcome === 'already', JSON.stringify(again.said));
      const synced = await sync();
      hold(synced.said.outcome === 'in-sync', JSON.stringify(synced.said));
    },
  );
  await suite.check(
    'by sync: a policy that its limits refuse fails the regression gate; one commit by itself, and sync follows',
    async () => {
      const before = await verify();
      await story.promote({ policyDir: loud('loud') }, 'it looked well');
      const synced = await sync();
      hold(synced.code === 1 && synced.said.outcome === 'unhealthy', JSON.stringify(synced.said));
      const { code, said } = await follow();
      hold(
        // The reason is the gate's own where its log is still there, else the Job's.
        code === 1 && said.outcome === 'rolled-back' && /denied|exit code 1/.test(String(said['because'])),
        JSON.stringify(said),
      );
      await restored(story, first as Slot, before.tag);
      const back = await sync();
      hold(back.code === 0 && back.said.outcome === 'applied', JSON.stringify(back.said));
      await at.trades((first as Slot).policy);
    },
  );
  await suite.check('by sync: on hold until a person releases it', async () => {
    const { branch } = await story.propose({ policyDir: loud('again') }, 'once more');
    const heldBack = async () => JSON.stringify(await seal({ ...story.common, branch })).includes('ON_HOLD');
    hold(await heldBack(), 'it is not on hold');
    const released = await release({ ...story.common, because: 'Ada looked' });
    hold(released.outcome === 'recorded', JSON.stringify(released));
    hold(!(await heldBack()), 'it is still on hold');
  });

  if (node.volumes === undefined) {
    suite.skip(
      'the same under Argo CD',
      'the Argo CD of a cluster of yours does not reach a repository on this machine',
    );
    return;
  }
  const kubectl = (...args: readonly string[]) => node.tool('kubectl', ['--namespace', 'argocd', ...args]);
  /** What Argo CD says of the application now; it looks at the repository again. */
  const status = async (): Promise<ApplicationStatus> => {
    await kubectl('annotate', '--overwrite', 'application', 'emp-paper', 'argocd.argoproj.io/refresh=normal');
    return JSON.parse(await kubectl('get', 'application', 'emp-paper', '--output=json')).status ?? {};
  };
  const followed = (revision: string) =>
    eventually('Argo CD to be at the head, healthy', PATIENCE_SECONDS, async () => {
      const { sync, health, operationState } = await status();
      const done = operationState?.phase === 'Succeeded' && operationState.syncResult?.revision === revision;
      if (done && sync?.status === 'Synced' && health?.status === 'Healthy') return true;
      const { phase, message, syncResult } = operationState ?? {};
      throw new Error(JSON.stringify({ revision, sync, health, phase, message, at: syncResult?.revision }));
    });
  await suite.check(
    'under Argo CD: it takes the environment over from the repository, and restarts nothing',
    async () => {
      const before = await at.pod();
      await handOver(node, folder, path.join(state, 'environment.git'));
      await followed(await fetchHead(repository));
      const after = await at.pod();
      hold(after.uid === before.uid && after.restarts === before.restarts, 'the pod was started anew');
      await at.trades((first as Slot).policy);
    },
  );
  await suite.check(
    'under Argo CD: PreSync gates; a policy that tells less than its evidence says fails the PostSync gate; no hand',
    async () => {
      const before = await verify();
      const [program = '', ...words] = [...node.within, process.execPath, path.join(root, 'scripts/start.mjs')];
      const args = [...words, 'follow', '--watch', '--environment', 'paper', '--state', state, '--json'];
      const env = { ...process.env, ...node.environment };
      const watching = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
      let told = '';
      watching.stdout.on('data', (text) => (told += text));
      try {
        const beganNs = stopwatchNs();
        await story.promote({ policyDir: altered(good, path.join(folder, 'boast')) }, 'it looked well again', BOAST);
        const promoted = await fetchHead(repository);
        const phases = new Map<string, string>();
        await eventually('the rollback commit', PATIENCE_SECONDS, async () => {
          const { operationState } = await status();
          const { revision, resources = [] } = operationState?.syncResult ?? {};
          for (const { name, hookPhase } of revision === promoted ? resources : []) {
            if (hookPhase !== undefined && hookPhase !== 'Running') phases.set(name, hookPhase);
          }
          const { ok, slot } = await verify();
          if (ok && slot?.policy === first?.policy) return true;
          throw new Error(`${operationState?.phase} ${operationState?.message}; ${told.slice(-500)}`);
        });
        const phaseOf = (part: string) => [...phases].find(([name]) => name.startsWith(part))?.[1];
        for (const gate of GATES) {
          hold(phaseOf(`emp-gate-${gate}-`) === 'Succeeded', `${gate}: ${JSON.stringify([...phases])}`);
        }
        hold(phaseOf('emp-regression-') === 'Failed', JSON.stringify([...phases]));
        hold(/"rolled-back".*correlate .* when it was approved/.test(told), told);
        await restored(story, first as Slot, before.tag);
        await followed(await fetchHead(repository));
        await at.trades(first?.policy);
        console.log(
          `        ${Math.round((stopwatchNs() - beganNs) / 1e9)} s from the merge until the restored policy trades`,
        );
      } finally {
        watching.kill('SIGTERM');
      }
    },
  );
}

/** The slot is `wanted` byte for byte, the label moved, promotion is on hold. */
async function restored(
  { repository, trust }: StoryRepository,
  wanted: Slot,
  labelBefore: string | null,
): Promise<void> {
  const { work } = repository;
  const report = await verifyEnvironment(repository, 'paper', trust.trustPath);
  hold(report.ok && report.held !== null && report.tag !== labelBefore, JSON.stringify(report));
  hold(JSON.stringify(report.slot) === JSON.stringify(wanted), `the slot is ${JSON.stringify(report.slot)}`);
  const [brought] = (await git(work, ['log', '--format=%H', '--reverse', '--grep=^Merge promote/', report.head])).split(
    '\n',
  );
  for (const file of slotPaths('paper', wanted.policy)) {
    const [was, is] = await Promise.all(
      [brought, report.head].map((commit) => git(work, ['rev-parse', `${commit}:${file}`])),
    );
    hold(was === is, `${file} is not what it was`);
  }
}

/** `environments/argocd`, with the one line that a team changes. */
async function handOver(node: NodeCluster, folder: string, remote: string): Promise<void> {
  const copy = path.join(folder, 'argocd');
  cpSync(path.join(root, 'environments/argocd'), copy, { recursive: true });
  const settings = path.join(copy, 'repository.yaml');
  writeFileSync(settings, readFileSync(settings, 'utf8').replace(/url: .*/, `url: file://${remote}`));
  const objects = parseAllDocuments(await node.tool('kustomize', ['build', copy])).map((document) => document.toJS());
  await node.apply(objects);
}

/** The same model under the folder's name, which makes it another policy, with another planner where it is told. */
function altered(policy: string, directory: string, planner: object = {}): string {
  cpSync(policy, directory, { recursive: true });
  const file = path.join(directory, 'policy.json');
  const manifest = JSON.parse(readFileSync(file, 'utf8'));
  const name = path.basename(directory);
  writeFileSync(file, canonicalJson({ ...manifest, name, planner: { ...manifest.planner, ...planner } }));
  return directory;
}
