/** Nobody gets more than a name for what he does: no wildcard, no secret, no pod or shell, nothing for everybody. */
import type { ClusterObject } from '../../cluster/object.ts';
import type { Rule } from '../rule.ts';

interface PolicyRule {
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly verbs?: readonly string[];
}

const FORBIDDEN = ['*', 'secrets', 'pods/exec', 'pods/attach', 'serviceaccounts/token'];
const EVERYBODY = ['system:authenticated', 'system:unauthenticated', 'system:serviceaccounts'];
const STARTS = ['create', 'update', 'patch'];

export const leastRights: Rule = {
  name: 'least-rights',
  holds: 'no role reaches secrets, shells or pods, no wildcard, and nothing is bound to everybody or to cluster-admin',
  applies: () => true,
  check: (object) => [...roleProblems(object), ...bindingProblems(object)],
  admission: () => ({
    match: [{ groups: ['rbac.authorization.k8s.io'], resources: ['roles', 'rolebindings'] }],
    variables: [
      { name: 'rules', expression: "object.kind == 'Role' ? object.?rules.orValue([]) : []" },
      { name: 'subjects', expression: "object.kind == 'RoleBinding' ? object.?subjects.orValue([]) : []" },
    ],
    validations: [
      {
        expression: `variables.rules.all(rule, !(rule.?resources.orValue([]) + rule.?verbs.orValue([]) + rule.?apiGroups.orValue([])).exists(word, word in [${list(FORBIDDEN)}]))`,
        message: `a role names one of ${FORBIDDEN.join(', ')}`,
      },
      {
        expression: `variables.rules.all(rule, !('pods' in rule.?resources.orValue([])) || !rule.?verbs.orValue([]).exists(verb, verb in [${list(STARTS)}]))`,
        message: 'a role may start or change pods',
      },
      {
        expression: `variables.subjects.all(subject, !(subject.name in [${list(EVERYBODY)}]) && !(subject.kind == 'ServiceAccount' && subject.name == 'default'))`,
        message: 'a role is bound to everybody or to the default account',
      },
      {
        expression: "object.kind != 'RoleBinding' || object.roleRef.name != 'cluster-admin'",
        message: 'binds cluster-admin',
      },
    ],
  }),
};

const list = (words: readonly string[]) => words.map((word) => `'${word}'`).join(', ');

function roleProblems({ kind, rules }: ClusterObject): readonly string[] {
  if (kind !== 'Role' && kind !== 'ClusterRole') return [];
  return ((rules ?? []) as readonly PolicyRule[]).flatMap(({ apiGroups = [], resources = [], verbs = [] }) => [
    ...[...apiGroups, ...resources, ...verbs].filter((word) => FORBIDDEN.includes(word)).map((word) => `names ${word}`),
    ...verbs.filter((verb) => resources.includes('pods') && STARTS.includes(verb)).map((verb) => `may ${verb} pods`),
  ]);
}

function bindingProblems({ kind, ...object }: ClusterObject): readonly string[] {
  if (kind !== 'RoleBinding' && kind !== 'ClusterRoleBinding') return [];
  const subjects = (object['subjects'] ?? []) as readonly { readonly kind: string; readonly name: string }[];
  const role = (object['roleRef'] as { readonly name: string }).name;
  return [
    ...(role === 'cluster-admin' ? ['binds cluster-admin'] : []),
    ...subjects
      .filter(({ kind: whose, name }) => EVERYBODY.includes(name) || (whose === 'ServiceAccount' && name === 'default'))
      .map(({ name }) => `is bound to ${name}`),
  ];
}
