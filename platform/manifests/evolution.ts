/** Evolution beyond one machine: units of one run as an Indexed Job, with Kueue or without. */
import type { Construct } from 'constructs';
import { given, text, when } from '../template/expression.ts';
import { values } from '../values/references.ts';
import { Job, podFailurePolicy } from './kinds/job.ts';
import { NetworkPolicy, toDatabase } from './kinds/network-policy.ts';
import { ServiceAccount } from './kinds/service-account.ts';
import { Option } from './manifest.ts';
import { labelsOf, nameOf, priorityClassName } from './names.ts';
import { databaseUrl, pod } from './pod.ts';
import { DEPLOYMENT, deploymentMounts, deploymentVolumes, digestOfWork } from './settings.ts';

const component = 'evolution';

export class Evolution {
  constructor(parent: Construct) {
    const { evolution, config } = values;
    const scope = new Option(parent, component, evolution.enabled);
    const queued = given(evolution.queue);
    new ServiceAccount(scope, component);
    new NetworkPolicy(scope, { component, from: [], to: [toDatabase] });
    new Job(scope, {
      id: component,
      metadata: {
        name: text`${nameOf(component)}-${evolution.run}-${digestOfWork(evolution)}`,
        labels: {
          ...labelsOf(component),
          'kueue.x-k8s.io/queue-name': when(queued, evolution.queue),
          'kueue.x-k8s.io/priority-class': when(queued, priorityClassName('evolution')),
        },
      },
      spec: {
        // Kueue admits a Job by resuming it.
        suspend: when(queued, true),
        completionMode: 'Indexed',
        completions: evolution.units,
        parallelism: evolution.parallelism,
        backoffLimitPerIndex: evolution.retriesPerUnit,
        podFailurePolicy: podFailurePolicy('FailIndex', component, [42]),
        ttlSecondsAfterFinished: evolution.keepSeconds,
        template: pod({
          component,
          command: evolution.command,
          args: [
            text`--run=${evolution.run}`,
            text`--environment=${config.environment}`,
            text`--seed=${evolution.seed}`,
            text`--units=${evolution.units}`,
            text`--budget=${evolution.budget}`,
            `--deployment=${DEPLOYMENT}`,
            '--state=/tmp/emp',
            '--json',
          ],
          env: [{ name: 'HOME', value: '/tmp' }, databaseUrl],
          resources: evolution.resources,
          gpus: evolution.gpus,
          placement: evolution,
          priority: 'evolution',
          gracePeriodSeconds: 30,
          job: true,
          volumes: deploymentVolumes,
          mounts: deploymentMounts,
        }),
      },
    });
  }
}
