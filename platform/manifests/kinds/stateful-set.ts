import type { Construct } from 'constructs';
import type * as apps from 'kubernetes-types/apps/v1.js';
import type { PodTemplateSpec } from 'kubernetes-types/core/v1.js';
import { type Expression, given, type Templated, when } from '../../template/expression.ts';
import { type LetOff, letOffAnnotations } from '../let-off.ts';
import { Manifest } from '../manifest.ts';
import { type Component, labelsOf, nameOf, selectorOf } from '../names.ts';

export interface StatefulSetProps {
  readonly component: Component;
  /** Headless service that names the pods. */
  readonly serviceName: string;
  readonly pod: Templated<PodTemplateSpec>;
  readonly letOff?: LetOff;
  /** What outlives the pod, in the volume `state`. */
  readonly storage: { readonly size: Expression<string>; readonly className: Expression<string> };
}

/** One pod that keeps its state. */
export class StatefulSet extends Manifest<apps.StatefulSet> {
  constructor(scope: Construct, { component, serviceName, pod, storage, letOff }: StatefulSetProps) {
    super(scope, `${component}-stateful-set`, {
      apiVersion: 'apps/v1',
      kind: 'StatefulSet',
      metadata: { name: nameOf(component), labels: labelsOf(component), ...letOffAnnotations(letOff) },
      spec: {
        serviceName,
        // One: two pods must never trade one symbol.
        replicas: 1,
        selector: { matchLabels: selectorOf(component) },
        template: pod,
        volumeClaimTemplates: [
          {
            metadata: { name: 'state' },
            spec: {
              accessModes: ['ReadWriteOnce'],
              storageClassName: when(given(storage.className), storage.className),
              resources: { requests: { storage: storage.size } },
            },
          },
        ],
      },
    });
  }
}
