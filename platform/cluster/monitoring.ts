/**
 * What the cluster itself must not do unseen (monitoring.coreos.com/v1). The workloads' own rules come with them.
 *
 * Metrics: kube-state-metrics (kube_resourcequota), Kueue (kueue_pending_workloads), and the API server
 * (apiserver_validating_admission_policy_check_total).
 */
import type { ClusterConfiguration } from './configuration.ts';
import type { Place } from './namespace.ts';
import { type ClusterObject, ownLabels } from './object.ts';

export function monitoringObjects(place: Place, configuration: ClusterConfiguration): readonly ClusterObject[] {
  if (!configuration.monitoring.rules) return [];
  const { environment, namespace } = place;
  return [
    {
      apiVersion: 'monitoring.coreos.com/v1',
      kind: 'PrometheusRule',
      metadata: { name: 'emp-cluster', namespace, labels: ownLabels },
      spec: { groups: [{ name: `emp-${environment}-cluster`, rules: clusterAlerts(place, configuration) }] },
    },
  ];
}

/** Each has its worlds in `scripts/alerts/cases.ts`. */
export function clusterAlerts({ environment, namespace }: Place, { jobs }: ClusterConfiguration) {
  const used = `kube_resourcequota{namespace="${namespace}",resourcequota="emp",type="used"}`;
  const hard = `kube_resourcequota{namespace="${namespace}",resourcequota="emp",type="hard"}`;
  const refused = `apiserver_validating_admission_policy_check_total{policy=~"emp-${environment}-.*",enforcement_action="deny"}`;
  return [
    {
      alert: 'EmpQuotaNearlyUsed',
      expr: `${used} / ignoring(type) (${hard} > 0) > 0.9`,
      for: '15m',
      labels: { severity: 'warning', environment },
      annotations: {
        summary: `${namespace} uses nine tenths of its quota of {{ $labels.resource }}`,
        fix: 'Raise emp:cluster.quota of the stack, or find what grows.',
      },
    },
    {
      alert: 'EmpAdmissionRefused',
      // The first refusal makes the series: increase() sees nothing in it.
      expr: `${refused} unless ${refused} == ${refused} offset 10m`,
      labels: { severity: 'critical', environment },
      annotations: {
        summary: `The API server refused something in ${environment} by {{ $labels.policy }}`,
        fix: 'Somebody tried what only a commit may do, or a commit is wrong: read the audit log of the API server.',
      },
    },
    ...(jobs === undefined
      ? []
      : [
          {
            alert: 'EmpJobsWait',
            expr: `sum(kueue_pending_workloads{cluster_queue="emp-${environment}"}) > 0`,
            for: '6h',
            labels: { severity: 'info', environment },
            annotations: {
              summary: `Jobs have waited in emp-${environment} for six hours`,
              fix: 'Raise emp:cluster.jobs or a pool’s quotaGpus, or stop a run.',
            },
          },
        ]),
  ];
}
