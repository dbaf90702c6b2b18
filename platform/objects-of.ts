/** The objects of one environment: what the Pulumi program applies, and what kustomize and Helm make, too. */
import { isUtf8 } from 'node:buffer';
import { isClusterWide } from './manifests/definition.ts';
import { instancesOf } from './manifests/instance.ts';
import { commonLabels } from './manifests/names.ts';
import { EVIDENCE_KEY, GATE_INPUT, hookOf, pointerYaml } from './manifests/settings.ts';
import type { Environment } from './values/environment.ts';
import type { Values } from './values/schema.ts';

export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    /** Absent: the object belongs to the whole cluster. */
    readonly namespace?: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly [field: string]: unknown;
}

/** Every object of the environment, in a fixed order, namespaces set. */
export function objectsOf(environment: Pick<Environment, 'values' | 'policyFiles'>): KubernetesObject[] {
  const { values } = environment;
  const objects = definedObjects(values);
  if (values.policy.digest === '') return objects;
  const policy = policyConfigMap(environment);
  return hasGateInput(values) ? [...objects, policy, gateInput(values, policy)] : [...objects, policy];
}

/** Whether gates run before anything else of the environment is there, and so need a copy of what they judge. */
export function hasGateInput({ gates, policy }: Values): boolean {
  return gates.enabled && gates.hook === 'argocd' && policy.digest !== '';
}

/** What the gates of a PreSync hook read: documents, evidence and the policy's files, gone and made anew by each sync. */
function gateInput({ namespace, documents, policy }: Values, files: KubernetesObject): KubernetesObject {
  const { immutable: _, ...rest } = files;
  const data = { ...(files['data'] as object), 'config.yaml': documents.config, 'limits.yaml': documents.limits };
  return {
    ...rest,
    metadata: { name: GATE_INPUT, namespace, labels: commonLabels, annotations: hookOf('PreSync', -1) },
    data: { ...data, [EVIDENCE_KEY]: policy.evidence },
  } as KubernetesObject;
}

/** Those of the objects that every delivery makes: all but the policy's own. */
export function definedObjects(values: Values): KubernetesObject[] {
  return instancesOf(values).map(({ object }) => {
    const { namespace } = values;
    const metadata = isClusterWide(object.kind) ? object.metadata : { ...object.metadata, namespace };
    return { ...object, metadata } as KubernetesObject;
  });
}

/**
 * Pointer and files under a name that is the policy's: it never changes, and an earlier one stays for a rollback. Where an
 * image holds the files, the pointer alone.
 */
function policyConfigMap({ values, policyFiles }: Pick<Environment, 'values' | 'policyFiles'>): KubernetesObject {
  const { digest } = values.policy;
  const texts = [...policyFiles]
    .filter(([, file]) => isUtf8(file))
    .map(([name, file]) => [name, decoded(file, 'utf8')]);
  const binaries = [...policyFiles]
    .filter(([, file]) => !isUtf8(file))
    .map(([name, file]) => [name, decoded(file, 'base64')]);
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name: `emp-policy-${digest.slice('sha256:'.length, 'sha256:'.length + 12)}`,
      namespace: values.namespace,
      labels: commonLabels,
    },
    immutable: true,
    data: { 'policy.yaml': pointerYaml(values.config.environment, digest), ...Object.fromEntries(texts) },
    // An empty one is stored as none, and putting it there again would be refused as a change.
    ...(binaries.length === 0 ? {} : { binaryData: Object.fromEntries(binaries) }),
  };
}

const decoded = (file: Uint8Array, as: 'utf8' | 'base64'): string => Buffer.from(file).toString(as);
