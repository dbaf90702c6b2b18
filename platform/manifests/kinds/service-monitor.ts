import type { Construct } from 'constructs';
import type { LabelSelector, ObjectMeta } from 'kubernetes-types/meta/v1.js';
import { Manifest } from '../manifest.ts';
import { type Component, labelsOf, nameOf, selectorOf } from '../names.ts';

/** The fields of monitoring.coreos.com/v1 ServiceMonitor that we set. */
interface PrometheusServiceMonitor {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata?: ObjectMeta;
  readonly spec: {
    readonly selector: LabelSelector;
    readonly endpoints: readonly { readonly port: string; readonly path: string; readonly interval: string }[];
  };
}

export class ServiceMonitor extends Manifest<PrometheusServiceMonitor> {
  constructor(scope: Construct, component: Component) {
    super(scope, `${component}-service-monitor`, {
      apiVersion: 'monitoring.coreos.com/v1',
      kind: 'ServiceMonitor',
      metadata: { name: nameOf(component), labels: labelsOf(component) },
      spec: {
        selector: { matchLabels: selectorOf(component) },
        endpoints: [{ port: 'http', path: '/metrics', interval: '15s' }],
      },
    });
  }
}
