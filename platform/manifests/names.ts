/** Names and labels: explicit, because an object that changes its name is another object to a cluster. */
import { text } from '../template/expression.ts';
import { values } from '../values/references.ts';

export type Component =
  | 'runtime'
  | 'venue'
  | 'viewer'
  | 'gate'
  | 'regression'
  | 'drift'
  | 'evolution'
  | 'worker'
  | 'test';
export type Priority = 'runtime' | 'gates' | 'evolution';

/** Where a runtime's pod has its volume, with the journal. */
export const RUNTIME_STATE = '/var/lib/emp';

export const nameOf = (component: Component): string => `emp-${component}`;

/** What selects a component's pods. */
export const selectorOf = (component: Component) => ({
  'app.kubernetes.io/name': 'emp',
  'app.kubernetes.io/component': component as string,
});

export const labelsOf = (component: Component) => ({ ...selectorOf(component), 'app.kubernetes.io/part-of': 'emp' });

export const commonLabels = { 'app.kubernetes.io/name': 'emp', 'app.kubernetes.io/part-of': 'emp' };

/** Classes belong to the whole cluster, hence the environment in their names. */
export const priorityClassName = (priority: Priority) => text`emp-${values.config.environment}-${priority}`;
