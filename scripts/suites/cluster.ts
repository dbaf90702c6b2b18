/**
 * The three deliveries on a real API server, for each environment: they apply clean where pods must be restricted, a
 * second time changes nothing, one changed limit changes one object, and all three leave the same live objects.
 *
 * Usage: node scripts/suites/cluster.ts [PART-OF-A-CASE'S-NAME]
 * Of a cluster of yours: EMP_TEST_KUBECONFIG. It must not hold an environment of ours.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parse, parseAllDocuments, stringify } from 'yaml';
import { type KubernetesObject, objectsOf } from '../../platform/objects-of.ts';
import { difference } from '../../platform/template/difference.ts';
import { clusterEnvironments, readEnvironment, readFileUnder } from '../../platform/values/environment.ts';
import { renderUnder, write } from '../render.ts';
import { type ApiServer, apiServer } from '../testing/api-server.ts';
import { kubernetesTool } from './kubernetes-tools.ts';
import { packedPolicies } from './packed-policy.ts';
import { hold, inFolder, Suite } from './suite.ts';

/** What each tool and the server itself must set; all else is equal. */
const SET_BY_OTHERS: readonly (readonly [path: readonly string[], because: string])[] = [
  [['metadata', 'uid'], 'the server names each object anew'],
  [['metadata', 'resourceVersion'], 'the server counts changes'],
  [['metadata', 'generation'], 'the server counts changes of the spec'],
  [['metadata', 'creationTimestamp'], 'the server says when'],
  [['metadata', 'managedFields'], 'the server says who set what'],
  [['metadata', 'labels', 'app.kubernetes.io/managed-by'], 'Helm marks what it owns'],
  [['metadata', 'annotations', 'meta.helm.sh/release-name'], 'Helm marks what it owns'],
  [['metadata', 'annotations', 'meta.helm.sh/release-namespace'], 'Helm marks what it owns'],
  [['metadata', 'annotations', 'deployment.kubernetes.io/revision'], 'the controller counts rollouts'],
  [['spec', 'clusterIP'], 'the server gives addresses'],
  [['spec', 'clusterIPs'], 'the server gives addresses'],
  [['status'], 'controllers say how it goes'],
];

/** Of a status that a controller wrote. */
const BOOKKEEPING: readonly (readonly string[])[] = [
  ['metadata', 'resourceVersion'],
  ['metadata', 'managedFields'],
];

interface Live {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly resourceVersion: string };
}
type Lives = ReadonlyMap<string, Live>;

/** One way to bring what lies in a folder into a cluster. @returns what it printed */
interface Delivery {
  readonly name: string;
  deliver(api: ApiServer, folder: string, environment: string): string;
}

const root = path.resolve(import.meta.dirname, '../..');
const suite = new Suite(process.argv[2]);
const [kustomize, helm] = [kubernetesTool('kustomize'), kubernetesTool('helm')];
const deliveries: readonly Delivery[] = [
  {
    name: 'kustomize and kubectl',
    deliver: (api, folder, environment) => {
      const built = spawned(kustomize as string, ['build', path.join(folder, 'environments', environment)], api);
      return applied(
        api,
        parseAllDocuments(built).map((document) => document.toJS() as KubernetesObject),
        'kubectl',
      );
    },
  },
  {
    name: 'helm',
    deliver: (api, folder, environment) => {
      const chart = path.join(folder, 'charts/emp');
      const values = path.join(chart, `values-${environment}.yaml`);
      const { namespace } = environmentIn(folder, environment).values;
      return spawned(
        helm as string,
        ['upgrade', '--install', 'emp', chart, '--namespace', namespace, '--values', values],
        api,
      );
    },
  },
  {
    name: "the Pulumi program's objects",
    deliver: (api, folder, environment) =>
      applied(api, objectsOf(environmentIn(folder, environment)), 'pulumi-kubernetes'),
  },
];

const api = kustomize === undefined || helm === undefined ? { none: 'no kustomize or helm' } : apiServer();
if ('none' in api) suite.skip('the three deliveries on an API server', api.none);
else {
  try {
    for (const environment of clusterEnvironments(root)) await delivered(api, environment);
    await packedPolicies(suite, api, { copied, makeNamespace, cleared });
    await badInput(api);
  } finally {
    api.end();
  }
}
process.exit(suite.end());

async function delivered(server: ApiServer, environment: string): Promise<void> {
  const left = new Map<string, Lives>();
  for (const delivery of deliveries) {
    await suite.check(
      `${environment} by ${delivery.name}: clean, the second time nothing changes, a changed limit changes one object`,
      () =>
        inFolder(async (folder) => {
          copied(folder);
          const objects = objectsOf(environmentIn(folder, environment));
          const { namespace } = environmentIn(folder, environment).values;
          try {
            makeNamespace(server, namespace);
            const said = delivery.deliver(server, folder, environment);
            hold(!/warning/i.test(said), `it warned: ${said}`);
            const first = lives(server, objects);
            delivery.deliver(server, folder, environment);
            const again = changed(first, lives(server, objects));
            hold(again.length === 0, `the second time changed ${again.join(', ')}`);
            const file = path.join(folder, 'environments', environment, 'limits.yaml');
            const limits = readFileSync(file, 'utf8');
            writeFileSync(file, limits.replace(/^maxOpenOrders: \d+/m, 'maxOpenOrders: 1'));
            write(folder, renderUnder(folder));
            delivery.deliver(server, folder, environment);
            const after = changed(first, lives(server, objects));
            hold(after.join() === 'ConfigMap emp-limits', `a changed limit changed ${after.join(', ') || 'nothing'}`);
            writeFileSync(file, limits);
            write(folder, renderUnder(folder));
            delivery.deliver(server, folder, environment);
            left.set(delivery.name, lives(server, objects));
          } finally {
            cleared(server, namespace);
          }
        }),
    );
  }
  await suite.check(
    `${environment}: the three leave the same live objects, but for ${SET_BY_OTHERS.length} fields`,
    () => {
      const [one, ...others] = [...left];
      hold(one !== undefined && others.length === 2, `${left.size} deliveries are there to compare`);
      for (const [name, live] of others) {
        const found = differing(one[1], live);
        hold(found.length === 0, `${name} left other objects than ${one[0]}:\n${found.slice(0, 10).join('\n')}`);
      }
      console.log(`        ${one[1].size} objects each`);
    },
  );
}

/** Doctor and the Pulumi command name each, and nothing that it asks changes anything. */
async function badInput(server: ApiServer): Promise<void> {
  const config = parse(readFileSync(server.environment['KUBECONFIG'] as string, 'utf8'));
  const asked = async (name: string, change: (config: never) => void, doctor: RegExp | undefined, platform: RegExp) => {
    const commands = [
      [['doctor', '--environment', 'paper'], doctor],
      [['platform', 'preview', '--stack', 'paper'], platform],
      [['platform', 'up', '--stack', 'paper', '--yes'], platform],
    ] as const;
    for (const [args, says] of commands) {
      if (says === undefined) continue;
      await suite.check(`${args[0] === 'doctor' ? 'doctor' : `platform ${args[1]}`} names ${name}`, () =>
        inFolder(async (folder) => {
          const other = structuredClone(config);
          change(other as never);
          const file = path.join(folder, 'kubeconfig');
          writeFileSync(file, stringify(other));
          const { status, stdout, stderr } = spawnSync(
            process.execPath,
            [path.join(root, 'scripts/start.mjs'), ...args],
            {
              env: { ...server.environment, KUBECONFIG: file } as NodeJS.ProcessEnv,
              encoding: 'utf8',
            },
          );
          const said = stdout + stderr;
          // Without Pulumi that is said, too, and is a fault of usage.
          const code =
            says === doctor
              ? status === 1
              : status === (/^pulumi: /m.test(said) ? 2 : /^rights: |CRD/m.test(said) ? 1 : 3);
          hold(code && says.test(said), `exit ${status}: ${said.slice(-1500)}`);
          hold(!/\n\s+at /.test(said), 'it shows a stack');
        }),
      );
    }
  };
  type Config = { clusters: { cluster: { server: string } }[]; users: { user: object }[] };
  await asked(
    'a cluster that is not there',
    (other: Config) => {
      (other.clusters[0] as Config['clusters'][0]).cluster.server = 'https://127.0.0.1:1';
    },
    /cannot be reached.*\n.*fix: start the cluster/,
    /^cluster: .*cannot be reached.*; start the cluster.*\n.*nothing was done/m,
  );
  await asked(
    'credentials that have expired',
    (other: Config) => {
      other.users[0] = { ...other.users[0], user: { token: 'of-yesterday' } };
    },
    /credentials are refused.*\n.*fix: log in/,
    /^cluster: .*credentials are refused.*; log in.*\n.*nothing was done/m,
  );
  await asked(
    'a namespace that is forbidden',
    (other: Config) => {
      const { user } = other.users[0] as Config['users'][0];
      other.users[0] = { ...other.users[0], user: { ...user, as: 'somebody' } };
    },
    /statefulsets\.apps: may not create or patch in emp-paper\n.*fix: ask for a role/,
    /^rights: may not create or patch in namespace emp-paper: .*statefulsets\.apps.*; ask for a role/m,
  );
  await asked(
    'a kind whose CRD is missing',
    () => undefined,
    undefined,
    /^cluster: does not know karpenter\.sh\/v1 NodePool: its CRD is missing; .*or install Karpenter$/m,
  );
  await suite.check('a kind whose CRD is missing is refused by name; without it the same environment applies', () =>
    inFolder(async (folder) => {
      copied(folder);
      const file = path.join(folder, 'environments/paper/platform.yaml');
      const before = readFileSync(file, 'utf8');
      writeFileSync(file, `${before}\nmonitoring:\n  serviceMonitor: true\n`);
      makeNamespace(server, 'emp-paper');
      try {
        const { status, errors } = server.kubectl(
          ['apply', '--server-side', '--dry-run=server', '--filename=-'],
          objectsOf(environmentIn(folder, 'paper')) as never,
        );
        hold(status !== 0 && /no matches for kind "ServiceMonitor"/.test(errors), `exit ${status}: ${errors}`);
        writeFileSync(file, before);
        applied(server, objectsOf(environmentIn(folder, 'paper')), 'kubectl');
      } finally {
        cleared(server, 'emp-paper');
      }
    }),
  );
}

function copied(folder: string): void {
  for (const name of ['environments', 'charts', 'README.md']) {
    cpSync(path.join(root, name), path.join(folder, name), { recursive: true });
  }
}

function environmentIn(folder: string, name: string) {
  return readEnvironment(name, readFileUnder(folder));
}

function spawned(tool: string, args: readonly string[], { environment }: ApiServer): string {
  const { status, stdout, stderr } = spawnSync(tool, args, {
    env: environment as NodeJS.ProcessEnv,
    encoding: 'utf8',
    maxBuffer: 64 << 20,
  });
  if (status !== 0) throw new Error(`${tool} ${args[0]}: ${stderr.trim()}`);
  return stdout;
}

function applied(server: ApiServer, objects: readonly KubernetesObject[], manager: string): string {
  const { status, out, errors } = server.kubectl(
    ['apply', '--server-side', `--field-manager=${manager}`, '--filename=-'],
    objects as never,
  );
  if (status !== 0) throw new Error(`kubectl apply: ${errors.trim()}`);
  return out + errors;
}

function makeNamespace(server: ApiServer, name: string): void {
  const labels = {
    'pod-security.kubernetes.io/enforce': 'restricted',
    'pod-security.kubernetes.io/warn': 'restricted',
  };
  applied(server, [{ apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } }], 'kubectl');
}

function cleared(server: ApiServer, namespace: string): void {
  server.kubectl(['delete', 'namespace', namespace, '--ignore-not-found', '--timeout=50s']);
  server.kubectl(['delete', 'priorityclass', '--selector', 'app.kubernetes.io/part-of=emp']);
}

/** The objects as the server holds them now, by kind and name. */
function lives(server: ApiServer, objects: readonly KubernetesObject[]): Lives {
  const { status, out, errors } = server.kubectl(
    ['get', '--output=json', '--show-managed-fields', '--filename=-'],
    objects as never,
  );
  if (status !== 0) throw new Error(`kubectl get: ${errors.trim()}`);
  const { items } = JSON.parse(out) as { items: Live[] };
  return new Map(items.map((live) => [`${live.kind} ${live.metadata.name}`, live]));
}

/** What people set: controllers count on in the background, and say so in `status` alone. */
function changed(before: Lives, after: Lives): string[] {
  return [...after].filter(([name, live]) => !sameBut(before.get(name), live)).map(([name]) => name);
}

function sameBut(before: Live | undefined, after: Live): boolean {
  if (before === undefined) return false;
  if (before.metadata.resourceVersion === after.metadata.resourceVersion) return true;
  return (
    JSON.stringify(without(before, [['status'], ...BOOKKEEPING])) ===
    JSON.stringify(without(after, [['status'], ...BOOKKEEPING]))
  );
}

function differing(one: Lives, other: Lives): string[] {
  const fields = SET_BY_OTHERS.map(([field]) => field);
  return [...one].flatMap(([name, live]) => {
    const counterpart = other.get(name);
    if (counterpart === undefined) return [`${name} is not there`];
    return difference(without(live, fields), without(counterpart, fields)).map(
      ({ path: at, value }) => `${name}${at} is ${JSON.stringify(value)}`,
    );
  });
}

/** A copy without these fields; a map that is empty without them is none. */
function without(live: Live, fields: readonly (readonly string[])[]): object {
  const copy = structuredClone(live) as unknown as Record<string, unknown>;
  for (const field of fields) remove(copy, field);
  return copy;
}

function remove(from: Record<string, unknown>, [key, ...rest]: readonly string[]): void {
  if (key === undefined) return;
  if (rest.length === 0) {
    delete from[key];
    return;
  }
  const inner = from[key] as Record<string, unknown> | undefined;
  if (inner === undefined) return;
  remove(inner, rest);
  if (Object.keys(inner).length === 0) delete from[key];
}
