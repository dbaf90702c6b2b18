/**
 * `npm run sync`: brings what runs to what the repository says, after checking that it was approved.
 *
 * Into a cluster that has no Argo CD by server-side apply; on this machine by laying the slot out for the runtime that
 * `npm run up` keeps.
 */
import path from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { SystemClock } from '../runtime/clock.ts';
import { slotParts } from '../runtime/contract.ts';
import { environmentName, parseOptions, print, printJson, printProblems } from './environment/cli.ts';
import { desiredRuntime } from './environment/deployment.ts';
import { existingEnvironment } from './environment/product.ts';
import { attach, type EnvironmentRepository, fetchHead } from './environment/repository.ts';
import { readRunning } from './environment/running.ts';
import { trustPathOf } from './environment/trust.ts';
import { verifyEnvironment } from './environment/verify.ts';
import { Cluster, kubeConfig } from './sync/cluster.ts';
import { desiredObjects, modeOf, namespaceOf } from './sync/desired.ts';
import { followHead } from './sync/follow-head.ts';
import { type SyncReport, syncCluster } from './sync/kubernetes.ts';
import { unpinned } from './sync/pinned.ts';
import { positionHolder } from './sync/position.ts';
import { sessionHold } from './sync/session-hold.ts';

interface Options {
  readonly target: 'local' | 'kubernetes';
  readonly state: string;
  readonly environment?: string;
  readonly repository?: string;
  readonly dryRun?: boolean;
  readonly watch?: boolean;
  readonly prune: boolean;
  readonly waveSeconds: number;
  readonly json?: boolean;
}

/** @returns 0 what runs is what the repository says; 1 it differs (dry run), is held by its session, conflicts, is unhealthy or not approved */
export async function main(args: string[]): Promise<number> {
  const command = new Command('npm run sync --')
    .description('brings what runs to what the repository says was approved')
    .addOption(new Option('--target <where>', 'where it runs').choices(['local', 'kubernetes']).makeOptionMandatory())
    .option('--environment <name>', 'environment; default: local for local, paper for kubernetes', environmentName)
    .option('--state <dir>', 'state folder', (text) => path.resolve(text), path.resolve('.emp'))
    .option('--repository <url>', "another repository than the state folder's own")
    .option('--dry-run', 'say what differs and what would be pruned, change nothing; exit 1 when anything does')
    .addOption(
      new Option(
        '--watch',
        'into a cluster: go on until Ctrl-C, with every commit and whatever did not succeed',
      ).conflicts('dryRun'),
    )
    .option('--no-prune', 'leave in the cluster what the repository no longer says')
    .option('--wave-seconds <n>', 'how long a wave may take to become healthy', positive, 300)
    .option('--json', 'one JSON object on stdout and nothing else')
    .addHelpText('after', '\nThe cluster is the one that KUBECONFIG, or the current context, names.')
    .exitOverride();
  const options = parseOptions<Options>(command, args);
  if (options.target === 'local') {
    if (options.watch === true)
      command.error("error: option '--watch' is for a cluster; here `npm run up` follows by itself");
    return syncLocal(options);
  }
  const repository = await repositoryOf(options);
  if (options.watch !== true) return syncKubernetes(repository, options);
  const stop = new AbortController();
  // A second signal ends it at once: a sync that is cut off is completed by the next one.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
  await followHead({
    head: () => fetchHead(repository),
    bring: async () => (await syncKubernetes(repository, options)) === 0,
    told: (complaint) => process.stderr.write(`sync: ${complaint}\n`),
    signal: stop.signal,
  });
  return 0;
}

function repositoryOf({ state, repository: url }: Options): Promise<EnvironmentRepository> {
  return url === undefined ? existingEnvironment(state) : attach(url, path.join(state, 'work.git'));
}

function positive(text: string): number {
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('a whole number of seconds from 1 is allowed.');
}

async function syncLocal({ state, environment = 'local', dryRun, json }: Options): Promise<number> {
  const desired = await desiredRuntime(state, environment);
  if (!desired.ok) {
    if (json === true) printJson({ outcome: 'not-approved', problems: desired.problems });
    else {
      print(`${environment}: NOT what was approved; nothing was changed`);
      printProblems(desired.problems);
    }
    return 1;
  }
  const running = readRunning(state);
  const runs = running?.environment === environment ? running.slot : null;
  const drift = slotParts.filter((part) => runs?.[part] !== desired.slot?.[part]);
  const nobody = running === undefined && desired.slot !== null;
  const { work } = await existingEnvironment(state);
  const rollout = { work, commit: desired.commit, environment, isRollback: false };
  const held = drift.length === 0 ? undefined : await sessionHold(rollout, new SystemClock().nowUs());
  const outcome = nobody ? 'nothing-runs' : drift.length === 0 ? 'in-sync' : held === undefined ? 'following' : 'held';
  if (json === true)
    printJson({
      outcome,
      ...(held && { held }),
      drift,
      slot: desired.slot,
      directory: desired.directory,
      commit: desired.commit,
    });
  else {
    print(
      `${environment}: ${desired.slot === null ? 'nothing trades' : `policy ${desired.slot.policy}`} since commit ${desired.commit.slice(0, 12)}`,
    );
    if (nobody) print(`  nothing runs; \`npm run up\` starts it from ${desired.directory}`);
    else if (held !== undefined) print(`  ${held.because}`);
    else if (drift.length > 0) print(`  ${drift.join(', ')} differ; \`up\` follows within a second`);
    else print('  in sync');
  }
  return outcome === 'held' || (dryRun === true && outcome !== 'in-sync') ? 1 : 0;
}

async function syncKubernetes(repository: EnvironmentRepository, options: Options): Promise<number> {
  const { state, environment = 'paper', dryRun = false, prune, waveSeconds, json } = options;
  const verified = await verifyEnvironment(repository, environment, trustPathOf(state));
  if (!verified.ok) {
    if (json === true) printJson({ outcome: 'not-approved', problems: verified.problems });
    else {
      print(`${environment}: NOT what was approved; nothing was applied`);
      printProblems(verified.problems);
    }
    return 1;
  }
  const objects = await desiredObjects(repository, verified.head, environment);
  const namespace = namespaceOf(objects, environment);
  const mode = await modeOf(repository, verified.head, environment);
  const loose = unpinned(objects, { environment, mode, namespace });
  if (loose.length > 0) {
    if (json === true) printJson({ outcome: 'not-pinned', problems: loose });
    else
      print(
        `${environment}: live runs nothing that is not pinned; nothing was applied`,
        ...loose.map((one) => `  ${one}`),
      );
    return 1;
  }
  const config = kubeConfig();
  const { held } = verified;
  const rollout = { work: repository.work, commit: verified.head, environment, isRollback: held !== null };
  const report = await syncCluster({
    cluster: new Cluster(config),
    environment,
    namespace,
    objects,
    dryRun,
    prune,
    waveSeconds,
    holdsPosition: positionHolder(config, namespace),
    hold: await sessionHold(rollout, new SystemClock().nowUs()),
    told: (line) => process.stderr.write(`sync: ${line}\n`),
  });
  if (json === true) printJson({ environment, namespace, commit: verified.head, ...report });
  else print(...describe(report, environment, namespace));
  return report.outcome === 'applied' || report.outcome === 'in-sync' ? 0 : 1;
}

function describe(report: SyncReport, environment: string, namespace: string): string[] {
  const said: Readonly<Record<SyncReport['outcome'], string>> = {
    'in-sync': 'is what the repository says',
    applied: 'was brought to what the repository says',
    'would-apply': 'differs from what the repository says; nothing was changed',
    held: 'was not touched: its market is in session',
    conflict: 'was not touched: somebody else owns fields that the repository sets',
    unhealthy: 'did not become healthy; what follows was not applied',
  };
  return [
    `${environment} in namespace ${namespace} ${said[report.outcome]}`,
    ...(report.held === undefined ? [] : [`  ${report.held.because}`]),
    ...report.drift.flatMap(({ object, differences }) =>
      typeof differences === 'string'
        ? [`  ${object}: ${differences === 'absent' ? 'is not there' : 'has not completed'}`]
        : differences.map(
            ({ at, live, wanted }) => `  ${object}${at}: ${JSON.stringify(live)} → ${JSON.stringify(wanted)}`,
          ),
    ),
    ...report.conflicts.map(({ object, field, manager }) => `  ${object}${field}: owned by ${manager}`),
    ...report.pruned.map((object) => `  ${object}: ${report.outcome === 'would-apply' ? 'would be pruned' : 'pruned'}`),
    ...report.kept.map(({ object, because }) => `  ${object}: stays, ${because}`),
    ...report.unhealthy.map(({ object, health }) => `  ${object}: ${health.state}, ${health.because}`),
  ];
}
