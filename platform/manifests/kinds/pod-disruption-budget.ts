import type { Construct } from 'constructs';
import type * as policy from 'kubernetes-types/policy/v1.js';
import { Manifest } from '../manifest.ts';
import { type Component, labelsOf, nameOf, selectorOf } from '../names.ts';

/** One pod at a time may be moved. */
export class PodDisruptionBudget extends Manifest<policy.PodDisruptionBudget> {
  constructor(scope: Construct, component: Component) {
    super(scope, `${component}-pod-disruption-budget`, {
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: { name: nameOf(component), labels: labelsOf(component) },
      spec: {
        maxUnavailable: 1,
        selector: { matchLabels: selectorOf(component) },
        unhealthyPodEvictionPolicy: 'AlwaysAllow',
      },
    });
  }
}
