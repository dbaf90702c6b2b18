import type { Construct } from 'constructs';
import type * as batch from 'kubernetes-types/batch/v1.js';
import type { Expression, Templated } from '../../template/expression.ts';
import { Manifest } from '../manifest.ts';
import { type Component, labelsOf, nameOf } from '../names.ts';

export interface CronJobProps {
  readonly component: Component;
  readonly schedule: Expression<string>;
  readonly timeZone: Expression<string>;
  readonly job: Templated<batch.JobSpec>;
}

/** One at a time; a start missed by more than an hour is left out. */
export class CronJob extends Manifest<batch.CronJob> {
  constructor(scope: Construct, { component, schedule, timeZone, job }: CronJobProps) {
    super(scope, `${component}-cron-job`, {
      apiVersion: 'batch/v1',
      kind: 'CronJob',
      metadata: { name: nameOf(component), labels: labelsOf(component) },
      spec: {
        schedule,
        timeZone,
        concurrencyPolicy: 'Forbid',
        startingDeadlineSeconds: 3600,
        successfulJobsHistoryLimit: 7,
        failedJobsHistoryLimit: 7,
        jobTemplate: { metadata: { labels: labelsOf(component) }, spec: job },
      },
    });
  }
}
