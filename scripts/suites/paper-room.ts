/** The namespace of `paper` on a node, and what a suite can ask of it. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parseAllDocuments } from 'yaml';
import { type KubernetesObject, objectsOf } from '../../platform/objects-of.ts';
import { readEnvironment, readFileUnder } from '../../platform/values/environment.ts';
import { digest12 } from '../../runtime/evidence/digest.ts';
import { eventually, localVolume, type NodeCluster } from './node-cluster.ts';

export const ENVIRONMENT = 'paper';
export const NAMESPACE = 'emp-paper';

interface Audit {
  readonly policyDigest: string | null;
  readonly positionKnown: boolean;
  readonly fillCount: number;
  readonly resolved: { readonly limits: { readonly maxOpenOrders: number } };
}

export class PaperRoom {
  readonly node: NodeCluster;
  readonly namespace: string;
  readonly #folder: string;
  #volumes = 0;

  /** @param folder with `environments/` as a checkout has them */
  constructor(node: NodeCluster, folder: string, namespace = NAMESPACE) {
    this.node = node;
    this.namespace = namespace;
    this.#folder = folder;
  }

  kubectl(...args: readonly string[]): Promise<string> {
    return this.node.tool('kubectl', ['--namespace', this.namespace, ...args]);
  }

  tool(name: string, ...args: readonly string[]): Promise<string> {
    return this.node.tool(name, args);
  }

  /** What an environment finds in its namespace: restricted pods, the trust root, the archive's address. */
  async prepare(trustPath: string, databaseUrl: string | undefined): Promise<void> {
    const { volumes } = this.node;
    const metadata = (name: string) => ({ name, namespace: this.namespace });
    await this.node.apply([
      {
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: { name: this.namespace, labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } },
      },
      {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: metadata('emp-trust'),
        data: { 'trust.json': readFileSync(trustPath, 'utf8') },
      },
      {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: metadata('emp-archive'),
        stringData: { url: databaseUrl ?? 'postgres://nobody@nowhere.invalid/none' },
      },
      ...(volumes === undefined ? [] : [0, 1].map(() => localVolume(volumes, `${this.namespace}-${this.#volumes++}`))),
    ]);
  }

  async kustomized(): Promise<readonly KubernetesObject[]> {
    const yaml = await this.tool('kustomize', 'build', path.join(this.#folder, 'environments/paper'));
    return parseAllDocuments(yaml).map((document) => document.toJS() as KubernetesObject);
  }

  /** All but the Job of evolution, which would take the node's cores from what is looked at. */
  async apply(objects: readonly KubernetesObject[], ...flags: readonly string[]): Promise<void> {
    await this.node.apply(
      objects.filter(({ kind }) => kind !== 'Job'),
      ...flags,
    );
  }

  /** What the Pulumi program applies. */
  objects(): readonly KubernetesObject[] {
    return objectsOf(readEnvironment(ENVIRONMENT, readFileUnder(this.#folder)));
  }

  /** Helm does not bring the policy's files: see the chart's notes. */
  async applyPolicy(): Promise<void> {
    await this.node.apply(this.objects().filter(({ metadata }) => /^emp-policy-[0-9a-f]{12}$/.test(metadata.name)));
  }

  /** Through the API server, as `kubectl proxy` would. */
  ask(kind: 'pods' | 'services', name: string, where: string): Promise<string> {
    return this.tool('kubectl', 'get', '--raw', `/api/v1/namespaces/${this.namespace}/${kind}/${name}/proxy${where}`);
  }

  async audit(): Promise<Audit> {
    return JSON.parse(await this.ask('pods', 'emp-runtime-0:9464', '/audit')) as Audit;
  }

  async fills(): Promise<number> {
    return (await this.audit()).fillCount;
  }

  /** Ready, flat or not but known, and filled at least once in this life. */
  async trades(policy?: string): Promise<void> {
    const trading = async () => {
      await this.ask('pods', 'emp-runtime-0:9464', '/readyz');
      const { policyDigest, positionKnown, fillCount } = await this.audit();
      return (policy === undefined || policyDigest === policy) && positionKnown && fillCount > 0;
    };
    try {
      await eventually('a runtime that is ready and has traded', 120, trading);
    } catch (error) {
      const log = await this.kubectl('logs', 'emp-runtime-0', '--tail=5').catch((cause: Error) => cause.message);
      const pods = await this.kubectl('get', 'pods');
      throw new Error(`${(error as Error).message}\n${pods}${log}`);
    }
  }

  async pod(): Promise<{ readonly uid: string; readonly restarts: number }> {
    const { metadata, status } = JSON.parse(await this.kubectl('get', 'pod', 'emp-runtime-0', '--output=json'));
    return { uid: metadata.uid, restarts: status.containerStatuses[0].restartCount };
  }

  async finished(what: string, condition: string, seconds: number): Promise<void> {
    await this.kubectl('wait', `--for=${condition}`, `--timeout=${seconds}s`, what);
  }

  /** A pod of the runtime's template, but with the policy `other`, which the evidence there is not about. @returns its log */
  async bootsUnapproved(running: string, other: string): Promise<string> {
    const set = JSON.parse(await this.kubectl('get', 'statefulset', 'emp-runtime', '--output=json'));
    const text = JSON.stringify({ ...set.spec.template.spec, restartPolicy: 'Never' });
    const spec = JSON.parse(text.replaceAll(digest12(running), digest12(other)));
    spec.volumes.push({ name: 'state', emptyDir: {} });
    const name = 'emp-unapproved';
    await this.node.apply([{ apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: this.namespace }, spec }]);
    await this.finished(`pod/${name}`, 'jsonpath={.status.phase}=Failed', 60);
    const log = await this.kubectl('logs', name);
    await this.kubectl('delete', 'pod', name, '--wait=false');
    return log;
  }

  /** Ends the runtime, which gets flat, and then its exchange: what they leave behind can be compared. */
  async stopped(): Promise<void> {
    for (const name of ['emp-runtime', 'emp-venue']) {
      await this.kubectl('scale', `statefulset/${name}`, '--replicas=0');
      await eventually(
        `${name} to end`,
        60,
        async () => !(await this.kubectl('get', 'pods', '--output=name')).includes(name),
      );
    }
  }

  /** The namespace goes in the background; what belongs to the whole cluster is gone at once. */
  async leave(): Promise<void> {
    await this.tool('kubectl', 'delete', 'namespace', this.namespace, '--ignore-not-found', '--wait=false');
    await this.tool('kubectl', 'delete', 'priorityclass', '--selector', 'app.kubernetes.io/part-of=emp');
    await this.tool('kubectl', 'delete', 'persistentvolume', '--selector', 'emp/suite=cluster-run', '--wait=false');
  }
}
