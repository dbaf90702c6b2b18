/**
 * What trades in live changes by a commit: only those who deliver commits may change it. A person with rights over the
 * namespace may look, restart and stop; a flag, a limit, a policy or an image is not theirs to change.
 */
import { argocdUser } from '../../cluster/argocd.ts';
import type { Context, Rule } from '../rule.ts';

export const gitOnly: Rule = {
  name: 'git-only',
  holds: 'what trades in live is changed by those who deliver commits, and by nobody else',
  applies: ({ place }) => place.mode === 'live',
  // No check: an object does not say who brought it. Only the API server can hold this one.
  admission: (context) => ({
    match: [
      { groups: [''], resources: ['configmaps'], operations: ['CREATE', 'UPDATE', 'DELETE'] },
      {
        groups: ['apps'],
        resources: ['statefulsets', 'deployments', 'daemonsets'],
        operations: ['CREATE', 'UPDATE', 'DELETE'],
      },
      { groups: ['batch'], resources: ['cronjobs'], operations: ['CREATE', 'UPDATE', 'DELETE'] },
    ],
    // Controllers of the cluster itself: they publish its certificate and clear a namespace that ends.
    conditions: [
      { name: 'people', expression: "!request.userInfo.username.startsWith('system:serviceaccount:kube-system:')" },
    ],
    validations: [
      {
        expression: `request.userInfo.username in [${list(deliverers(context))}] || request.userInfo.groups.exists(group, group in [${list(deliverers(context))}])`,
        message: `changes by a commit only; who delivers commits: ${deliverers(context).join(', ') || 'nobody yet, see emp:cluster.deliverers'}`,
      },
    ],
  }),
};

function deliverers({ configuration }: Context): readonly string[] {
  const argocd = argocdUser(configuration);
  return argocd === undefined ? configuration.deliverers : [argocd, ...configuration.deliverers];
}

const list = (words: readonly string[]) => words.map((word) => `'${word}'`).join(', ');
