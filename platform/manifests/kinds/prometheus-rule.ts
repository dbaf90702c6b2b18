import type { Construct } from 'constructs';
import type { ObjectMeta } from 'kubernetes-types/meta/v1.js';
import { Manifest } from '../manifest.ts';
import { type Component, labelsOf, nameOf } from '../names.ts';

export interface AlertRule {
  readonly alert: string;
  readonly expr: string;
  /** How long it must hold; absent: at once. */
  readonly for?: string;
  readonly labels: { readonly severity: 'critical' | 'warning' };
  readonly annotations: { readonly summary: string; readonly fix: string };
}

/** The fields of monitoring.coreos.com/v1 PrometheusRule that we set. */
interface OperatorRule {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata?: ObjectMeta;
  readonly spec: { readonly groups: readonly { readonly name: string; readonly rules: readonly AlertRule[] }[] };
}

export class PrometheusRule extends Manifest<OperatorRule> {
  constructor(scope: Construct, component: Component, rules: readonly AlertRule[]) {
    super(scope, `${component}-prometheus-rule`, {
      apiVersion: 'monitoring.coreos.com/v1',
      kind: 'PrometheusRule',
      metadata: { name: nameOf(component), labels: labelsOf(component) },
      spec: { groups: [{ name: nameOf(component), rules }] },
    });
  }
}
