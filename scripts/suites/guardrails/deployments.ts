/** All that may come to lie in a cluster of ours, for linters: stacks, dialects of node pools, options, what the tools make. */
import { execFileSync } from 'node:child_process';
import { stringify } from 'yaml';
import { type ClusterConfiguration, readConfiguration } from '../../../platform/cluster/configuration.ts';
import type { ClusterObject } from '../../../platform/cluster/object.ts';
import { objectsOf } from '../../../platform/objects-of.ts';
import { stackObjects } from '../../../platform/program/environment.ts';
import { renderEnvironment } from '../../../platform/render/render.ts';
import {
  clusterEnvironments,
  type Environment,
  readEnvironment,
  readFileUnder,
} from '../../../platform/values/environment.ts';
import { objectsIn } from '../../guard/objects.ts';
import { configurationOf } from '../../guard/stack.ts';
import { copyDocuments, put, turnedEnvironment } from '../documents-room.ts';
import { dialects } from '../pulumi/dialects.ts';
import type { PolicyPlace } from '../turned-values.ts';

export interface Deployment {
  readonly name: string;
  readonly objects: readonly ClusterObject[];
}

/** What the program declares. @param folder an empty one */
export function declared(root: string, folder: string): readonly Deployment[] {
  const read = readFileUnder(root);
  const paper = readEnvironment('paper', read);
  return [
    ...clusterEnvironments(root).map((name) => ({
      name: `stack ${name}`,
      objects: together(readEnvironment(name, read), configurationOf(root, name)),
    })),
    ...Object.entries(dialects).map(([name, given]) => ({
      name: `dialect ${name}`,
      objects: together(paper, readConfiguration(given, name)),
    })),
    ...(
      [
        ['hpa', 'files'],
        ['keda', 'image'],
      ] as const
    ).map(([autoscaling, policy]) => ({
      name: `every option, with ${autoscaling}, the policy's ${policy}`,
      objects: together(everyOption(folder, autoscaling, policy), configurationOf(root, 'paper')),
    })),
  ];
}

/** What the tools make of the documents in `folder`, which `declared` filled. */
export function built(folder: string, kustomize: string, helm: string): readonly Deployment[] {
  const by = (name: string, tool: string, ...args: readonly string[]) => ({
    name,
    objects: objectsIn(execFileSync(tool, args, { cwd: folder, encoding: 'utf8', maxBuffer: 64 << 20 }), name),
  });
  return [
    by('kustomize build environments/argocd', kustomize, 'build', 'environments/argocd'),
    ...clusterEnvironments(folder).flatMap((name) => [
      by(`kustomize build environments/${name}`, kustomize, 'build', `environments/${name}`),
      by(
        `helm template with values-${name}.yaml`,
        helm,
        ...[
          'template',
          'emp',
          'charts/emp',
          '--namespace',
          `emp-${name}`,
          '--values',
          `charts/emp/values-${name}.yaml`,
        ],
      ),
    ]),
  ];
}

/** Where Argo CD brings the workloads they are there, too. */
function together(environment: Environment, configuration: ClusterConfiguration): readonly ClusterObject[] {
  const stack = stackObjects(environment, configuration);
  return configuration.argocd === undefined ? stack : [...stack, ...objectsOf(environment)];
}

function everyOption(folder: string, autoscaling: 'hpa' | 'keda', policy: PolicyPlace): Environment {
  copyDocuments(folder);
  const on = { enabled: true };
  const document = {
    mode: 'paper',
    namespace: 'emp-turned',
    ...{ venue: on, gates: on, drift: on, evolution: { ...on, gpus: 1 } },
    ...{ viewer: { ...on, autoscaling }, workers: { ...on, autoscaling } },
    database: { secret: 'archive' },
    monitoring: { serviceMonitor: true, alerts: true, dashboard: true },
  };
  const environment = turnedEnvironment(folder, stringify(document), policy);
  for (const [file, content] of renderEnvironment(environment)) put(folder, file, content);
  return environment;
}
