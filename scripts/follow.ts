/**
 * `npm run follow`: does what the regression gate found: a slot that held is marked verified, one that failed is rolled
 * back by a commit, one that could not be judged stays. The verdict is the cluster's own, of the Job after the sync, or the
 * one that `npm run -s regression -- … --json` printed. Whatever syncs then follows the commit.
 */
import { sleepMs } from '../runtime/clock.ts';
import type { Slot } from '../runtime/contract.ts';
import { type CommonOptions, environmentCommand, parseOptions, print, printJson } from './environment/cli.ts';
import { type Followed, followRegression, type RegressionVerdict } from './environment/regression.ts';
import { readRunning } from './environment/running.ts';
import { verifyEnvironment } from './environment/verify.ts';
import { type PromoterPlace, promoterPlace } from './proposals/place.ts';
import { readVerdict } from './regression/verdict-file.ts';
import { Cluster, kubeConfig } from './sync/cluster.ts';
import { desiredObjects, namespaceOf } from './sync/desired.ts';
import { regressionJob, runningIn, verdictOf } from './sync/regression-job.ts';

interface Options extends CommonOptions {
  readonly remote?: string;
  readonly keys?: string;
  readonly verdict?: string;
  readonly watch?: boolean;
}

interface Outcome {
  readonly outcome:
    | 'verified'
    | 'already'
    | 'rolled-back'
    | 'errored'
    | 'nothing'
    | 'pending'
    | 'refused'
    | 'not-approved';
  readonly because: string;
  /** Of a rollback. */
  readonly commit?: string;
}

/** What was found of a slot, and whether that slot is what runs. */
interface Found {
  readonly verdict: RegressionVerdict & { readonly timeUs?: number };
  readonly running: { readonly slot: Slot | null; readonly busy: string | null } | undefined;
}

const WATCH_MS = 3000;
const EXITS: Readonly<Record<Outcome['outcome'], number>> = {
  verified: 0,
  already: 0,
  nothing: 0,
  'rolled-back': 1,
  pending: 1,
  refused: 1,
  'not-approved': 1,
  errored: 3,
};

/** @returns 0 the slot is verified, or nothing trades; 1 rolled back, or not judged yet; 3 the gate could not judge it */
export async function main(args: string[]): Promise<number> {
  const command = environmentCommand('follow', 'marks the slot verified or rolls it back, as the regression gate found')
    .option('--remote <url>', "the team's repository; default: the state folder's own")
    .option('--keys <dir>', 'with --remote: folder with promoter.pem; default: keys in the state folder')
    .option(
      '--verdict <file>',
      'what `npm run regression -- --json` found, - for stdin; default: the Job in the cluster',
    )
    .option('--watch', 'go on until Ctrl-C: follow every verdict of the cluster as it comes')
    .addHelpText('after', '\nThe cluster is the one that KUBECONFIG, or the current context, names.');
  const options = parseOptions<Options>(command, args);
  const { verdict, watch, json, environment } = options;
  if (verdict !== undefined && watch === true)
    command.error("error: option '--watch' cannot be used with '--verdict <file>'");
  const said = verdict === undefined ? undefined : readVerdict(verdict);
  const place = await promoterPlace(options);
  const once = () =>
    followed(place, (slot, head) => (said === undefined ? inCluster(place, slot, head) : inFile(said, slot, options)));
  const tell = (told: Outcome): void => {
    if (json === true) printJson({ environment, ...told });
    else print(`follow: ${environment}: ${told.outcome}: ${told.because}`);
  };
  if (watch === true) return untilStopped(once, tell);
  const found = await once();
  tell(found);
  return EXITS[found.outcome];
}

/** Tells what is new. A remote or a cluster that is away is waited for: a person has not asked for anything else. */
async function untilStopped(once: () => Promise<Outcome>, tell: (told: Outcome) => void): Promise<number> {
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

/** Acts on what `find` says of the slot that the repository's head holds. */
async function followed(
  place: PromoterPlace,
  find: (slot: Slot, head: string) => Promise<Found | Outcome> | Found | Outcome,
): Promise<Outcome> {
  const { repository, environment, trustPath } = place;
  const verified = await verifyEnvironment(repository, environment, trustPath);
  if (!verified.ok) {
    const [first] = verified.problems;
    return { outcome: 'not-approved', because: `${first?.subject}: ${first?.problem} (${first?.actual})` };
  }
  const { slot, head } = verified;
  if (slot === null) return { outcome: 'nothing', because: 'nothing trades' };
  const found = await find(slot, head);
  if ('outcome' in found) return found;
  const { verdict, running } = found;
  return told(
    await followRegression({ ...place, slot, running, verdict, timeUs: verdict.timeUs ?? place.clock.nowUs() }),
    verdict,
  );
}

/** By the Job after the sync. */
async function inCluster(
  { repository, environment }: PromoterPlace,
  slot: Slot,
  head: string,
): Promise<Found | Outcome> {
  const objects = await desiredObjects(repository, head, environment);
  const job = regressionJob(objects, environment);
  const namespace = namespaceOf(objects, environment);
  const config = kubeConfig();
  const cluster = new Cluster(config);
  const verdict = await verdictOf(cluster, config, namespace, job);
  if ('pending' in verdict) return { outcome: 'pending', because: verdict.pending };
  const { policy, busy } = await runningIn(cluster, config, namespace, objects);
  if (busy !== null) return { outcome: 'pending', because: busy };
  return { verdict, running: { slot: policy === null ? null : { ...slot, policy }, busy } };
}

/** By what somebody hands over, of what runs on this machine or of what nobody here runs. */
function inFile(
  { policy, ...verdict }: ReturnType<typeof readVerdict>,
  slot: Slot,
  { state, environment }: Options,
): Found | Outcome {
  if (slot.policy !== policy) {
    return {
      outcome: 'refused',
      because: `the verdict is about ${policy}, ${environment} trades ${slot.policy} by now`,
    };
  }
  const here = readRunning(state);
  return { verdict, running: here?.environment === environment ? here : undefined };
}

function told(followed: Followed, { because }: RegressionVerdict): Outcome {
  if (followed.did === 'nothing') return { outcome: 'errored', because };
  if (followed.did === 'marked') {
    const { marked } = followed;
    if (marked.outcome === 'refused') return { outcome: 'refused', because: marked.because };
    return { outcome: marked.outcome === 'already' ? 'already' : 'verified', because };
  }
  const { rollback } = followed;
  if (rollback.outcome === 'refused') return { outcome: 'refused', because: `${rollback.reason}: ${rollback.because}` };
  const { commit } = rollback;
  const to = rollback.slot?.policy ?? 'nothing, for nothing else was verified';
  return {
    outcome: 'rolled-back',
    because: `${because}; ${commit} restores ${to}`,
    ...(commit === undefined ? {} : { commit }),
  };
}
