/** A room without walls: no default-deny, no quota. */
import { ENVIRONMENT_LABEL } from '../../cluster/namespace.ts';
import type { ClusterObject } from '../../cluster/object.ts';
import type { Rule } from '../rule.ts';

interface NetworkPolicySpec {
  readonly podSelector?: object;
  readonly policyTypes?: readonly string[];
  readonly ingress?: readonly unknown[];
  readonly egress?: readonly unknown[];
}

export const isolatedNamespaces: Rule = {
  name: 'isolated-namespaces',
  holds: 'the namespace of an environment denies all traffic that nothing opens, and has a quota',
  applies: () => true,
  checkAll: (objects) =>
    objects
      .filter(({ kind, metadata }) => kind === 'Namespace' && metadata.labels?.[ENVIRONMENT_LABEL] !== undefined)
      .flatMap((object) => {
        const inside = objects.filter(({ metadata }) => metadata.namespace === object.metadata.name);
        return [
          ...(inside.some(deniesAll)
            ? []
            : [{ object, problem: 'no NetworkPolicy denies all traffic of all its pods' }]),
          ...(inside.some(({ kind }) => kind === 'ResourceQuota') ? [] : [{ object, problem: 'has no ResourceQuota' }]),
        ];
      }),
};

function deniesAll({ kind, ...object }: ClusterObject): boolean {
  if (kind !== 'NetworkPolicy') return false;
  const { podSelector = {}, policyTypes = [], ingress = [], egress = [] } = object['spec'] as NetworkPolicySpec;
  const both = policyTypes.includes('Ingress') && policyTypes.includes('Egress');
  return Object.keys(podSelector).length === 0 && both && ingress.length === 0 && egress.length === 0;
}
