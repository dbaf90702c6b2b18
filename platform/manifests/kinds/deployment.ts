import type { Construct } from 'constructs';
import type * as apps from 'kubernetes-types/apps/v1.js';
import type { PodTemplateSpec } from 'kubernetes-types/core/v1.js';
import { type Expression, equal, type Templated, when } from '../../template/expression.ts';
import { type LetOff, letOffAnnotations } from '../let-off.ts';
import { Manifest } from '../manifest.ts';
import { type Component, labelsOf, nameOf, selectorOf } from '../names.ts';

export interface DeploymentProps {
  readonly component: Component;
  readonly pod: Templated<PodTemplateSpec>;
  readonly replicas: Expression<number>;
  /** Where something else moves the number, it stands here no longer: an apply would set it back. */
  readonly autoscaling: Expression<'none' | 'hpa' | 'keda'>;
  /** Where KEDA moves the number, which the objects' linter does not know. */
  readonly letOffWithKeda?: LetOff;
}

export class Deployment extends Manifest<apps.Deployment> {
  constructor(scope: Construct, { component, pod, replicas, autoscaling, letOffWithKeda }: DeploymentProps) {
    const { annotations } = letOffAnnotations(letOffWithKeda);
    super(scope, `${component}-deployment`, {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: {
        name: nameOf(component),
        labels: labelsOf(component),
        ...(annotations && { annotations: when(equal(autoscaling, 'keda'), annotations) }),
      },
      spec: {
        replicas: when(equal(autoscaling, 'none'), replicas),
        selector: { matchLabels: selectorOf(component) },
        template: pod,
      },
    });
  }
}
