/**
 * What is rendered runs: on a real node, by kustomize, by Helm and by the Pulumi program's objects in turn, the runtime
 * trades on paper on a simulated exchange, survives being killed, takes another policy and another limit, and everything
 * beside it does what it is there for.
 *
 * Usage: node scripts/suites/cluster-run.ts [PART-OF-A-CASE'S-NAME]
 * Of a cluster of yours: EMP_TEST_KUBECONFIG, EMP_TEST_IMAGE (which its nodes can pull), EMP_TEST_HOST (by which its pods
 * reach this machine).
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { stringify } from 'yaml';
import { plant } from '../../gates/planted-policy.ts';
import { cashOf, fillProblem } from '../../gates/replay-smoke.ts';
import { executedIn, journalledIn, replacedIn } from '../../gates/trial-run.ts';
import { type KubernetesObject, objectsOf } from '../../platform/objects-of.ts';
import { readEnvironment, readFileUnder } from '../../platform/values/environment.ts';
import { verifyLine } from '../../runtime/evidence/envelope.ts';
import { loadTrust } from '../../runtime/evidence/trust.ts';
import { simulatedMarket } from '../../runtime/venue/simulated-market.ts';
import { localTrust } from '../environment/trust.ts';
import { renderUnder, write } from '../render.ts';
import { approveSlot } from './approved-slot.ts';
import { busyPolicy } from './busy-policy.ts';
import { eventually, type NodeCluster, nodeCluster } from './node-cluster.ts';
import { ENVIRONMENT, NAMESPACE, PaperRoom } from './paper-room.ts';
import { postgresBinaries, startPostgres } from './postgres.ts';
import { hold, Suite } from './suite.ts';

const root = path.resolve(import.meta.dirname, '../..');
const POSTGRES_PORT = 25_433;
const VENUE_SEED = 7;
/** Gates that take seconds; suites of their own hold the others. */
const GATES = ['causality', 'book-integrity', 'ssd-consistency', 'replay-smoke'];
const SMALL = { cpu: '100m', memory: '512Mi' };

const suite = new Suite(process.argv[2]);
const cluster = await nodeCluster();
if ('none' in cluster) suite.skip('pods that run', cluster.none);
else {
  const folder = mkdtempSync(path.join(tmpdir(), 'emp-suite-'));
  try {
    await onNode(cluster, folder);
  } finally {
    await cluster
      .tool('kubectl', ['delete', 'namespace', NAMESPACE, '--ignore-not-found', '--wait=false'])
      .catch(() => {});
    cluster.end();
    rmSync(folder, { recursive: true, force: true });
  }
}
process.exit(suite.end());

async function onNode(node: NodeCluster, folder: string): Promise<void> {
  for (const name of ['environments', 'charts', 'README.md']) {
    cpSync(path.join(root, name), path.join(folder, name), { recursive: true });
  }
  const trust = localTrust(path.join(folder, 'state'));
  const at = new PaperRoom(node, folder);
  const first = busyPolicy(path.join(folder, 'first')).directory;
  const second = plant(path.join(folder, 'second'), { manifest: { ...loudManifest(first), seed: 99 } }).directory;
  const [repository, tag] = node.image.split(/:(?=[^/:]+$)/) as [string, string];
  writeFileSync(
    path.join(folder, 'environments/paper/platform.yaml'),
    stringify({
      mode: 'paper',
      namespace: NAMESPACE,
      image: { repository, tag, pullPolicy: 'IfNotPresent' },
      runtime: { resources: SMALL },
      venue: { enabled: true, seed: VENUE_SEED, resources: SMALL },
      viewer: { enabled: true, replicas: 1, resources: { cpu: '50m' } },
      drift: { enabled: true, resources: SMALL },
      evolution: { enabled: true, run: 'suite', units: 2, budget: 'quick', resources: { cpu: '700m', memory: '1Gi' } },
      database: { secret: 'emp-archive' },
    }),
  );
  const firstDigest = await approveSlot(folder, ENVIRONMENT, first, trust);
  write(folder, renderUnder(folder));

  const bin = postgresBinaries();
  const postgres = bin === undefined ? undefined : await startPostgres(bin, POSTGRES_PORT, node.within);
  try {
    const url = postgres?.url(node.host);
    await suite.check(
      'kustomize: the runtime becomes ready and trades on paper against the exchange beside it',
      async () => {
        await at.prepare(trust.trustPath, url);
        await at.apply(await at.kustomized());
        await at.trades(firstDigest);
      },
    );
    await suite.check('metrics are served and the page answers', async () => {
      const metrics = await at.ask('pods', 'emp-runtime-0:9464', '/metrics');
      hold(
        metrics.includes('emp_build_info{') &&
          metrics.includes('emp_fills_total{') &&
          metrics.includes('emp_orders_total{action="new"}'),
        metrics.slice(0, 300),
      );
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
    await suite.check('a killed pod comes back and goes on where it was', async () => {
      const fills = await at.fills();
      await at.kubectl('delete', 'pod', 'emp-runtime-0', '--grace-period=0', '--force');
      await at.trades(firstDigest);
      hold((await at.fills()) >= 1, `${fills} fills before, none after`);
    });
    await suite.check('a lowered limit holds without a restart', async () => {
      const before = await at.pod();
      const file = path.join(folder, 'environments/paper/limits.yaml');
      const limits = readFileSync(file, 'utf8');
      writeFileSync(file, limits.replace(/maxOpenOrders: \d+/, 'maxOpenOrders: 2'));
      hold(readFileSync(file, 'utf8') !== limits, 'the limits file did not change');
      await approveSlot(folder, ENVIRONMENT, first, trust);
      write(folder, renderUnder(folder));
      await at.apply(await at.kustomized());
      let looks = 0;
      await eventually('the lowered limit in /audit', 150, async () => {
        // A pod that changes is looked at at once; else the kubelet looks once a minute.
        await at.kubectl('annotate', '--overwrite', 'pod', 'emp-runtime-0', `emp/suite-look=${++looks}`);
        return (await at.audit()).resolved.limits.maxOpenOrders === 2;
      });
      const after = await at.pod();
      hold(after.uid === before.uid && after.restarts === before.restarts, 'the pod was started anew');
      await at.trades(firstDigest);
    });
    let secondDigest = '';
    await suite.check('another policy rolls in, and the position is inherited', async () => {
      secondDigest = await approveSlot(folder, ENVIRONMENT, second, trust);
      write(folder, renderUnder(folder));
      await at.apply(await at.kustomized());
      await at.trades(secondDigest);
    });
    await suite.check('a policy whose approval is not there is refused at boot, by name', async () => {
      const log = await at.bootsUnapproved(secondDigest, firstDigest);
      hold(log.includes('is about another policy') && log.includes(firstDigest), `it said: ${log}`);
    });
    await suite.check('gate Jobs complete and their evidence comes back', () => gates(at, folder, trust.trustPath));
    await suite.check('the drift CronJob runs when triggered', () => drift(at));
    if (url === undefined || postgres === undefined) {
      suite.skip('evolution on PostgreSQL', 'no postgresql of this machine; install Debian’s package');
    } else {
      await suite.check('an evolution Job finishes its units on PostgreSQL, and the best candidate is collected', () =>
        evolution(at, folder, url),
      );
    }
    await suite.check('no order and no fill was lost through all of it', () => accounted(at));
    await suite.check('Helm: the same runs, and `helm test` passes', async () => {
      await at.emptied();
      await at.prepare(trust.trustPath, url);
      await at.applyPolicyOf(folder);
      const flags = ['--namespace', NAMESPACE, '--values', path.join(folder, 'charts/emp/values-paper.yaml')];
      await at.tool('helm', 'install', 'emp', path.join(folder, 'charts/emp'), ...flags);
      await at.trades();
      await at.finished('deployment/emp-viewer', 'condition=Available', 60);
      const tested = await at.tool('helm', 'test', 'emp', '--namespace', NAMESPACE, '--timeout', '120s');
      hold(/Phase: +Succeeded/.test(tested) && !/Phase: +Failed/.test(tested), tested);
    });
    await suite.check("the Pulumi program's objects: the same runs", async () => {
      await at.emptied();
      await at.prepare(trust.trustPath, url);
      await at.apply(
        objectsOf(readEnvironment(ENVIRONMENT, readFileUnder(folder))),
        '--field-manager=pulumi-kubernetes',
      );
      await at.trades();
    });
  } finally {
    await postgres?.stop();
  }
}

function loudManifest(directory: string) {
  const { planner, scaler } = JSON.parse(readFileSync(path.join(directory, 'policy.json'), 'utf8'));
  return { planner, scaler };
}

/** The environment's own gate Jobs, those that are quick. */
async function gates(at: PaperRoom, folder: string, trustPath: string): Promise<void> {
  const environment = readEnvironment(ENVIRONMENT, readFileUnder(folder));
  const objects = objectsOf({
    ...environment,
    values: { ...environment.values, gates: { ...environment.values.gates, enabled: true } },
  });
  const wanted = objects.filter(({ kind, metadata }) => {
    return kind === 'Job' && GATES.some((gate) => metadata.name.startsWith(`emp-gate-${gate}-`));
  });
  hold(wanted.length === GATES.length, `${wanted.length} of ${GATES.length} gate Jobs are rendered`);
  // Requests are for a node of its own; here the trading pods share two cores with it. Limits are as rendered.
  const fitting = JSON.parse(JSON.stringify(wanted), (key, value) =>
    key === 'requests' ? { ...value, cpu: '300m' } : value,
  ) as KubernetesObject[];
  await at.node.apply([...objects.filter(({ metadata }) => metadata.name === 'emp-gate'), ...fitting]);
  for (const { metadata } of wanted) {
    await at.finished(`job/${metadata.name}`, 'condition=Complete', 240);
    const log = await at.kubectl('logs', `job/${metadata.name}`);
    const summary = JSON.parse(log.trim().split('\n').at(-1) as string) as {
      lines: string[];
      verdicts: { status: string }[];
    };
    hold(summary.verdicts.length === 1 && summary.verdicts[0]?.status === 'passed', JSON.stringify(summary.verdicts));
    // Signed by a key of the pod's own, which this root does not trust: the line is whole, and nobody's word.
    const line = verifyLine(summary.lines[0] as string, metadata.name, loadTrust(trustPath));
    hold(!line.ok && /key/.test(JSON.stringify(line)), `its evidence reads: ${JSON.stringify(line).slice(0, 300)}`);
  }
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

/** The venue's executions and the journal's fills are the same, field by field. */
async function accounted(at: PaperRoom): Promise<void> {
  const { volumes } = at.node;
  if (volumes === undefined) {
    const { positionKnown } = await at.audit();
    hold(positionKnown, 'positions do not agree with the venue');
    return;
  }
  for (const name of ['emp-runtime', 'emp-venue']) {
    await at.kubectl('scale', `statefulset/${name}`, '--replicas=0');
    await eventually(
      `${name} to end`,
      60,
      async () => !(await at.kubectl('get', 'pods', '--output=name')).includes(name),
    );
  }
  const files = execFileSync('find', [volumes, '-name', '*.sqlite'], { encoding: 'utf8' }).trim().split('\n');
  const file = (name: string) => files.find((found) => path.basename(found) === name) as string;
  const journal = file('journal.sqlite');
  const factory = simulatedMarket({ seed: VENUE_SEED, informed: true });
  const executed = executedIn(file('venue.sqlite'), { factory, seed: VENUE_SEED });
  const problem = fillProblem(journalledIn(journal), executed, replacedIn(journal), executed.length);
  hold(problem === undefined, `${problem}`);
  const config = readEnvironment(ENVIRONMENT, readFileUnder(root)).values.config;
  console.log(`        ${executed.length} executions, each in the journal; cash ${cashOf(executed, config)} micro-USD`);
}
