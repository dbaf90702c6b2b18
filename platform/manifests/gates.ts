/** One Job per gate of the catalogue, on the policy that the pointer names. */
import type { Construct } from 'constructs';
import type { Volume } from 'kubernetes-types/core/v1.js';
import { gateCatalog } from '../../gates/catalog.ts';
import { all, choose, digest12, equal, given, not, text, when } from '../template/expression.ts';
import { values } from '../values/references.ts';
import { Job, podFailurePolicy } from './kinds/job.ts';
import { NetworkPolicy } from './kinds/network-policy.ts';
import { ServiceAccount } from './kinds/service-account.ts';
import { Option } from './manifest.ts';
import { labelsOf, nameOf } from './names.ts';
import { pod } from './pod.ts';
import {
  DEPLOYMENT,
  deploymentMounts,
  digestOfLimits,
  digestOfWork,
  gateVolumes,
  HOOK_KEPT_SECONDS,
  hookOf,
  policyFolder,
} from './settings.ts';

const component = 'gate';
const ofArgo = equal(values.gates.hook, 'argocd');
const KEYS = '/etc/emp/keys';

export class Gates {
  constructor(parent: Construct) {
    const { gates, policy } = values;
    // Without a policy there is nothing to judge.
    const scope = new Option(parent, 'gates', all(gates.enabled, given(policy.digest)));
    // All that a gate's pod needs comes with the hook: nothing else of the commit is there before the gates have passed.
    const annotations = when(ofArgo, hookOf('PreSync', -1));
    new ServiceAccount(scope, component, annotations);
    new NetworkPolicy(scope, { component, annotations, from: [], to: [] });
    for (const gate of gateCatalog) gateJob(scope, gate);
  }
}

function gateJob(scope: Construct, gate: (typeof gateCatalog)[number]): void {
  const { gates, policy, config, image } = values;
  // What a hook's copy holds changes with the limits, too.
  const work = choose(ofArgo, text`${digestOfWork(gates)}-${digestOfLimits}`, digestOfWork(gates));
  const hasKeys = given(gates.keySecret);
  new Job(scope, {
    id: `gate-${gate.name}`,
    metadata: {
      name: text`${nameOf(component)}-${gate.name}-${digest12(policy.digest)}-${work}`,
      labels: { ...labelsOf(component), 'emp/gate': gate.name },
      annotations: when(ofArgo, hookOf('PreSync', 0)),
    },
    spec: {
      // A gate that errored is tried again; one that failed (exit 1) has answered.
      backoffLimit: 2,
      ttlSecondsAfterFinished: when(ofArgo, HOOK_KEPT_SECONDS),
      activeDeadlineSeconds: 3 * gate.timeoutSeconds,
      podFailurePolicy: podFailurePolicy('FailJob', component, [1, 2]),
      template: pod({
        component,
        command: gates.command,
        args: [
          text`--policy=${policyFolder}`,
          `--only=${gate.name}`,
          text`--environment=${config.environment}`,
          `--deployment=${DEPLOYMENT}`,
          when(given(image.digest), text`--image=${image.digest}`),
          text`--seed=${gates.seed}`,
          '--state=/tmp/emp',
          when(hasKeys, `--keys=${KEYS}`),
          '--json',
        ],
        env: [{ name: 'HOME', value: '/tmp' }],
        resources: { cpu: String(gate.cpu), memory: `${gate.memoryMi}Mi`, ephemeralStorage: '512Mi' },
        priority: 'gates',
        // Classes that the environment brings are not there yet when its gates run before it.
        priorityWhen: not(all(ofArgo, values.priorityClasses)),
        gracePeriodSeconds: 10,
        job: true,
        volumes: [
          ...gateVolumes,
          when<Volume>(hasKeys, { name: 'keys', secret: { secretName: gates.keySecret, defaultMode: 0o440 } }),
        ],
        mounts: [...deploymentMounts, when(hasKeys, { name: 'keys', mountPath: KEYS, readOnly: true })],
      }),
    },
  });
}
