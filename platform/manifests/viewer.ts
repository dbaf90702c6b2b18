/** The web page that shows the loop. */
import type { Construct } from 'constructs';
import { text } from '../template/expression.ts';
import { values } from '../values/references.ts';
import { Autoscaling } from './autoscaling.ts';
import { Deployment } from './kinds/deployment.ts';
import { NetworkPolicy, ours, tcp } from './kinds/network-policy.ts';
import { PodDisruptionBudget } from './kinds/pod-disruption-budget.ts';
import { Service } from './kinds/service.ts';
import { ServiceAccount } from './kinds/service-account.ts';
import { Option } from './manifest.ts';
import { nameOf } from './names.ts';
import { httpProbe, pod } from './pod.ts';

const component = 'viewer';

export class Viewer {
  constructor(parent: Construct) {
    const { viewer, config } = values;
    const scope = new Option(parent, component, viewer.enabled);
    new ServiceAccount(scope, component);
    new Service(scope, { component, portName: 'http', port: viewer.port });
    new PodDisruptionBudget(scope, component);
    // In: whoever port-forwards or an ingress of the same namespace.
    new NetworkPolicy(scope, {
      component,
      from: [{ peers: [ours()], port: viewer.port }],
      to: [tcp(config.http.port, [ours('runtime')])],
    });
    new Deployment(scope, {
      component,
      replicas: viewer.replicas,
      autoscaling: viewer.autoscaling,
      letOffWithKeda: {
        checks: ['deployment-replicas'],
        because:
          'its ScaledObject keeps as many as viewer.replicas says; the linter looks for a HorizontalPodAutoscaler',
      },
      pod: pod({
        component,
        command: viewer.command,
        args: [
          '--host=0.0.0.0',
          text`--port=${viewer.port}`,
          // A browser that comes by another name than its own is refused, so that no foreign page can read it.
          `--name=${nameOf(component)}`,
          text`--runtime=http://${nameOf('runtime')}:${config.http.port}`,
        ],
        resources: viewer.resources,
        priority: 'gates',
        spread: true,
        gracePeriodSeconds: 10,
        serving: {
          ports: [{ name: 'http', containerPort: viewer.port, protocol: 'TCP' }],
          livenessProbe: { tcpSocket: { port: 'http' }, periodSeconds: 10, failureThreshold: 3 },
          readinessProbe: httpProbe('/', { periodSeconds: 5, failureThreshold: 2 }),
        },
      }),
    });
    new Autoscaling(scope, component, viewer);
  }
}
