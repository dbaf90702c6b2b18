/** What Pod Security `restricted` leaves open: writable roots, tokens, borrowed accounts, appetite without end. */
import { containersOf, podKinds, podOf, podVariables } from '../pods.ts';
import type { Rule } from '../rule.ts';

export const containedPods: Rule = {
  name: 'contained-pods',
  holds: 'every pod has a read-only root, an account of its own without a token, and a limit of memory',
  applies: () => true,
  check(object, { place }) {
    const pod = podOf(object);
    if (pod === undefined || object.metadata.namespace !== place.namespace) return [];
    const problems: string[] = [];
    if ((pod.serviceAccountName ?? 'default') === 'default')
      problems.push('serviceAccountName is default, one of its own is allowed');
    if (pod.automountServiceAccountToken !== false) problems.push('automountServiceAccountToken is not false');
    for (const { name, securityContext, resources } of containersOf(pod)) {
      if (securityContext?.readOnlyRootFilesystem !== true)
        problems.push(`${name}: readOnlyRootFilesystem is not true`);
      if (resources?.limits?.['memory'] === undefined) problems.push(`${name}: has no limit of memory`);
    }
    return problems;
  },
  admission: () => ({
    match: podKinds.map((match) => ({ ...match, resources: match.resources.filter((name) => !name.includes('/')) })),
    variables: podVariables,
    validations: [
      {
        expression: "variables.pod.?serviceAccountName.orValue('default') != 'default'",
        message: 'serviceAccountName is default, one of its own is allowed',
      },
      {
        expression: 'variables.pod.?automountServiceAccountToken.orValue(true) == false',
        message: 'automountServiceAccountToken is not false',
      },
      {
        expression:
          'variables.containers.all(container, container.?securityContext.readOnlyRootFilesystem.orValue(false))',
        message: 'readOnlyRootFilesystem is not true',
      },
      {
        expression:
          "variables.containers.all(container, has(container.resources.limits) && 'memory' in container.resources.limits)",
        message: 'has no limit of memory',
      },
    ],
  }),
};
