/** A Kubernetes whose pods really run: the one that `EMP_TEST_KUBECONFIG` names, or one that the fixtures start here. */
import { execFile, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { stringify } from 'yaml';
import { sleepMs, stopwatchNs } from '../../runtime/clock.ts';
import { fixture } from '../../runtime/fixtures.ts';

const run = promisify(execFile);
const MAX_OUTPUT = 64 << 20;
/** What pods run as. */
const USER = 65532;

export interface NodeCluster {
  /** Name and tag of the product's image there. */
  readonly image: string;
  /** sha256 by which pods can name that image instead; undefined where they cannot. */
  readonly digest: string | undefined;
  /** How pods reach this machine. */
  readonly host: string;
  /** What a command needs to find it: KUBECONFIG, and tools on the PATH. */
  readonly environment: Readonly<Record<string, string>>;
  /** A prefix that runs a command where the API can be reached; empty for none. */
  readonly within: readonly string[];
  /** Folder of the volumes of claims, where they are on this machine. */
  readonly volumes: string | undefined;
  /** Runs kubectl, helm or another tool. @throws Error with what it complained of */
  tool(name: string, args: readonly string[], input?: string): Promise<string>;
  apply(objects: readonly object[], ...flags: readonly string[]): Promise<string>;
  end(): void;
}

/**
 * @param wants `argocd`: Argo CD's controllers too, in namespace argocd
 * @returns why there is none, where there is none
 */
export async function nodeCluster(wants: readonly 'argocd'[] = []): Promise<NodeCluster | { readonly none: string }> {
  const given = process.env['EMP_TEST_KUBECONFIG'];
  if (given !== undefined) {
    const { EMP_TEST_IMAGE: image, EMP_TEST_HOST: host } = process.env;
    if (image === undefined || host === undefined) {
      return {
        none: 'EMP_TEST_IMAGE (which its nodes can pull) and EMP_TEST_HOST (by which its pods reach this machine) are not set',
      };
    }
    return handle(
      { image, digest: image.split('@')[1], host, within: [], volumes: undefined, end: () => {} },
      { KUBECONFIG: path.resolve(given) },
    );
  }
  const cluster = fixture('bin/cluster');
  if (cluster === undefined) return { none: 'set EMP_TEST_KUBECONFIG, or EMP_FIXTURES to a folder with bin/cluster' };
  if (process.getuid?.() !== 0)
    return { none: 'starting a node needs root; set EMP_TEST_KUBECONFIG to a cluster of yours' };
  if (spawnSync('sh', ['-c', 'command -v buildah']).status !== 0) return { none: 'buildah is not installed' };
  return started(cluster, wants);
}

async function started(cluster: string, wants: readonly string[]): Promise<NodeCluster> {
  const base = mkdtempSync(path.join(tmpdir(), 'emp-node-'));
  let folder = path.join(base, 'cluster-1');
  const down = () => void spawnSync(cluster, ['down', folder], { timeout: 60_000 });
  const end = () => {
    down();
    rmSync(base, { recursive: true, force: true });
  };
  try {
    const image = 'emp-runtime:suite';
    // Built once for all suites that are told of one place.
    const archive = process.env['EMP_SUITE_IMAGE'] ?? path.join(base, 'image.tar');
    const script = path.join(import.meta.dirname, '../start.mjs');
    if (!existsSync(archive)) await run(process.execPath, [script, 'image', '--output', archive, '--name', image]);
    let up = await startedIn(cluster, folder, wants);
    // Its ports follow from the folder's name, and somebody else may have one of them.
    if (!(await works(up))) {
      down();
      folder = path.join(base, 'cluster-2');
      up = await startedIn(cluster, folder, wants);
    }
    await run(cluster, ['load', folder, archive]);
    const volumes = path.join(base, 'volumes');
    mkdirSync(volumes);
    const digest = await namedByDigest(image, up.within);
    const made = handle({ image, digest, host: '10.88.0.1', within: up.within, volumes, end }, up.environment);
    // Its kubelet does not measure local storage, and so offers none to pods that ask for some.
    const storage = { 'ephemeral-storage': '50Gi' };
    const patch = JSON.stringify({ status: { capacity: storage, allocatable: storage } });
    await made.tool('kubectl', ['patch', 'node', 'node-1', '--subresource=status', '--type=merge', '--patch', patch]);
    return made;
  } catch (error) {
    end();
    throw error;
  }
}

/** Names the image by its digest as well, as one that comes from a registry is: what is pinned runs, too. */
async function namedByDigest(image: string, within: readonly string[]): Promise<string> {
  const space = path.basename(within.at(-1) as string);
  const images = ['--address', `/run/${space}/containerd.sock`, '--namespace', 'k8s.io', 'images'];
  const full = `docker.io/library/${image}`;
  const { stdout } = await run('ctr', [...images, 'ls', `name==${full}`]);
  const digest = /sha256:[0-9a-f]{64}/.exec(stdout)?.[0];
  if (digest === undefined) throw new Error(`${full}: is not among the node's images: ${stdout}`);
  await run('ctr', [...images, 'tag', full, full.replace(/:[^:/]+$/, `@${digest}`)]);
  return digest;
}

interface Up {
  readonly environment: Readonly<Record<string, string>>;
  readonly within: readonly string[];
}

async function startedIn(cluster: string, folder: string, wants: readonly string[]): Promise<Up> {
  const { stdout } = await run(cluster, ['up', folder, '--node', ...wants.map((name) => `--${name}`)], {
    maxBuffer: MAX_OUTPUT,
  });
  const word = (name: string) => new RegExp(`${name}='([^']*)'`).exec(stdout)?.[1] ?? '';
  return {
    environment: { KUBECONFIG: word('KUBECONFIG'), PATH: `${word('PATH')}:${process.env['PATH']}` },
    within: word('KUBE_RUN').split(' ').filter(Boolean),
  };
}

/** Whether its controllers run: they make the account of each namespace. */
async function works({ environment, within }: Up): Promise<boolean> {
  const { tool } = handle(
    { image: '', digest: undefined, host: '', within, volumes: undefined, end: () => {} },
    environment,
  );
  const account = () => tool('kubectl', ['get', 'serviceaccount', 'default']);
  return eventually('the account of a namespace', 30, account).then(
    () => true,
    () => false,
  );
}

function handle(
  parts: Omit<NodeCluster, 'tool' | 'apply' | 'environment'>,
  environment: Readonly<Record<string, string>>,
): NodeCluster {
  const tool: NodeCluster['tool'] = async (name, args, input) => {
    const [command, ...all] = [...parts.within, name, ...args] as [string, ...string[]];
    const running = run(command, all, { env: { ...process.env, ...environment }, maxBuffer: MAX_OUTPUT });
    // A tool that reads nothing may be gone before it is told so.
    running.child.stdin?.on('error', () => {}).end(input ?? '');
    try {
      return (await running).stdout;
    } catch (error) {
      const { stderr, message } = error as Error & { stderr?: string };
      throw new Error(`${name} ${args.join(' ').slice(0, 200)}: ${(stderr ?? message).trim().slice(-2000)}`);
    }
  };
  return {
    ...parts,
    environment,
    tool,
    apply: (objects, ...flags) => {
      const text = objects.map((object) => stringify(object, { aliasDuplicateObjects: false })).join('---\n');
      return tool('kubectl', ['apply', '--server-side', '--force-conflicts', ...flags, '--filename', '-'], text);
    },
  };
}

/** A volume on this machine, for a cluster that has no storage class. Claims of its size or less may have it. */
export function localVolume(folder: string, name: string): object {
  const at = path.join(folder, name);
  mkdirSync(at);
  chownSync(at, USER, USER);
  chmodSync(at, 0o700);
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name, labels: { 'emp/suite': 'cluster-run' } },
    spec: {
      capacity: { storage: '2Gi' },
      accessModes: ['ReadWriteOnce'],
      persistentVolumeReclaimPolicy: 'Retain',
      hostPath: { path: at },
    },
  };
}

/** Asks until the answer is truthy. @throws Error saying what was waited for, and the last complaint */
export async function eventually<T>(
  what: string,
  seconds: number,
  ask: () => Promise<T | undefined | false>,
): Promise<T> {
  const beganNs = stopwatchNs();
  let complaint = '';
  while (stopwatchNs() - beganNs < seconds * 1e9) {
    try {
      const answer = await ask();
      if (answer !== undefined && answer !== false) return answer;
    } catch (error) {
      complaint = (error as Error).message;
    }
    await sleepMs(500);
  }
  throw new Error(`waited ${seconds} s for ${what}${complaint === '' ? '' : `: ${complaint}`}`);
}
