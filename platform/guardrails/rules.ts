/** Every rule of the platform. Another one is a file in `rules/`, its line here, and its fixtures. */
import type { ClusterObject } from '../cluster/object.ts';
import type { Context, Finding, Rule } from './rule.ts';
import { approvedPolicy } from './rules/approved-policy.ts';
import { containedPods } from './rules/contained-pods.ts';
import { costCeiling } from './rules/cost-ceiling.ts';
import { digestPinned } from './rules/digest-pinned.ts';
import { gitOnly } from './rules/git-only.ts';
import { isolatedNamespaces } from './rules/isolated-namespaces.ts';
import { leastRights } from './rules/least-rights.ts';
import { mode, modeElsewhere } from './rules/mode.ts';
import { namespaceLabels } from './rules/namespace-labels.ts';
import { noSecrets } from './rules/no-secrets.ts';
import { poolLimits } from './rules/pool-limits.ts';
import { queuedJobs } from './rules/queued-jobs.ts';

export const rules: readonly Rule[] = [
  approvedPolicy,
  containedPods,
  costCeiling,
  digestPinned,
  gitOnly,
  isolatedNamespaces,
  leastRights,
  mode,
  modeElsewhere,
  namespaceLabels,
  noSecrets,
  poolLimits,
  queuedJobs,
];

/** What is wrong with these objects by the rules that apply, in the order of rules and objects. */
export function findings(
  objects: readonly ClusterObject[],
  context: Context,
): readonly (Finding & { readonly rule: string })[] {
  return rules
    .filter((rule) => rule.applies(context))
    .flatMap((rule) =>
      [
        ...objects.flatMap((object) => (rule.check?.(object, context) ?? []).map((problem) => ({ object, problem }))),
        ...(rule.checkAll?.(objects, context) ?? []),
      ].map((finding) => ({ ...finding, rule: rule.name })),
    );
}
