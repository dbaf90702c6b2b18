/**
 * `npm run follow`: does what the regression gate in a cluster found: a slot that held is marked verified, one that failed
 * is rolled back by a commit, one that could not be judged stays. Whatever syncs the cluster then follows that commit.
 */
import path from 'node:path';
import { SystemClock, sleepMs } from '../runtime/clock.ts';
import { environmentCommand, parseOptions, print, printJson } from './environment/cli.ts';
import { existingEnvironment } from './environment/product.ts';
import { type Followed, followRegression } from './environment/regression.ts';
import { attach, type EnvironmentRepository } from './environment/repository.ts';
import { type LocalTrust, localTrust } from './environment/trust.ts';
import { verifyEnvironment } from './environment/verify.ts';
import { Cluster, kubeConfig } from './sync/cluster.ts';
import { desiredObjects, namespaceOf } from './sync/desired.ts';
import { regressionJob, runningIn, type Verdict, verdictOf } from './sync/regression-job.ts';

interface Options {
  readonly state: string;
  readonly environment: string;
  readonly repository?: string;
  readonly watch?: boolean;
  readonly json?: boolean;
}

type Outcome =
  | { readonly outcome: 'verified' | 'already' | 'rolled-back' | 'errored'; readonly because: string }
  | { readonly outcome: 'nothing' | 'pending' | 'refused' | 'not-approved'; readonly because: string };

const WATCH_MS = 3000;

/** @returns 0 the slot is verified, or nothing trades; 1 it was rolled back, or is not judged yet */
export async function main(args: string[]): Promise<number> {
  const command = environmentCommand('follow', 'marks the slot verified or rolls it back, as the regression gate found')
    .option('--repository <url>', "another repository than the state folder's own")
    .option('--watch', 'go on until Ctrl-C: follow every verdict as it comes')
    .addHelpText('after', '\nThe cluster is the one that KUBECONFIG, or the current context, names.');
  const options = parseOptions<Options>(command, args);
  const { state, repository: url, environment, json } = options;
  const repository =
    url === undefined ? await existingEnvironment(state) : await attach(url, path.join(state, 'work.git'));
  const trust = localTrust(state);
  const tell = (told: Outcome): void => {
    if (json === true) printJson({ environment, ...told });
    else print(`follow: ${environment}: ${told.outcome}: ${told.because}`);
  };
  if (options.watch === true) return watch(() => look(repository, environment, trust), tell);
  const found = await look(repository, environment, trust);
  tell(found);
  return found.outcome === 'verified' || found.outcome === 'already' || found.outcome === 'nothing' ? 0 : 1;
}

/** Tells what is new. A remote or a cluster that is away is waited for: a person has not asked for anything else. */
async function watch(once: () => Promise<Outcome>, tell: (told: Outcome) => void): Promise<number> {
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
  let last = '';
  while (!stop.signal.aborted) {
    const found = await once().catch((error: Error): Outcome => ({ outcome: 'pending', because: error.message }));
    const told = JSON.stringify(found);
    if (told !== last) tell(found);
    last = told;
    await sleepMs(WATCH_MS, stop.signal).catch(() => {});
  }
  return 0;
}

async function look(repository: EnvironmentRepository, environment: string, trust: LocalTrust): Promise<Outcome> {
  const { trustPath } = trust;
  const verified = await verifyEnvironment(repository, environment, trustPath);
  if (!verified.ok) {
    const [first] = verified.problems;
    return { outcome: 'not-approved', because: `${first?.subject}: ${first?.problem} (${first?.actual})` };
  }
  const { slot, head } = verified;
  if (slot === null) return { outcome: 'nothing', because: 'nothing trades' };
  const objects = await desiredObjects(repository, head, environment);
  const job = regressionJob(objects, environment);
  const namespace = namespaceOf(objects, environment);
  const config = kubeConfig();
  const cluster = new Cluster(config);
  const verdict = await verdictOf(cluster, config, namespace, job);
  if ('pending' in verdict) return { outcome: 'pending', because: verdict.pending };
  const { policy, busy } = await runningIn(cluster, config, namespace, objects);
  if (busy !== null) return { outcome: 'pending', because: busy };
  const running = { slot: policy === null ? null : { ...slot, policy }, busy };
  const clock = new SystemClock();
  return told(
    await followRegression({
      ...trust,
      repository,
      environment,
      clock,
      slot,
      verdict,
      running,
      timeUs: verdict.timeUs,
    }),
    verdict,
  );
}

function told(followed: Followed, { job, because }: Verdict): Outcome {
  if (followed.did === 'nothing') return { outcome: 'errored', because: `${job}: ${because}` };
  if (followed.did === 'marked') {
    const { marked } = followed;
    if (marked.outcome === 'refused') return { outcome: 'refused', because: marked.because };
    return { outcome: marked.outcome === 'already' ? 'already' : 'verified', because };
  }
  const { rollback } = followed;
  if (rollback.outcome === 'refused') return { outcome: 'refused', because: `${rollback.reason}: ${rollback.because}` };
  const to = rollback.slot?.policy ?? 'nothing, for nothing else was verified';
  return { outcome: 'rolled-back', because: `${because}; ${rollback.commit} restores ${to}` };
}
