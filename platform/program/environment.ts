/** One stack: an environment's workloads from its files, its cluster from `Pulumi.<env>.yaml`, and the rules over both. */
import { clusterObjects } from '../cluster/cluster.ts';
import type { ClusterConfiguration } from '../cluster/configuration.ts';
import type { Place } from '../cluster/namespace.ts';
import type { ClusterObject } from '../cluster/object.ts';
import { admissionObjects } from '../guardrails/admission.ts';
import type { Context } from '../guardrails/rule.ts';
import { objectsOf } from '../objects-of.ts';
import type { Environment } from '../values/environment.ts';

export function contextOf(environment: Environment, configuration: ClusterConfiguration): Context {
  const { mode, namespace, policy } = environment.values;
  return {
    place: { environment: environment.name, mode, namespace },
    configuration,
    approvedPolicy: policy.digest === '' ? undefined : policy.digest,
    approvedImage: policy.image === '' ? undefined : policy.image,
  };
}

/** What the stack holds: the cluster's part always, the workloads where no Argo CD applies the overlay. */
export function stackObjects(environment: Environment, configuration: ClusterConfiguration): readonly ClusterObject[] {
  const context = contextOf(environment, configuration);
  const workloads = configuration.argocd === undefined ? objectsOf(environment) : [];
  return [
    ...clusterObjects(context.place, configuration, environment.calendar),
    ...admissionObjects(context),
    ...workloads,
  ];
}

export interface Outputs {
  readonly namespaces: readonly string[];
  readonly endpoints: Readonly<Record<string, string>>;
  readonly policyDigest: string;
  readonly watch: string;
}

/** What one needs next. */
export function outputsOf(context: Context, objects: readonly ClusterObject[]): Outputs {
  const { place, configuration, approvedPolicy } = context;
  return {
    namespaces: objects.filter(({ kind }) => kind === 'Namespace').map(({ metadata }) => metadata.name),
    endpoints: endpointsOf(objects),
    policyDigest: approvedPolicy ?? 'none: nothing may trade',
    watch: watchOf(place, configuration),
  };
}

function endpointsOf(objects: readonly ClusterObject[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    objects
      .filter(({ kind }) => kind === 'Service')
      .map(({ metadata, spec }) => {
        const port = (spec as { readonly ports: readonly { readonly port: number }[] }).ports[0]?.port;
        return [metadata.name, `http://${metadata.name}.${metadata.namespace}.svc:${port}`];
      }),
  );
}

function watchOf({ environment, namespace }: Place, { argocd }: ClusterConfiguration): string {
  return argocd === undefined
    ? `kubectl --namespace ${namespace} rollout status statefulset/emp-runtime`
    : `kubectl --namespace ${argocd.namespace} get application emp-${environment} --watch`;
}
