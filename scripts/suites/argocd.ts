/**
 * `environments/argocd` in the real Argo CD: the health of Jobs in every state they can be in, by its own engine; and an
 * environment's folder that becomes an application, follows commits, and waits for a Job that Kueue would hold.
 *
 * Usage: node scripts/suites/argocd.ts [PART-OF-A-CASE'S-NAME]
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseAllDocuments, stringify } from 'yaml';
import { fixture } from '../../runtime/fixtures.ts';
import { healthOf } from '../sync/health.ts';
import type { ClusterObject } from '../sync/object.ts';
import { kubernetesTool } from './kubernetes-tools.ts';
import { eventually } from './node-cluster.ts';
import { hold, inFolder, Suite } from './suite.ts';

const root = path.resolve(import.meta.dirname, '../..');

const condition = (type: string, status: 'True' | 'False') => ({ type, status });
/** Every state of a Job, and what it means to Argo CD. */
const STATES: readonly (readonly [string, object, object, 'Healthy' | 'Progressing' | 'Degraded' | 'Suspended'])[] = [
  ['not seen yet', {}, {}, 'Progressing'],
  ['running', {}, { active: 1 }, 'Progressing'],
  ['waiting for Kueue', { suspend: true }, {}, 'Suspended'],
  [
    'suspended, as its controller says',
    { suspend: true },
    { conditions: [condition('Suspended', 'True')] },
    'Suspended',
  ],
  [
    'admitted by Kueue, running',
    { suspend: false },
    { conditions: [condition('Suspended', 'False')], active: 1 },
    'Progressing',
  ],
  [
    'admitted, about to complete',
    {},
    { conditions: [condition('Suspended', 'False'), condition('SuccessCriteriaMet', 'True')] },
    'Progressing',
  ],
  [
    'admitted and complete',
    {},
    { conditions: [condition('Suspended', 'False'), condition('Complete', 'True')] },
    'Healthy',
  ],
  ['complete', {}, { conditions: [condition('Complete', 'True')] }, 'Healthy'],
  ['failing, pods still there', {}, { conditions: [condition('FailureTarget', 'True')] }, 'Progressing'],
  [
    'admitted and failed',
    {},
    { conditions: [condition('Suspended', 'False'), condition('Failed', 'True')] },
    'Degraded',
  ],
  ['failed', {}, { conditions: [condition('Failed', 'True')] }, 'Degraded'],
];

const suite = new Suite(process.argv[2]);
const [argocd, kustomize] = [kubernetesTool('argocd'), kubernetesTool('kustomize')];
if (argocd === undefined || kustomize === undefined) suite.skip('Argo CD', 'no argocd or kustomize on the PATH');
else {
  await suite.check('health.lua: a Job in every state', () =>
    inFolder((folder) => everyState(folder, argocd, kustomize)),
  );
  const cluster = fixture('bin/cluster');
  if (cluster === undefined || process.getuid?.() !== 0) {
    suite.skip('an environment under Argo CD', 'no cluster: needs root, and EMP_FIXTURES with bin/cluster');
  } else
    await suite.check(
      'an environment’s folder is followed; a Job that waits is Suspended, one resumed is not Healthy',
      () => followed(cluster, kustomize),
    );
}
process.exit(suite.end());

function job(spec: object, status: object): ClusterObject {
  return { apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'gate' }, spec, status } as ClusterObject;
}

async function everyState(folder: string, argo: string, build: string): Promise<void> {
  const settings = path.join(folder, 'argocd-cm.yaml');
  const rendered = execFileSync(build, ['build', path.join(root, 'environments/argocd')], { encoding: 'utf8' });
  const documents = parseAllDocuments(rendered).map((document) => document.toJS() as ClusterObject);
  writeFileSync(settings, stringify(documents.find(({ kind }) => kind === 'ConfigMap')));
  for (const [state, spec, status, wanted] of STATES) {
    const file = path.join(folder, 'job.yaml');
    writeFileSync(file, stringify(job(spec, status)));
    const args = ['admin', 'settings', 'resource-overrides', 'health', file, '--argocd-cm-path', settings];
    const { stdout, stderr } = spawnSync(argo, args, { encoding: 'utf8' });
    const said = /STATUS: (\w+)/.exec(stdout)?.[1];
    hold(said === wanted, `${state}: Argo CD says ${said ?? stderr}, ${wanted} is right`);
    const ours = healthOf(job(spec, status)).state;
    hold(ours === wanted.toLowerCase(), `${state}: npm run sync says ${ours}, Argo CD ${wanted}`);
  }
}

async function followed(cluster: string, build: string): Promise<void> {
  const base = mkdtempSync(path.join(tmpdir(), 'emp-argocd-'));
  const folder = path.join(base, 'cluster');
  try {
    const started = execFileSync(cluster, ['up', folder, '--node', '--argocd'], { encoding: 'utf8', timeout: 120_000 });
    const word = (name: string) => new RegExp(`${name}='([^']*)'`).exec(started)?.[1] ?? '';
    const env = { ...process.env, KUBECONFIG: word('KUBECONFIG'), PATH: `${word('PATH')}:${process.env['PATH']}` };
    const within = word('KUBE_RUN').split(' ').filter(Boolean);
    const kubectl = (args: readonly string[], input = ''): string => {
      const [command, ...all] = [...within, 'kubectl', ...args] as [string, ...string[]];
      return execFileSync(command, all, { env, input, encoding: 'utf8', timeout: 60_000 });
    };
    const work = path.join(base, 'repository');
    const git = (...args: string[]) =>
      execFileSync('git', ['-C', work, '-c', 'user.name=x', '-c', 'user.email=x@example.org', ...args], {
        encoding: 'utf8',
      });
    mkdirSync(path.join(work, 'environments/paper'), { recursive: true });
    cpSync(path.join(root, 'environments/argocd'), path.join(work, 'environments/argocd'), { recursive: true });
    const settings = path.join(work, 'environments/argocd/repository.yaml');
    const url = `file://${path.join(base, 'repo.git')}`;
    writeFileSync(settings, readFileSync(settings, 'utf8').replace(/url: .*/, `url: ${url}`));
    const overlay = (file: string, text: unknown) =>
      writeFileSync(path.join(work, 'environments/paper', file), stringify(text));
    const template = { spec: { restartPolicy: 'Never', containers: [{ name: 'x', image: 'not.there/x:1' }] } };
    overlay('kustomization.yaml', { namespace: 'emp-paper', resources: ['job.yaml'] });
    overlay('job.yaml', { ...job({ suspend: true, template }, {}), status: undefined });
    git('init', '-q', '--initial-branch=main');
    git('add', '-A');
    git('commit', '-q', '-m', 'one');
    execFileSync('git', ['clone', '-q', '--bare', work, path.join(base, 'repo.git')]);

    kubectl(['create', 'namespace', 'emp-paper']);
    const rendered = execFileSync(build, ['build', path.join(work, 'environments/argocd')], { encoding: 'utf8' });
    kubectl(['apply', '--server-side', '--force-conflicts', '--filename', '-'], rendered);
    const application = () =>
      JSON.parse(kubectl(['--namespace', 'argocd', 'get', 'application', 'emp-paper', '-o', 'json']));
    const refresh = () =>
      kubectl([
        '--namespace',
        'argocd',
        'annotate',
        '--overwrite',
        'application',
        'emp-paper',
        'argocd.argoproj.io/refresh=normal',
      ]);
    const healthIs = (wanted: string) =>
      eventually(`the application to be ${wanted}`, 90, async () => {
        refresh();
        const { status } = application();
        if (status?.health?.status === wanted && status?.sync?.status === 'Synced') return true;
        throw new Error(`it is ${status?.sync?.status}, ${status?.health?.status}`);
      });
    await healthIs('Suspended');
    overlay('job.yaml', { ...job({ suspend: false, template }, {}), status: undefined });
    git('commit', '-q', '-a', '-m', 'admitted');
    git('push', '-q', path.join(base, 'repo.git'), 'main');
    await healthIs('Progressing');
    const conditions = kubectl([
      '--namespace',
      'emp-paper',
      'get',
      'job',
      'gate',
      '-o',
      'jsonpath={.status.conditions}',
    ]);
    hold(
      conditions.includes('"type":"Suspended"') && conditions.includes('"status":"False"'),
      `the Job never carried Suspended=False: ${conditions}`,
    );
  } finally {
    spawnSync(cluster, ['down', folder], { timeout: 60_000 });
    rmSync(base, { recursive: true, force: true });
  }
}
