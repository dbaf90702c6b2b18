/** A pool that may grow without end is a bill without end; one without a taint is a bill for somebody else's pods. */

import type { ClusterObject } from '../../cluster/object.ts';
import { GPU, gpusAtMost } from '../../cluster/pools/pool.ts';
import { poolsOf } from '../../cluster/pools/pools.ts';
import type { Context, Rule } from '../rule.ts';

interface NodePoolSpec {
  readonly limits?: Readonly<Record<string, string | number>>;
  readonly template?: { readonly spec?: { readonly taints?: readonly { readonly key: string }[] } };
}

const prefixOf = ({ place }: Context) => `emp-${place.environment}-`;

export const poolLimits: Rule = {
  name: 'pool-limits',
  holds: 'a GPU pool starts no more GPUs than declared and keeps everybody else’s pods off',
  applies: ({ configuration }) => configuration.nodes.by.startsWith('karpenter-'),
  check(object, context) {
    const { kind, metadata } = object;
    if (kind !== 'NodePool' || !metadata.name.startsWith(prefixOf(context))) return [];
    const declared = declaredOf(object, context);
    const { limits, template } = object['spec'] as NodePoolSpec;
    const limit = limits?.[GPU];
    const tainted = (template?.spec?.taints ?? []).some(({ key }) => key === GPU);
    return [
      ...(limit === undefined ? [`has no limit of ${GPU}`] : []),
      ...(Number(limit) > declared ? [`may start ${limit} GPUs, at most ${declared} are declared`] : []),
      ...(tainted ? [] : [`has no taint ${GPU}`]),
    ];
  },
  admission: (context) => ({
    match: [{ groups: ['karpenter.sh'], resources: ['nodepools'] }],
    where: 'cluster',
    conditions: [{ name: 'ours', expression: `object.metadata.name.startsWith('${prefixOf(context)}')` }],
    variables: [
      { name: 'limit', expression: `object.spec.?limits[?'${GPU}'].orValue('')` },
      { name: 'declared', expression: `{${declaredList(context)}}[?object.metadata.name].orValue('0')` },
    ],
    validations: [
      {
        expression: `string(variables.limit) != '' && quantity(string(variables.limit)).compareTo(quantity(variables.declared)) <= 0`,
        message: `may start more GPUs than declared: ${declaredList(context) || 'none are'}`,
      },
      {
        expression: `object.spec.template.spec.?taints.orValue([]).exists(taint, taint.key == '${GPU}')`,
        message: `has no taint ${GPU}`,
      },
    ],
  }),
};

function declaredOf({ metadata }: ClusterObject, { place, configuration }: Context): number {
  const declared = poolsOf(place.environment, configuration).find(({ fullName }) => fullName === metadata.name);
  return declared === undefined ? 0 : gpusAtMost(declared.pool);
}

function declaredList({ place, configuration }: Context): string {
  return poolsOf(place.environment, configuration)
    .map(({ pool, fullName }) => `'${fullName}': '${gpusAtMost(pool)}'`)
    .join(', ');
}
