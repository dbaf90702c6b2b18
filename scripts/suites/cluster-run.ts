/**
 * What is rendered runs, on a node: gate Jobs judge a policy, and their evidence is what it trades on; then by kustomize, by
 * Helm and by the Pulumi program's objects in turn the runtime trades on paper against the exchange beside it, is killed,
 * takes another policy and another limit, and no order and no fill is lost.
 *
 * Usage: node scripts/suites/cluster-run.ts [PART-OF-A-CASE'S-NAME]
 * Of a cluster of yours: EMP_TEST_KUBECONFIG, with EMP_TEST_IMAGE (the product's image, which its nodes can pull) and
 * EMP_TEST_HOST (by which its pods reach this machine). EMP_SUITE_STATE names a state folder with an evolved policy.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { cashOf, fillProblem } from '../../gates/replay-smoke.ts';
import { executedIn, journalledIn, replacedIn } from '../../gates/trial-run.ts';
import { readEnvironment, readFileUnder } from '../../platform/values/environment.ts';
import { loadTrust } from '../../runtime/evidence/trust.ts';
import { verifySlot } from '../../runtime/evidence/verify-slot.ts';
import type { FillBody } from '../../runtime/execution/records.ts';
import { simulatedMarket } from '../../runtime/venue/simulated-market.ts';
import { type LocalTrust, localTrust } from '../environment/trust.ts';
import { busyPolicy } from './busy-policy.ts';
import { judged, placeKeys } from './gate-jobs.ts';
import { eventually, type NodeCluster, nodeCluster } from './node-cluster.ts';
import { PaperFiles, VENUE_SEED } from './paper-files.ts';
import { ENVIRONMENT, PaperRoom } from './paper-room.ts';
import { backedUpPod } from './pod-backup.ts';
import { postgresBinaries, startPostgres } from './postgres.ts';
import { hold, Suite } from './suite.ts';
import { evolvedPolicy } from './up-process.ts';

const root = path.resolve(import.meta.dirname, '../..');
const POSTGRES_PORT = 25_433;
const FEW_ORDERS = 2;

/** One way to bring what the files say into their namespace. */
interface Delivery {
  readonly name: string;
  readonly namespace: string;
  bring(at: PaperRoom, files: PaperFiles): Promise<unknown>;
}

const byHelm: Delivery = {
  name: 'Helm',
  namespace: 'emp-helm',
  bring: async (at, { folder }) => {
    await at.applyPolicy();
    const chart = path.join(folder, 'charts/emp');
    const flags = ['--namespace', at.namespace, '--values', path.join(chart, 'values-paper.yaml')];
    await at.tool('helm', 'upgrade', '--install', 'emp', chart, ...flags, '--set', 'evolution.enabled=false');
  },
};
const byKustomize: Delivery = {
  name: 'kustomize',
  namespace: 'emp-kustomize',
  bring: async (at) => at.apply(await at.kustomized()),
};
const byProgram: Delivery = {
  name: "the Pulumi program's objects",
  namespace: 'emp-program',
  bring: (at) => at.apply(at.objects(), '--field-manager=pulumi-kubernetes'),
};

interface Policies {
  /** Trades much and earns nothing: there is much to lose. */
  readonly busy: string;
  /** Passes every gate. */
  readonly evolved: string;
}

const suite = new Suite(process.argv[2]);
const cluster = await nodeCluster();
if ('none' in cluster) suite.skip('pods that run', cluster.none);
else {
  const folder = mkdtempSync(path.join(tmpdir(), 'emp-suite-'));
  try {
    await onNode(cluster, folder);
  } finally {
    cluster.end();
    rmSync(folder, { recursive: true, force: true });
  }
}
process.exit(suite.end());

async function onNode(node: NodeCluster, folder: string): Promise<void> {
  const trust = localTrust(path.join(folder, 'state'));
  const busy = busyPolicy(path.join(folder, 'busy')).directory;
  const policies = { busy, evolved: await evolvedPolicy(folder) };
  const bin = postgresBinaries();
  const postgres = bin === undefined ? undefined : await startPostgres(bin, POSTGRES_PORT, node.within);
  try {
    const url = postgres?.url(node.host);
    const roomOf = (name: string) => {
      const files = new PaperFiles(path.join(folder, name), name, node, trust);
      return { files, at: new PaperRoom(node, files.folder, name) };
    };
    const verdicts = await gates(roomOf('emp-gates'), policies, trust);
    for (const delivery of [byKustomize, byHelm, byProgram]) {
      const { files, at } = roomOf(delivery.namespace);
      try {
        await lives(delivery, at, files, policies, { trust, url, verdicts });
      } finally {
        await at.leave().catch(() => {});
      }
    }
  } finally {
    await postgres?.stop();
  }
}

/** @returns the signed verdicts on the evolved policy, where every gate passed it */
async function gates(
  { files, at }: { readonly files: PaperFiles; readonly at: PaperRoom },
  { busy, evolved }: Policies,
  trust: LocalTrust,
): Promise<readonly string[] | undefined> {
  let lines: readonly string[] | undefined;
  await suite.check("every gate's Job completes, and its evidence is what the policy may trade on", async () => {
    await at.prepare(trust.trustPath, undefined);
    await placeKeys(at, trust);
    await files.approve(evolved);
    const found = await judged(at, files.folder, trust);
    for (const { gate, status, because, job } of found) {
      hold(job === 'Complete' && status === 'passed', `${gate}: ${job}, ${status}: ${because}`);
    }
    const verdicts = found.map(({ line }) => line);
    await files.approve(evolved, verdicts);
    const slot = verifySlot(files.folder, ENVIRONMENT, loadTrust(trust.trustPath), { image: at.node.digest as string });
    hold(slot.ok && slot.slot !== null, `the slot that rests on it: ${JSON.stringify(slot).slice(0, 500)}`);
    lines = verdicts;
  });
  await suite.check('a gate that refuses a policy fails its Job, once, and says why under its signature', async () => {
    await at.prepare(trust.trustPath, undefined);
    await placeKeys(at, trust);
    await files.approve(busy);
    const [found] = await judged(at, files.folder, trust, ['regret']);
    hold(found?.job === 'Failed' && found.status === 'failed', JSON.stringify(found));
    console.log(`        ${found.because}`);
  });
  await at.leave();
  return lines;
}

/** Everything that an environment goes through, and what it traded in the end. */
async function lives(
  delivery: Delivery,
  at: PaperRoom,
  files: PaperFiles,
  policies: Policies,
  given: {
    readonly trust: LocalTrust;
    readonly url: string | undefined;
    readonly verdicts: readonly string[] | undefined;
  },
): Promise<void> {
  const { name } = delivery;
  const { trust, url, verdicts } = given;
  const first = await files.approve(policies.busy);
  await suite.check(
    `${name}: the runtime becomes ready and trades on paper against the exchange beside it`,
    async () => {
      await at.prepare(trust.trustPath, url);
      await delivery.bring(at, files);
      await at.trades(first);
    },
  );
  if (delivery === byKustomize) await beside(at, files, url);
  if (delivery === byHelm) {
    await suite.check('Helm: `helm test` passes', async () => {
      await at.finished('deployment/emp-viewer', 'condition=Available', 60);
      const tested = await at.tool('helm', 'test', 'emp', '--namespace', at.namespace, '--timeout', '120s');
      hold(/Phase: +Succeeded/.test(tested) && !/Phase: +Failed/.test(tested), tested);
    });
  }
  await suite.check(`${name}: a killed pod comes back and goes on where it was`, async () => {
    const { uid } = await at.pod();
    await at.kubectl('delete', 'pod', 'emp-runtime-0', '--grace-period=0', '--force');
    await eventually('another pod', 60, async () => (await at.pod()).uid !== uid);
    await at.trades(first);
  });
  let second = '';
  let backup: readonly FillBody[] = [];
  await suite.check(
    `${name}: another policy rolls in on the evidence of its gates, and the position is inherited`,
    async () => {
      second = await files.approve(policies.evolved, verdicts);
      await delivery.bring(at, files);
      await at.trades(second);
    },
  );
  await suite.check(`${name}: a lowered limit holds without a restart`, async () => {
    const before = await at.pod();
    files.limit('maxOpenOrders', FEW_ORDERS);
    await files.approve(policies.evolved);
    await delivery.bring(at, files);
    let looks = 0;
    await eventually('the lowered limit in /audit', 150, async () => {
      // A pod that changes is looked at at once; else the kubelet looks once a minute.
      await at.kubectl('annotate', '--overwrite', 'pod', 'emp-runtime-0', `emp/suite-look=${++looks}`);
      return (await at.audit()).resolved.limits.maxOpenOrders === FEW_ORDERS;
    });
    const after = await at.pod();
    hold(after.uid === before.uid && after.restarts === before.restarts, 'the pod was started anew');
    await at.trades(second);
  });
  if (delivery === byKustomize) {
    await suite.check(
      `${name}: a pod that trades is backed up by one command; restored here, its fills and positions are there`,
      async () => {
        backup = await backedUpPod(at, files.folder);
      },
    );
    await suite.check('a policy whose approval is not there is refused at boot, by name', async () => {
      const log = await at.bootsUnapproved(second, first);
      hold(log.includes('is about another policy') && log.includes(first), `it said: ${log}`);
    });
  }
  await suite.check(`${name}: no order and no fill was lost through all of it`, () => accounted(at, backup));
}

/** What runs beside the runtime. */
async function beside(at: PaperRoom, { folder }: PaperFiles, url: string | undefined): Promise<void> {
  await suite.check('metrics are served and the page answers', async () => {
    const metrics = await at.ask('pods', 'emp-runtime-0:9464', '/metrics');
    for (const name of ['emp_build_info{', 'emp_fills_total{', 'emp_orders_total{action="new"}']) {
      hold(metrics.includes(name), `no ${name} in ${metrics.slice(0, 300)}`);
    }
    await at.finished('deployment/emp-viewer', 'condition=Available', 60);
    const page = await at.ask('services', 'emp-viewer:8080', '/');
    hold(page.includes('<html'), page.slice(0, 300));
  });
  await suite.check('the image has no shell, and a pod cannot write to its root', async () => {
    const refused = async (...command: string[]) =>
      at.kubectl('exec', 'emp-runtime-0', '--', ...command).then(
        () => 'ran',
        (error: Error) => error.message,
      );
    hold(/no such file|not found/i.test(await refused('/bin/sh', '-c', 'true')), 'there is a shell');
    const wrote = await refused('node', '--eval', "require('node:fs').writeFileSync('/opt/emp/planted', '')");
    hold(/EROFS|read-only/i.test(wrote), `writing to the root: ${wrote.slice(0, 300)}`);
  });
  await suite.check('the drift CronJob runs when triggered', () => drift(at));
  if (url === undefined) {
    suite.skip('evolution on PostgreSQL', 'no postgresql of this machine; install Debian’s package');
    return;
  }
  await suite.check('an evolution Job finishes its units on PostgreSQL, and the best candidate is collected', () =>
    evolution(at, folder, url),
  );
}

async function drift(at: PaperRoom): Promise<void> {
  await at.kubectl('create', 'job', 'drift-now', '--from=cronjob/emp-drift');
  // A broken invariant ends the Job with 1, and is a report all the same: this policy was never held to any.
  const ended = await eventually('the drift Job to end', 300, async () => {
    const { status } = JSON.parse(await at.kubectl('get', 'job', 'drift-now', '--output=json'));
    return (status.conditions ?? []).find(({ type }: { type: string }) => type === 'Complete' || type === 'Failed')
      ?.type;
  });
  const said = (await at.kubectl('logs', 'job/drift-now', '--tail=1')).trim();
  const { event, invariants, broken } = JSON.parse(said) as { event: string; invariants: number; broken: object[] };
  hold(event === 'drift-report' && (ended === 'Complete') === (broken.length === 0), `${ended}: ${said.slice(0, 500)}`);
  console.log(`        ${invariants} invariants, ${broken.length} broken`);
}

async function evolution(at: PaperRoom, folder: string, url: string): Promise<void> {
  const job = (await at.kustomized()).filter(
    ({ kind, metadata }) => kind === 'Job' && metadata.name.startsWith('emp-evolution'),
  );
  hold(job.length === 1, `${job.length} evolution Jobs are rendered`);
  await at.node.apply(job);
  await at.finished(`job/${job[0]?.metadata.name}`, 'condition=Complete', 400);
  const out = path.join(folder, 'collected');
  const words = [...at.node.within, process.execPath, path.join(root, 'scripts/start.mjs'), 'evolve', '--collect', out];
  const collected = execFileSync(words[0] as string, [...words.slice(1), '--run', 'suite', '--units', '2', '--json'], {
    env: { ...process.env, EMP_DATABASE_URL: url },
    encoding: 'utf8',
  });
  const { units, missing, policy } = JSON.parse(collected);
  hold(units === 2 && missing === 0, collected);
  console.log(`        ${units} units, best ${policy}`);
}

/** The venue's executions and the journal's fills are the same, field by field, and begin with those of the backup. */
async function accounted(at: PaperRoom, backup: readonly FillBody[]): Promise<void> {
  const { positionKnown } = await at.audit();
  hold(positionKnown, 'positions do not agree with the venue');
  const { volumes } = at.node;
  if (volumes === undefined) return;
  await at.stopped();
  const all = execFileSync('find', [volumes, '-path', `*/${at.namespace}-*`, '-name', '*.sqlite'], {
    encoding: 'utf8',
  });
  const file = (name: string) => all.split('\n').find((found) => path.basename(found) === name) as string;
  const journal = file('journal.sqlite');
  const factory = simulatedMarket({ seed: VENUE_SEED, informed: true });
  const executed = executedIn(file('venue.sqlite'), { factory, seed: VENUE_SEED });
  const fills = journalledIn(journal);
  hold(JSON.stringify(fills.slice(0, backup.length)) === JSON.stringify(backup), 'the backup has other fills');
  const problem = fillProblem(fills, executed, replacedIn(journal), executed.length);
  hold(problem === undefined && executed.length > 0, `${problem ?? 'nothing was executed'}`);
  const config = readEnvironment(ENVIRONMENT, readFileUnder(root)).values.config;
  console.log(`        ${executed.length} executions, each in the journal; cash ${cashOf(executed, config)} micro-USD`);
}
