/**
 * A policy that is too large for Git: refused by name without an image, packed into the same artifact each time, taken by the
 * API server as a volume of restricted pods, and booted from what the pod's volumes hold. No kubelet mounts it here.
 */
import { spawnSync } from 'node:child_process';
import { appendFileSync, cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { model, plant } from '../../gates/planted-policy.ts';
import type { ClusterObject } from '../../platform/cluster/object.ts';
import { type KubernetesObject, objectsOf } from '../../platform/objects-of.ts';
import { readEnvironment, readFileUnder } from '../../platform/values/environment.ts';
import { initialWeights } from '../../policies/model/parameters.ts';
import { approvedPath, pointerPath } from '../../runtime/evidence/layout.ts';
import { pointerText } from '../environment/slot.ts';
import { type LocalTrust, localTrust } from '../environment/trust.ts';
import { fetchPolicy } from '../image/fetch-policy.ts';
import { type PackedPolicy, packPolicy } from '../image/pack-policy.ts';
import { renderUnder, write } from '../render.ts';
import type { ApiServer } from '../testing/api-server.ts';
import { Child } from '../up/child.ts';
import { approveSlot } from './approved-slot.ts';
import { hold, inFolder, type Suite } from './suite.ts';

const root = path.resolve(import.meta.dirname, '../..');
const NAME = 'registry.example/emp/policies';

interface Volume {
  readonly name: string;
  readonly configMap?: Source;
  readonly projected?: { readonly sources: readonly { readonly configMap: Source }[] };
  readonly image?: { readonly reference: string };
}
interface Source {
  readonly name: string;
  readonly items?: readonly { readonly key: string; readonly path: string }[];
}
interface PodSpec {
  readonly containers: readonly [
    { readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[] },
  ];
  readonly volumes: readonly Volume[];
}

/** @param copied brings environments and charts into a folder; @param namespaced makes a namespace of restricted pods */
export async function packedPolicies(
  suite: Suite,
  server: ApiServer,
  {
    copied,
    makeNamespace,
    cleared,
  }: {
    readonly copied: (folder: string) => void;
    readonly makeNamespace: (server: ApiServer, name: string) => void;
    readonly cleared: (server: ApiServer, name: string) => void;
  },
): Promise<void> {
  const name = 'a policy beyond 700 KiB: refused, packed by digest, admitted as an image volume, booted from its files';
  if (spawnSync('buildah', ['--version']).status !== 0) {
    suite.skip(name, 'no buildah');
    return;
  }
  await suite.check(name, () =>
    inFolder(async (folder) => {
      copied(folder);
      const trust = localTrust(path.join(folder, 'state'));
      const weights = initialWeights({ ...model, dModel: 96, heads: 4, headDim: 32, stateDim: 32, layers: 3 }, 3);
      const { directory, digest } = plant(path.join(folder, 'large'), { weights });
      await refusedByName(folder, directory, trust);
      const packed = await packedTheSame(folder, directory);
      writeFileSync(path.join(folder, pointerPath('paper')), pointerText('paper', digest, packed.reference));
      for (const file of ['sequence.onnx', 'step.onnx']) rmSync(path.join(folder, approvedPath(digest), file));
      write(folder, renderUnder(folder));
      const objects = objectsOf(readEnvironment('paper', readFileUnder(folder)));
      makeNamespace(server, 'emp-paper');
      try {
        admitted(server, objects);
      } finally {
        cleared(server, 'emp-paper');
      }
      await boots(objects, packed, digest, folder, trust);
      console.log(`        ${Math.round(packed.sizeBytes / 1024)} KiB as ${packed.reference}`);
    }),
  );
}

async function refusedByName(folder: string, directory: string, trust: LocalTrust): Promise<void> {
  await approveSlot(folder, 'paper', directory, trust);
  let said = '';
  try {
    renderUnder(folder);
  } catch (error) {
    said = (error as Error).message;
  }
  hold(/: the policy is too large \(\d+ bytes\), at most 716800 is allowed in a ConfigMap; pack it/.test(said), said);
}

/** Twice, the second time from copies that are younger. */
async function packedTheSame(folder: string, directory: string): Promise<PackedPolicy> {
  const first = await packPolicy(directory, path.join(folder, 'policy.tar'), NAME);
  const copy = path.join(folder, 'copy');
  cpSync(directory, copy, { recursive: true });
  const second = await packPolicy(copy, path.join(folder, 'again.tar'), NAME);
  hold(first.reference === second.reference, `equal policies became ${first.reference} and ${second.reference}`);
  return first;
}

/** All objects, and a pod of the runtime's, to which Pod Security and every default of a pod apply. */
function admitted(server: ApiServer, objects: readonly KubernetesObject[]): void {
  const { spec } = runtimeOf(objects);
  const pod = { ...spec, volumes: [...spec.volumes, { name: 'state', emptyDir: {} }] };
  const metadata = { name: 'emp-probe', namespace: 'emp-paper', labels: {} };
  const all = [...objects, { apiVersion: 'v1', kind: 'Pod', metadata, spec: pod }] as readonly ClusterObject[];
  const applied = server.kubectl(['apply', '--server-side', '--filename=-'], all.slice(0, -1));
  hold(applied.status === 0 && !/warning/i.test(applied.errors), applied.errors);
  const dry = ['apply', '--server-side', '--dry-run=server', '--output=json', '--filename=-'];
  const { status, out, errors } = server.kubectl(dry, all.slice(-1));
  hold(status === 0 && !/warning/i.test(errors), errors);
  const kept = (JSON.parse(out) as { spec: PodSpec }).spec.volumes.find(({ image }) => image !== undefined);
  const asked = spec.volumes.find(({ image }) => image !== undefined);
  hold(JSON.stringify(kept?.image) === JSON.stringify(asked?.image), `the server kept ${JSON.stringify(kept)}`);
}

function runtimeOf(objects: readonly KubernetesObject[]): { readonly spec: PodSpec } {
  const set = objects.find(({ kind, metadata }) => kind === 'StatefulSet' && metadata.name === 'emp-runtime');
  return (set as unknown as { spec: { template: { spec: PodSpec } } }).spec.template;
}

/** The runtime's real process on what its pod's volumes hold: sound, and with one byte of a model more. */
async function boots(
  objects: readonly KubernetesObject[],
  packed: PackedPolicy,
  digest: string,
  folder: string,
  { trustPath }: LocalTrust,
): Promise<void> {
  const pod = path.join(folder, 'pod');
  await mounted(objects, packed, pod);
  const deployment = path.join(pod, 'srv/emp');
  const other = `sha256:${'0'.repeat(64)}`;
  const refused = await fetchPolicy(`oci-archive:${packed.file}`, other, path.join(folder, 'other')).then(
    () => 'it was taken',
    (error: Error) => error.message,
  );
  hold(refused.includes(`holds the policy ${digest}, only ${other} is allowed`), refused);
  const started = () =>
    new Child(
      'runtime',
      path.join(root, 'runtime/main.ts'),
      [
        ...['--paper-mode', '--environment=paper', `--deployment=${deployment}`, `--trust=${trustPath}`],
        ...[`--state=${path.join(folder, 'runtime')}`, '--venue-host=127.0.0.1', '--http-port=0'],
      ],
      () => {},
    );
  const sound = started();
  const { slot } = await sound.next('listening');
  sound.stop();
  await sound.ended;
  hold((JSON.parse(slot as string) as { policy: string }).policy === digest, `it trades under ${slot}`);
  appendFileSync(path.join(deployment, approvedPath(digest), 'step.onnx'), '.');
  const { code, complaint } = await started().ended;
  hold(
    code === 2 && /step\.onnx: digest differs from the one in policy\.json/.test(complaint),
    `${code}: ${complaint}`,
  );
}

/** Writes what the runtime's pod would find at each of its mounts. */
async function mounted(objects: readonly KubernetesObject[], packed: PackedPolicy, into: string): Promise<void> {
  const { containers, volumes } = runtimeOf(objects).spec;
  const data = (name: string) =>
    objects.find((object) => object.kind === 'ConfigMap' && object.metadata.name === name)?.['data'] as
      | Readonly<Record<string, string>>
      | undefined;
  for (const { name, mountPath } of containers[0].volumeMounts) {
    const volume = volumes.find((one) => one.name === name);
    const at = path.join(into, mountPath);
    if (volume?.image !== undefined) {
      hold(volume.image.reference === packed.reference, `the pod mounts ${volume.image.reference}`);
      await fetchPolicy(`oci-archive:${packed.file}`, packed.policy, at);
    }
    const sources = volume?.projected?.sources.map(({ configMap }) => configMap) ?? [volume?.configMap];
    for (const source of sources) {
      for (const { key, path: below } of source?.items ?? []) {
        mkdirSync(path.dirname(path.join(at, below)), { recursive: true });
        writeFileSync(path.join(at, below), data(source?.name as string)?.[key] as string);
      }
    }
  }
}
