/** For each alert rule a world in which it fires and one, as near to it as may be, in which it stays silent. */

export interface AlertCase {
  /** Prometheus' notation: `0x20` is zero and then twenty more of it, a minute apart. */
  readonly series: Readonly<Record<string, string>>;
  /** When the rule is looked at, such as `5m`. */
  readonly at: string;
}

/** Of 32 cores, beside a resource of which nothing may be used. */
const quota = (cores: number) => {
  const series = (resource: string, type: string) =>
    `kube_resourcequota{namespace="emp-paper",resourcequota="emp",resource="${resource}",type="${type}"}`;
  return {
    [series('limits.cpu', 'used')]: `${cores}x30`,
    [series('limits.cpu', 'hard')]: '32x30',
    [series('services.nodeports', 'used')]: '0x30',
    [series('services.nodeports', 'hard')]: '0x30',
  };
};

const refusals = (action: string) =>
  `apiserver_validating_admission_policy_check_total{policy="emp-paper-mode",enforcement_action="${action}"}`;

const waiting = (status: string) => `kueue_pending_workloads{cluster_queue="emp-paper",status="${status}"}`;

/** By alert. Two series of one case are two of one scrape. */
export const alertCases: Readonly<Record<string, { readonly fires: AlertCase; readonly silent: AlertCase }>> = {
  EmpRuntimeDown: {
    fires: { series: { 'up{service="emp-runtime"}': '1 1 0x10' }, at: '6m' },
    silent: { series: { 'up{service="emp-runtime"}': '1 0 1x10' }, at: '6m' },
  },
  EmpSessionDown: {
    fires: { series: { emp_session_up: '1 0x10' }, at: '3m' },
    silent: { series: { emp_session_up: '0 1x10' }, at: '3m' },
  },
  EmpPositionUnknown: {
    fires: { series: { emp_position_known: '1 0x10' }, at: '3m' },
    silent: { series: { emp_position_known: '0 1x10' }, at: '3m' },
  },
  EmpBookStale: {
    fires: { series: { 'emp_book_live{symbol="A"}': '1x10', 'emp_book_live{symbol="B"}': '1 0x10' }, at: '3m' },
    silent: { series: { 'emp_book_live{symbol="A"}': '1x10', 'emp_book_live{symbol="B"}': '0 1x10' }, at: '3m' },
  },
  EmpDisabled: {
    fires: { series: { 'emp_disabled{reason="FEED_STALE"}': '0 1x20' }, at: '8m' },
    silent: {
      series: { 'emp_disabled{reason="WARMUP"}': '1x20', 'emp_disabled{reason="FEED_STALE"}': '1 1 0x20' },
      at: '8m',
    },
  },
  EmpRegimeDrift: {
    fires: { series: { 'emp_disabled{reason="REGIME_DRIFT"}': '0 1x60' }, at: '30m' },
    silent: { series: { 'emp_disabled{reason="FEED_STALE"}': '1x60' }, at: '30m' },
  },
  EmpSignalWeak: {
    fires: { series: { 'emp_signal_index_ratio{symbol="A"}': '1 0.2x240' }, at: '3h' },
    silent: { series: { 'emp_signal_index_ratio{symbol="A"}': '0.2 0.9x240' }, at: '3h' },
  },
  EmpInputRefused: {
    fires: { series: { 'emp_errors_total{source="decode",kind="CHECKSUM"}': '0+120x20' }, at: '15m' },
    silent: { series: { 'emp_errors_total{source="decode",kind="CHECKSUM"}': '0+30x20' }, at: '15m' },
  },
  EmpQuotaNearlyUsed: {
    fires: { series: quota(29), at: '20m' },
    silent: { series: quota(28), at: '20m' },
  },
  EmpAdmissionRefused: {
    fires: { series: { [refusals('deny')]: '_x5 1x20' }, at: '8m' },
    silent: { series: { [refusals('deny')]: '3x60', [refusals('allow')]: '0+9x60' }, at: '30m' },
  },
  EmpJobsWait: {
    fires: { series: { [waiting('active')]: '0 2x400', [waiting('inadmissible')]: '0x400' }, at: '6h5m' },
    silent: { series: { [waiting('active')]: '2x300 0 2x400', [waiting('inadmissible')]: '0x800' }, at: '6h5m' },
  },
};
