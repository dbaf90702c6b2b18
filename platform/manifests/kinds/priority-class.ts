import type { Construct } from 'constructs';
import type * as scheduling from 'kubernetes-types/scheduling/v1.js';
import type { Templated } from '../../template/expression.ts';
import { Manifest } from '../manifest.ts';
import { commonLabels, type Priority, priorityClassName } from '../names.ts';

export class PriorityClass extends Manifest<scheduling.PriorityClass> {
  constructor(scope: Construct, priority: Priority, value: Templated<number>, description: string) {
    super(scope, `${priority}-priority-class`, {
      apiVersion: 'scheduling.k8s.io/v1',
      kind: 'PriorityClass',
      metadata: { name: priorityClassName(priority), labels: commonLabels },
      value,
      // Evolution waits for room; it is what makes room for the others.
      preemptionPolicy: priority === 'evolution' ? 'Never' : 'PreemptLowerPriority',
      description,
    });
  }
}
