/** Pods that take units of evolution from the archive for as long as there are any. */
import type { Construct } from 'constructs';
import { text } from '../template/expression.ts';
import { values } from '../values/references.ts';
import { Autoscaling } from './autoscaling.ts';
import { Deployment } from './kinds/deployment.ts';
import { NetworkPolicy, toDatabase } from './kinds/network-policy.ts';
import { PodDisruptionBudget } from './kinds/pod-disruption-budget.ts';
import { ServiceAccount } from './kinds/service-account.ts';
import { Option } from './manifest.ts';
import { databaseUrl, pod } from './pod.ts';
import { DEPLOYMENT, deploymentMounts, deploymentVolumes } from './settings.ts';

const component = 'worker';

export class Workers {
  constructor(parent: Construct) {
    const { workers, evolution, config } = values;
    const scope = new Option(parent, 'workers', workers.enabled);
    new ServiceAccount(scope, component);
    new NetworkPolicy(scope, { component, from: [], to: [toDatabase] });
    new PodDisruptionBudget(scope, component);
    new Deployment(scope, {
      component,
      replicas: workers.replicas,
      autoscaling: workers.autoscaling,
      pod: pod({
        component,
        command: workers.command,
        args: [
          text`--run=${evolution.run}`,
          text`--environment=${config.environment}`,
          text`--seed=${evolution.seed}`,
          text`--units=${evolution.units}`,
          text`--budget=${evolution.budget}`,
          '--work',
          `--deployment=${DEPLOYMENT}`,
          '--state=/tmp/emp',
          '--json',
        ],
        env: [{ name: 'HOME', value: '/tmp' }, databaseUrl],
        resources: workers.resources,
        placement: workers,
        priority: 'evolution',
        spread: true,
        gracePeriodSeconds: 30,
        volumes: deploymentVolumes,
        mounts: deploymentMounts,
      }),
    });
    new Autoscaling(scope, component, workers);
  }
}
