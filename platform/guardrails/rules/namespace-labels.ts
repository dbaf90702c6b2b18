/** The rules find a namespace by its labels; whoever could take them off would be under no rule. */
import { ENVIRONMENT_LABEL, MODE_LABEL } from '../../cluster/namespace.ts';
import type { Rule } from '../rule.ts';

const ENFORCE = 'pod-security.kubernetes.io/enforce';

export const namespaceLabels: Rule = {
  name: 'namespace-labels',
  holds: 'the namespace says its environment and mode and enforces restricted pods, and nobody takes that away',
  applies: () => true,
  check({ kind, metadata }, { place }) {
    if (kind !== 'Namespace' || metadata.name !== place.namespace) return [];
    const expected = { [ENVIRONMENT_LABEL]: place.environment, [MODE_LABEL]: place.mode, [ENFORCE]: 'restricted' };
    return Object.entries(expected)
      .filter(([label, value]) => metadata.labels?.[label] !== value)
      .map(
        ([label, value]) => `the label ${label} is ${metadata.labels?.[label] ?? 'absent'}, only ${value} is allowed`,
      );
  },
  admission: ({ place }) => ({
    match: [{ groups: [''], resources: ['namespaces'] }],
    where: 'cluster',
    conditions: [{ name: 'ours', expression: `object.metadata.name == '${place.namespace}'` }],
    validations: [
      [ENVIRONMENT_LABEL, place.environment],
      [MODE_LABEL, place.mode],
      [ENFORCE, 'restricted'],
    ].map(([label, value]) => ({
      expression: `object.metadata.?labels[?'${label}'].orValue('') == '${value}'`,
      message: `the label ${label} must stay ${value}`,
    })),
  }),
};
