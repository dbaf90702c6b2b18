/** The regression gate: a Job after each sync that holds what the environment itself recorded to what was approved. */
import type { Construct } from 'constructs';
import { all, digest12, given, sum, text } from '../template/expression.ts';
import { values } from '../values/references.ts';
import { Job, podFailurePolicy } from './kinds/job.ts';
import { NetworkPolicy, ours, tcp } from './kinds/network-policy.ts';
import { ServiceAccount } from './kinds/service-account.ts';
import { Option } from './manifest.ts';
import { labelsOf, nameOf } from './names.ts';
import { pod } from './pod.ts';
import { RUNTIME_PODS } from './runtime.ts';
import { digestOfLimits, digestOfWork, HOOK_KEPT_SECONDS, hookOf } from './settings.ts';

const component = 'regression';
/** What a try may take beyond its window: to be scheduled and to pull its image. */
const START_SECONDS = 120;

export class Regression {
  constructor(parent: Construct) {
    const { regression, policy, config } = values;
    // Without a policy nothing trades, and nothing can have become worse.
    const scope = new Option(parent, component, all(regression.enabled, given(policy.digest)));
    new ServiceAccount(scope, component);
    new NetworkPolicy(scope, { component, from: [], to: [tcp(config.http.port, [ours('runtime')])] });
    new Job(scope, {
      id: component,
      metadata: {
        // Its verdict is about one slot: another policy, image, configuration or limit is another Job.
        name: text`${nameOf(component)}-${digest12(policy.digest)}-${digestOfWork(regression)}-${digestOfLimits}`,
        labels: labelsOf(component),
        annotations: hookOf('PostSync', 0),
      },
      spec: {
        // A gate that errored is tried again; one that failed (exit 1) has answered.
        backoffLimit: 2,
        ttlSecondsAfterFinished: HOOK_KEPT_SECONDS,
        activeDeadlineSeconds: sum(regression.windowSeconds, START_SECONDS),
        podFailurePolicy: podFailurePolicy('FailJob', component, [1, 2]),
        template: pod({
          component,
          command: regression.command,
          args: [
            // The pod itself, not the Service: a runtime that a halt made unready is just the one to ask.
            text`--runtime=http://${nameOf('runtime')}-0.${RUNTIME_PODS}:${config.http.port}`,
            text`--policy=${policy.digest}`,
            text`--decisions=${regression.decisions}`,
            text`--window-seconds=${regression.windowSeconds}`,
            '--json',
          ],
          resources: regression.resources,
          priority: 'gates',
          gracePeriodSeconds: 10,
          job: true,
        }),
      },
    });
  }
}
