import type { Construct } from 'constructs';
import type * as autoscaling from 'kubernetes-types/autoscaling/v2.js';
import type { Expression } from '../../template/expression.ts';
import { Manifest } from '../manifest.ts';
import { type Component, labelsOf, nameOf } from '../names.ts';

export interface ScaleProps {
  readonly component: Component;
  readonly minReplicas: Expression<number>;
  readonly maxReplicas: Expression<number>;
}

/** By CPU: half of what a pod is given leaves room for the minute that a new one takes. */
export const TARGET_CPU_PERCENT = 50;

export class HorizontalPodAutoscaler extends Manifest<autoscaling.HorizontalPodAutoscaler> {
  constructor(scope: Construct, { component, minReplicas, maxReplicas }: ScaleProps) {
    super(scope, `${component}-horizontal-pod-autoscaler`, {
      apiVersion: 'autoscaling/v2',
      kind: 'HorizontalPodAutoscaler',
      metadata: { name: nameOf(component), labels: labelsOf(component) },
      spec: {
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: nameOf(component) },
        minReplicas,
        maxReplicas,
        metrics: [
          {
            type: 'Resource',
            resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: TARGET_CPU_PERCENT } },
          },
        ],
      },
    });
  }
}
