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
import { digestOfLimits, digestOfWork, EVIDENCE_KEY, HOOK_KEPT_SECONDS, hookOf, LIMITS, TRUST } from './settings.ts';

const component = 'regression';
/** What a try may take beyond its window: to be scheduled and to pull its image. */
const START_SECONDS = 120;
/** What the slot was approved for, which it is held to. */
const EVIDENCE = '/etc/emp/evidence';

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
            `--evidence=${EVIDENCE}/${EVIDENCE_KEY}`,
            '--trust=/etc/emp/trust/trust.json',
            text`--decisions=${regression.decisions}`,
            text`--window-seconds=${regression.windowSeconds}`,
            '--json',
          ],
          resources: regression.resources,
          priority: 'gates',
          gracePeriodSeconds: 10,
          job: true,
          volumes: [
            { name: 'trust', configMap: { name: TRUST } },
            { name: 'evidence', configMap: { name: LIMITS, items: [{ key: EVIDENCE_KEY, path: EVIDENCE_KEY }] } },
          ],
          mounts: [
            { name: 'trust', mountPath: '/etc/emp/trust', readOnly: true },
            { name: 'evidence', mountPath: EVIDENCE, readOnly: true },
          ],
        }),
      },
    });
  }
}
