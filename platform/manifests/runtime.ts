/** The process that trades, and what belongs to it. */
import type { Construct } from 'constructs';
import { given, sum, text, when } from '../template/expression.ts';
import { values } from '../values/references.ts';
import { monitoring, NetworkPolicy, ours, tcp } from './kinds/network-policy.ts';
import { PodDisruptionBudget } from './kinds/pod-disruption-budget.ts';
import { Service } from './kinds/service.ts';
import { ServiceAccount } from './kinds/service-account.ts';
import { StatefulSet } from './kinds/stateful-set.ts';
import { nameOf, RUNTIME_STATE } from './names.ts';
import { httpProbe, pod } from './pod.ts';
import { DEPLOYMENT, deploymentMounts, deploymentVolumes } from './settings.ts';

/** What a stopping pod gets beyond the flatten timeout: for the logout and the last journal write. */
const GRACE_MARGIN_SECONDS = 20;

const component = 'runtime';
export const RUNTIME_PODS = `${nameOf(component)}-pods`;

export class Runtime {
  constructor(scope: Construct) {
    const { config, runtime } = values;
    const port = config.http.port;
    new ServiceAccount(scope, component);
    new Service(scope, { component, portName: 'http', port });
    new Service(scope, { component, portName: 'http', port, headless: true, name: RUNTIME_PODS });
    new PodDisruptionBudget(scope, component);
    new NetworkPolicy(scope, {
      component,
      from: [{ peers: [ours(), monitoring], port }],
      to: [tcp(config.venue.port)],
    });
    new StatefulSet(scope, {
      component,
      serviceName: RUNTIME_PODS,
      storage: runtime.storage,
      pod: pod({
        component,
        command: runtime.command,
        args: [
          text`--${values.mode}-mode`,
          text`--environment=${config.environment}`,
          `--deployment=${DEPLOYMENT}`,
          '--trust=/etc/emp/trust/trust.json',
          // Held against the approval where the environment pins one.
          when(given(values.image.digest), text`--image=${values.image.digest}`),
          `--state=${RUNTIME_STATE}`,
        ],
        resources: runtime.resources,
        placement: runtime,
        priority: 'runtime',
        gracePeriodSeconds: sum(config.flattenTimeoutSeconds, GRACE_MARGIN_SECONDS),
        serving: {
          ports: [{ name: 'http', containerPort: port, protocol: 'TCP' }],
          // Boot replays the journal and reconciles with the venue: up to five minutes.
          startupProbe: httpProbe('/healthz', { periodSeconds: 2, failureThreshold: 150 }),
          livenessProbe: httpProbe('/healthz', { periodSeconds: 10, failureThreshold: 3 }),
          readinessProbe: httpProbe('/readyz', { periodSeconds: 5, failureThreshold: 1 }),
        },
        volumes: deploymentVolumes,
        mounts: [...deploymentMounts, { name: 'state', mountPath: RUNTIME_STATE }],
      }),
    });
  }
}
