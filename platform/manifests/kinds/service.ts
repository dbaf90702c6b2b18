import type { Construct } from 'constructs';
import type * as core from 'kubernetes-types/core/v1.js';
import type { Templated } from '../../template/expression.ts';
import { Manifest } from '../manifest.ts';
import { type Component, labelsOf, nameOf, selectorOf } from '../names.ts';

export interface ServiceProps {
  readonly component: Component;
  /** Name of the container's port. */
  readonly portName: string;
  readonly port: Templated<number>;
  /** No address of its own: names each pod of a StatefulSet. */
  readonly headless?: boolean;
  /** @default the component's name */
  readonly name?: string;
}

export class Service extends Manifest<core.Service> {
  constructor(
    scope: Construct,
    { component, portName, port, headless = false, name = nameOf(component) }: ServiceProps,
  ) {
    super(scope, `${name.replace(/^emp-/, '')}-service`, {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name, labels: labelsOf(component) },
      spec: {
        // Who asks for one pod by its name wants that one, ready or not.
        ...(headless ? { clusterIP: 'None', publishNotReadyAddresses: true } : { type: 'ClusterIP' }),
        selector: selectorOf(component),
        ports: [{ name: portName, port, targetPort: portName, protocol: 'TCP' }],
      },
    });
  }
}
