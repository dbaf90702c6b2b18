import type { Construct } from 'constructs';
import type * as batch from 'kubernetes-types/batch/v1.js';
import type { ObjectMeta } from 'kubernetes-types/meta/v1.js';
import type { Templated } from '../../template/expression.ts';
import { Manifest } from '../manifest.ts';

export interface JobProps {
  /** Of the file: `<id>-job.yaml`. */
  readonly id: string;
  readonly metadata: Templated<ObjectMeta>;
  readonly spec: Templated<batch.JobSpec>;
}

export class Job extends Manifest<batch.Job> {
  constructor(scope: Construct, { id, metadata, spec }: JobProps) {
    super(scope, `${id}-job`, { apiVersion: 'batch/v1', kind: 'Job', metadata, spec });
  }
}

/** Which ends are final: another try would end the same way. A pod that was moved away did not fail. */
export const podFailurePolicy = (
  action: 'FailJob' | 'FailIndex',
  containerName: string,
  exitCodes: readonly number[],
): Templated<batch.PodFailurePolicy> => ({
  rules: [
    { action, onExitCodes: { containerName, operator: 'In', values: exitCodes } },
    { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] },
  ],
});
