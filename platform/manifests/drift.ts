/** The nightly drift report. */
import type { Construct } from 'constructs';
import { text } from '../template/expression.ts';
import { values } from '../values/references.ts';
import { CronJob } from './kinds/cron-job.ts';
import { podFailurePolicy } from './kinds/job.ts';
import { NetworkPolicy, ours, tcp, toDatabase } from './kinds/network-policy.ts';
import { ServiceAccount } from './kinds/service-account.ts';
import { Option } from './manifest.ts';
import { nameOf } from './names.ts';
import { databaseUrl, pod } from './pod.ts';
import { DEPLOYMENT, deploymentMounts, deploymentVolumes } from './settings.ts';

const component = 'drift';

export class Drift {
  constructor(parent: Construct) {
    const { drift, config } = values;
    const scope = new Option(parent, component, drift.enabled);
    new ServiceAccount(scope, component);
    new NetworkPolicy(scope, { component, from: [], to: [tcp(config.http.port, [ours('runtime')]), toDatabase] });
    new CronJob(scope, {
      component,
      schedule: drift.schedule,
      timeZone: drift.timeZone,
      job: {
        backoffLimit: 2,
        activeDeadlineSeconds: 3600,
        ttlSecondsAfterFinished: 7 * 86_400,
        podFailurePolicy: podFailurePolicy('FailJob', component, [1, 2]),
        template: pod({
          component,
          command: drift.command,
          args: [
            text`--environment=${config.environment}`,
            text`--runtime=http://${nameOf('runtime')}:${config.http.port}`,
            `--deployment=${DEPLOYMENT}`,
            '--state=/tmp/emp',
            '--json',
          ],
          env: [{ name: 'HOME', value: '/tmp' }, databaseUrl],
          resources: drift.resources,
          priority: 'gates',
          gracePeriodSeconds: 10,
          job: true,
          volumes: deploymentVolumes,
          mounts: deploymentMounts,
        }),
      },
    });
  }
}
