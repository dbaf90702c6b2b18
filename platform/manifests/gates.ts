/** One Job per gate of the catalogue, on the policy that the pointer names. */
import type { Construct } from 'constructs';
import type { Volume } from 'kubernetes-types/core/v1.js';
import { gateCatalog } from '../../gates/catalog.ts';
import { all, digest12, equal, given, text, when } from '../template/expression.ts';
import { values } from '../values/references.ts';
import { Job, podFailurePolicy } from './kinds/job.ts';
import { NetworkPolicy } from './kinds/network-policy.ts';
import { ServiceAccount } from './kinds/service-account.ts';
import { Option } from './manifest.ts';
import { labelsOf, nameOf } from './names.ts';
import { pod } from './pod.ts';
import { DEPLOYMENT, deploymentMounts, deploymentVolumes, digestOfWork, policyFolder } from './settings.ts';

const component = 'gate';
const KEYS = '/etc/emp/keys';

export class Gates {
  constructor(parent: Construct) {
    const { gates, policy } = values;
    // Without a policy there is nothing to judge.
    const scope = new Option(parent, 'gates', all(gates.enabled, given(policy.digest)));
    new ServiceAccount(scope, component);
    new NetworkPolicy(scope, { component, from: [], to: [] });
    for (const gate of gateCatalog) gateJob(scope, gate);
  }
}

function gateJob(scope: Construct, gate: (typeof gateCatalog)[number]): void {
  const { gates, policy, config, image } = values;
  const ofArgo = equal(gates.hook, 'argocd');
  const hasKeys = given(gates.keySecret);
  new Job(scope, {
    id: `gate-${gate.name}`,
    metadata: {
      name: text`${nameOf(component)}-${gate.name}-${digest12(policy.digest)}-${digestOfWork(gates)}`,
      labels: { ...labelsOf(component), 'emp/gate': gate.name },
      annotations: when(ofArgo, {
        'argocd.argoproj.io/hook': 'PreSync',
        'argocd.argoproj.io/hook-delete-policy': 'BeforeHookCreation',
      }),
    },
    spec: {
      // A gate that errored is tried again; one that failed (exit 1) has answered.
      backoffLimit: 2,
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
        gracePeriodSeconds: 10,
        job: true,
        volumes: [
          ...deploymentVolumes,
          when<Volume>(hasKeys, { name: 'keys', secret: { secretName: gates.keySecret, defaultMode: 0o440 } }),
        ],
        mounts: [...deploymentMounts, when(hasKeys, { name: 'keys', mountPath: KEYS, readOnly: true })],
      }),
    },
  });
}
