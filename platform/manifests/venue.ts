/** A simulated exchange, which paper may trade on. */
import type { Construct } from 'constructs';
import { text } from '../template/expression.ts';
import { values } from '../values/references.ts';
import { NetworkPolicy, ours } from './kinds/network-policy.ts';
import { Service } from './kinds/service.ts';
import { ServiceAccount } from './kinds/service-account.ts';
import { StatefulSet } from './kinds/stateful-set.ts';
import { Option } from './manifest.ts';
import { nameOf } from './names.ts';
import { pod } from './pod.ts';

const component = 'venue';
const PODS = `${nameOf(component)}-pods`;

export class Venue {
  constructor(parent: Construct) {
    const { config, venue } = values;
    const scope = new Option(parent, component, venue.enabled);
    const port = config.venue.port;
    new ServiceAccount(scope, component);
    new Service(scope, { component, portName: 'fix', port });
    new Service(scope, { component, portName: 'fix', port, headless: true, name: PODS });
    new NetworkPolicy(scope, { component, from: [{ peers: [ours('runtime')], port }], to: [] });
    new StatefulSet(scope, {
      component,
      serviceName: PODS,
      letOff: {
        checks: ['pod-probes'],
        because:
          'connecting is all that a probe may do here, and readiness does it; as liveness it would end a busy market',
      },
      storage: venue.storage,
      pod: pod({
        component,
        command: venue.command,
        args: [
          '--host=0.0.0.0',
          text`--port=${port}`,
          text`--seed=${venue.seed}`,
          '--state=/var/lib/emp/venue.sqlite',
          '--json',
        ],
        resources: venue.resources,
        priority: 'runtime',
        gracePeriodSeconds: 30,
        serving: {
          ports: [{ name: 'fix', containerPort: port, protocol: 'TCP' }],
          // Connecting is all that a probe may do: a logon would be the runtime's.
          readinessProbe: { tcpSocket: { port: 'fix' }, periodSeconds: 10, failureThreshold: 3 },
        },
        mounts: [{ name: 'state', mountPath: '/var/lib/emp' }],
      }),
    });
  }
}
