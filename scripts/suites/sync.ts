/**
 * `npm run sync` against a real API server: applied once, in sync ever after; a conflict reported and not forced; pruned
 * what nobody wants, never a claim, never a runtime that holds a position; an API server that is away.
 *
 * Usage: node scripts/suites/sync.ts [PART-OF-A-CASE'S-NAME]
 */
import { KubeConfig } from '@kubernetes/client-node';
import { Cluster } from '../sync/cluster.ts';
import { type SyncOptions, syncCluster } from '../sync/kubernetes.ts';
import type { ClusterObject } from '../sync/object.ts';
import { type ApiServer, apiServer } from '../testing/api-server.ts';
import { hold, inFolder, Suite } from './suite.ts';
import { commandCases } from './sync-command.ts';

const suite = new Suite(process.argv[2]);
const NAMESPACE = 'emp-sync-suite';

function configMap(
  name: string,
  data: Record<string, string> = { a: '1' },
  annotations: Record<string, string> = {},
): ClusterObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, annotations }, data };
}

const claim: ClusterObject = {
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { name: 'journal' },
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
};

const runtime: ClusterObject = {
  apiVersion: 'apps/v1',
  kind: 'StatefulSet',
  metadata: { name: 'emp-runtime', labels: { 'app.kubernetes.io/component': 'runtime' } },
  spec: {
    replicas: 0,
    serviceName: 'emp',
    selector: { matchLabels: { app: 'emp' } },
    template: { metadata: { labels: { app: 'emp' } }, spec: { containers: [{ name: 'runtime', image: 'none' }] } },
  },
};

function job(name: string, hook: string): ClusterObject {
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, annotations: { 'argocd.argoproj.io/hook': hook } },
    spec: { suspend: true, template: { spec: { restartPolicy: 'Never', containers: [{ name: 'x', image: 'none' }] } } },
  };
}

async function onServer(server: ApiServer): Promise<void> {
  const made = server.kubectl(['create', 'namespace', NAMESPACE]);
  hold(made.status === 0, made.errors);
  const config = new KubeConfig();
  config.loadFromFile(server.environment['KUBECONFIG'] as string);
  const sync = (objects: readonly ClusterObject[], change: Partial<SyncOptions> = {}) =>
    syncCluster({
      cluster: new Cluster(config),
      environment: 'paper',
      namespace: NAMESPACE,
      objects,
      dryRun: false,
      prune: true,
      waveSeconds: 10,
      holdsPosition: () => Promise.resolve(undefined),
      told: () => {},
      ...change,
    });
  const get = (...what: string[]) => server.kubectl(['--namespace', NAMESPACE, 'get', ...what]);
  const both = [configMap('one'), configMap('two', { a: '1' }, { 'argocd.argoproj.io/sync-wave': '1' }), claim];

  /** As the Job's controller says it, which waits for pods that no node runs here. */
  const ended = (name: string, ...types: readonly string[]): void => {
    const time = new Date(0).toISOString();
    const conditions = types.map((type) => ({ type, status: 'True', lastTransitionTime: time }));
    const done = types.includes('Complete') ? { completionTime: time, succeeded: 1 } : { failed: 1 };
    const patch = JSON.stringify({ status: { conditions, startTime: time, ...done } });
    const args = ['--namespace', NAMESPACE, 'patch', 'job', name, '--subresource=status', '--patch', patch];
    const patched = server.kubectl(args);
    hold(patched.status === 0, patched.errors);
  };

  await suite.check('a dry run says what is absent and changes nothing', async () => {
    const report = await sync(both, { dryRun: true });
    hold(report.outcome === 'would-apply' && report.drift.length === 3, JSON.stringify(report));
    hold(get('configmap', 'one').status !== 0, 'it was made');
  });
  await suite.check('applied, and in sync from then on', async () => {
    const first = await sync(both);
    hold(first.outcome === 'applied', JSON.stringify(first));
    const again = await sync(both);
    hold(again.outcome === 'in-sync' && again.drift.length === 0, JSON.stringify(again));
  });
  await suite.check(
    'what the repository says otherwise is drift, named by field; what others add is none',
    async () => {
      const labelled = server.kubectl(['--namespace', NAMESPACE, 'label', 'configmap', 'one', 'foreign=1']);
      hold(labelled.status === 0, labelled.errors);
      const foreign = await sync(both, { dryRun: true });
      hold(foreign.outcome === 'in-sync', JSON.stringify(foreign));
      const changed = both.with(0, configMap('one', { a: '2' }));
      const report = await sync(changed, { dryRun: true });
      const wanted = [{ object: 'ConfigMap one', differences: [{ at: '/data/a', live: '1', wanted: '2' }] }];
      hold(JSON.stringify(report.drift) === JSON.stringify(wanted), JSON.stringify(report));
      hold(get('configmap', 'one', '-o', 'jsonpath={.data.a}').out === '1', 'a dry run changed it');
      hold((await sync(changed)).outcome === 'applied' && (await sync(both)).outcome === 'applied', 'not applied');
    },
  );
  await suite.check(
    'a field of another manager is a conflict: reported, not forced, nothing else applied',
    async () => {
      const theirs = { ...configMap('one', { a: '7' }), metadata: { name: 'one', namespace: NAMESPACE } };
      const taken = server.kubectl(
        ['apply', '--server-side', '--force-conflicts', '--field-manager=somebody', '--filename=-'],
        [theirs as never],
      );
      hold(taken.status === 0, taken.errors);
      const report = await sync([...both, configMap('three')]);
      const [conflict] = report.conflicts;
      hold(
        report.outcome === 'conflict' && conflict?.manager === 'somebody' && conflict.field === '.data.a',
        JSON.stringify(report),
      );
      hold(get('configmap', 'one', '-o', 'jsonpath={.data.a}').out === '7', 'it was forced');
      hold(get('configmap', 'three').status !== 0, 'something else was applied');
      server.kubectl(['--namespace', NAMESPACE, 'delete', 'configmap', 'one']);
      hold((await sync(both)).outcome === 'applied', 'not applied once the conflict was gone');
    },
  );
  await suite.check(
    'what is no longer wanted is pruned, a whole kind too; a claim never, what is not ours never',
    async () => {
      server.kubectl(['--namespace', NAMESPACE, 'create', 'configmap', 'foreign']);
      const made = await sync([...both, runtime]);
      hold(made.outcome === 'applied', JSON.stringify(made));
      const report = await sync([configMap('one')]);
      hold(report.pruned.join() === 'ConfigMap two,StatefulSet emp-runtime', JSON.stringify(report));
      hold(
        report.kept.map(({ object }) => object).join() === 'PersistentVolumeClaim journal',
        JSON.stringify(report.kept),
      );
      hold(
        get('configmap', 'two').status !== 0 &&
          get('pvc', 'journal').status === 0 &&
          get('configmap', 'foreign').status === 0,
        'pruned the wrong',
      );
    },
  );
  await suite.check('a runtime in session is not restarted; what restarts nothing goes on', async () => {
    await sync([configMap('one'), runtime]);
    const spec = runtime['spec'] as { readonly template: { readonly metadata: object } };
    const metadata = { labels: { app: 'emp', rolled: 'out' } };
    const changed = { ...runtime, spec: { ...spec, template: { ...spec.template, metadata } } };
    const session = { until: '2026-11-23T21:00:00.000Z', because: 'in session' };
    const held = await sync([configMap('one', { a: '2' }), changed], { hold: session });
    hold(held.outcome === 'held' && held.held?.until === session.until, JSON.stringify(held));
    hold(get('configmap', 'one', '-o', 'jsonpath={.data.a}').out === '1', 'something was applied');
    const inPlace = await sync([configMap('one', { a: '2' }), runtime], { hold: session });
    hold(inPlace.outcome === 'applied', JSON.stringify(inPlace));
    hold((await sync([configMap('one', { a: '2' }), changed])).outcome === 'applied', 'not applied after the close');
  });
  await suite.check('a runtime that is not flat stays, with the reason', async () => {
    await sync([configMap('one'), runtime]);
    const holdsPosition = ({ kind }: ClusterObject) =>
      Promise.resolve(kind === 'StatefulSet' ? 'it is not flat' : undefined);
    const report = await sync([configMap('one')], { holdsPosition });
    hold(report.pruned.length === 0 && report.kept[0]?.because !== undefined, JSON.stringify(report));
    hold(get('statefulset', 'emp-runtime').status === 0, 'it was pruned');
  });
  await suite.check(
    'a hook that does not complete stops everything after it; one that completes lets it go on',
    async () => {
      const objects = [configMap('after-hook'), job('gate', 'PreSync')];
      const stopped = await sync(objects, { waveSeconds: 1 });
      hold(
        stopped.outcome === 'unhealthy' && stopped.unhealthy[0]?.health.state === 'suspended',
        JSON.stringify(stopped),
      );
      hold(get('configmap', 'after-hook').status !== 0, 'what follows the hook was applied');
      ended('gate', 'SuccessCriteriaMet', 'Complete');
      hold((await sync(objects)).outcome === 'applied' && get('configmap', 'after-hook').status === 0, 'not applied');
    },
  );
  await suite.check(
    'what comes after a sync is part of it: without it nothing is in sync, a failed one runs again',
    async () => {
      const plain = [configMap('judged')];
      hold((await sync(plain)).outcome === 'applied', 'not applied');
      const all = [...plain, job('regression', 'PostSync')];
      const lacking = await sync(all, { dryRun: true });
      hold(lacking.outcome === 'would-apply' && lacking.drift[0]?.differences === 'absent', JSON.stringify(lacking));
      hold((await sync(all, { waveSeconds: 1 })).outcome === 'unhealthy', 'it waits for nobody');
      const unfinished = await sync(all, { dryRun: true });
      hold(unfinished.drift[0]?.differences === 'unfinished', JSON.stringify(unfinished));
      ended('regression', 'FailureTarget', 'Failed');
      hold((await sync(all, { waveSeconds: 1 })).unhealthy[0]?.health.state === 'suspended', 'it did not run again');
      ended('regression', 'SuccessCriteriaMet', 'Complete');
      hold((await sync(all)).outcome === 'in-sync', 'not in sync once it completed');
    },
  );
  await suite.check('an unknown kind, and an API server that is away, are named', async () => {
    const moon = { apiVersion: 'moon.example/v1', kind: 'Moon', metadata: { name: 'x' } };
    const unknown = await sync([moon]).catch((error: Error) => error.message);
    hold(/^Moon x: /.test(String(unknown)), String(unknown));
    const away = new KubeConfig();
    away.loadFromClusterAndUser(
      { name: 'away', server: 'https://127.0.0.1:65529', skipTLSVerify: false },
      { name: 'nobody' },
    );
    const refused = await sync(both, { cluster: new Cluster(away) }).catch((error: Error) => error.message);
    hold(/cannot be read at https:\/\/127\.0\.0\.1:65529: .*ECONNREFUSED/.test(String(refused)), String(refused));
  });
}

const api = apiServer();
if ('none' in api) suite.skip('sync against an API server', api.none);
else {
  try {
    await onServer(api);
    await inFolder((folder) => commandCases(suite, api, folder));
  } finally {
    api.kubectl(['delete', 'namespace', NAMESPACE, '--ignore-not-found', '--wait=false']);
    api.end();
  }
}
process.exit(suite.end());
