/**
 * A real Kubernetes for a suite: the cluster that `EMP_TEST_KUBECONFIG` names, or one that the fixtures start here and end
 * afterwards. A cluster that is not ours is asked with dry runs, and keeps nothing but what a suite says.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { ClusterObject } from '../../platform/cluster/object.ts';
import { fixture } from '../../runtime/fixtures.ts';

export interface ApiServer {
  /** Of kubectl and its like: `KUBECONFIG` and `PATH`. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Runs kubectl with `objects` on its standard input. Never throws. */
  kubectl(args: readonly string[], objects?: readonly ClusterObject[]): Answer;
  end(): void;
}

export interface Answer {
  readonly status: number;
  readonly out: string;
  readonly errors: string;
}

/** @returns why there is none, where there is none */
export function apiServer(): ApiServer | { readonly none: string } {
  const given = process.env['EMP_TEST_KUBECONFIG'];
  if (given !== undefined) return server({ ...process.env, KUBECONFIG: path.resolve(given) }, () => undefined);
  const cluster = fixture('bin/cluster');
  if (cluster === undefined) {
    return { none: 'no API server: set EMP_TEST_KUBECONFIG, or EMP_FIXTURES to a folder with bin/cluster' };
  }
  const folder = path.join(mkdtempSync(path.join(tmpdir(), 'emp-cluster-')), 'cluster');
  const { status, stdout, stderr } = spawnSync(cluster, ['up', folder], { encoding: 'utf8', timeout: 120_000 });
  const end = () => void spawnSync(cluster, ['down', folder], { timeout: 60_000 });
  const tools = /PATH='([^']+)'/.exec(stdout)?.[1];
  if (status !== 0 || tools === undefined) {
    end();
    return { none: `no API server: ${cluster} ended with ${status}: ${stderr.trim().split('\n').at(-1)}` };
  }
  const environment = {
    ...process.env,
    KUBECONFIG: path.join(folder, 'kubeconfig'),
    PATH: `${tools}:${process.env['PATH']}`,
  };
  return server(environment, end);
}

function server(environment: ApiServer['environment'], end: () => void): ApiServer {
  return {
    environment,
    end,
    kubectl(args, objects = []) {
      const { status, stdout, stderr } = spawnSync('kubectl', args, {
        env: environment as NodeJS.ProcessEnv,
        // JSON, because kubectl reads YAML 1.1, in which a bare `no` or `on` is a boolean.
        input: objects.map((object) => JSON.stringify(object)).join('\n---\n'),
        encoding: 'utf8',
        timeout: 60_000,
        maxBuffer: 128 * 1024 * 1024,
      });
      return { status: status ?? 1, out: stdout, errors: stderr };
    },
  };
}

/** Runs `work` on a server that knows the kinds that the platform writes, and ends it. @returns why there was none */
export async function onApiServer(work: (server: ApiServer) => void | Promise<void>): Promise<string | undefined> {
  const api = apiServer();
  if ('none' in api) return api.none;
  try {
    const lacking = installCrds(api);
    if (lacking === undefined) await work(api);
    return lacking;
  } finally {
    api.end();
  }
}

/** @returns why not, where the fixtures have no CRDs */
function installCrds(api: ApiServer): string | undefined {
  const crds = fixture('data/crds');
  if (crds === undefined) return 'no CRDs: set EMP_FIXTURES to a folder with data/crds';
  const { status, errors } = api.kubectl(['apply', '--server-side', '--filename', crds]);
  if (status !== 0) throw new Error(`kubectl: could not install the CRDs: ${errors.trim()}`);
  const names = readNames(crds);
  const wait = api.kubectl([
    'wait',
    '--for=condition=Established',
    '--timeout=30s',
    ...names.map((name) => `crd/${name}`),
  ]);
  if (wait.status !== 0) throw new Error(`kubectl: CRDs are not established: ${wait.errors.trim()}`);
  return undefined;
}

function readNames(folder: string): readonly string[] {
  return execFileSync('sh', ['-c', 'ls "$1"/*.yaml', 'sh', folder], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .flatMap((file) => /^ {2}name: (\S+\.\S+)$/m.exec(readFileSync(file, 'utf8'))?.[1] ?? []);
}
