/** What moves a Deployment's number of pods: nothing, Kubernetes itself, or KEDA. */
import type { Construct } from 'constructs';
import { type Expression, equal } from '../template/expression.ts';
import { HorizontalPodAutoscaler } from './kinds/horizontal-pod-autoscaler.ts';
import { ScaledObject } from './kinds/scaled-object.ts';
import { Option } from './manifest.ts';
import type { Component } from './names.ts';

export interface Scaled {
  readonly replicas: Expression<number>;
  readonly maxReplicas: Expression<number>;
  readonly autoscaling: Expression<'none' | 'hpa' | 'keda'>;
}

export class Autoscaling {
  constructor(scope: Construct, component: Component, { replicas, maxReplicas, autoscaling }: Scaled) {
    const scale = { component, minReplicas: replicas, maxReplicas };
    new HorizontalPodAutoscaler(new Option(scope, 'hpa', equal(autoscaling, 'hpa')), scale);
    new ScaledObject(new Option(scope, 'keda', equal(autoscaling, 'keda')), scale);
  }
}
