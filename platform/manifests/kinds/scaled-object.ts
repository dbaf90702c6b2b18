import type { Construct } from 'constructs';
import type { ObjectMeta } from 'kubernetes-types/meta/v1.js';
import { Manifest } from '../manifest.ts';
import { labelsOf, nameOf } from '../names.ts';
import { type ScaleProps, TARGET_CPU_PERCENT } from './horizontal-pod-autoscaler.ts';

/** The fields of KEDA's ScaledObject (keda.sh/v1alpha1) that we set. */
interface KedaScaledObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata?: ObjectMeta;
  readonly spec: {
    readonly scaleTargetRef: { readonly name: string };
    readonly minReplicaCount: number;
    readonly maxReplicaCount: number;
    readonly triggers: readonly {
      readonly type: string;
      readonly metricType: string;
      readonly metadata: Readonly<Record<string, string>>;
    }[];
  };
}

/** The same rule as the HorizontalPodAutoscaler's, by KEDA. */
export class ScaledObject extends Manifest<KedaScaledObject> {
  constructor(scope: Construct, { component, minReplicas, maxReplicas }: ScaleProps) {
    super(scope, `${component}-scaled-object`, {
      apiVersion: 'keda.sh/v1alpha1',
      kind: 'ScaledObject',
      metadata: { name: nameOf(component), labels: labelsOf(component) },
      spec: {
        scaleTargetRef: { name: nameOf(component) },
        minReplicaCount: minReplicas,
        maxReplicaCount: maxReplicas,
        triggers: [{ type: 'cpu', metricType: 'Utilization', metadata: { value: String(TARGET_CPU_PERCENT) } }],
      },
    });
  }
}
