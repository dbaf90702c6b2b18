/** When somebody must look, and what to do then. */
import type { AlertRule } from './kinds/prometheus-rule.ts';

const critical = { severity: 'critical' } as const;
const warning = { severity: 'warning' } as const;

export const alerts: readonly AlertRule[] = [
  {
    alert: 'EmpRuntimeDown',
    expr: 'up{service="emp-runtime"} == 0 or absent(up{service="emp-runtime"})',
    for: '2m',
    labels: critical,
    annotations: {
      summary: 'The runtime of {{ $labels.namespace }} is not scraped',
      fix: 'Read its log; an open position is at the venue, not in the pod.',
    },
  },
  {
    alert: 'EmpSessionDown',
    expr: 'emp_session_up == 0',
    for: '1m',
    labels: critical,
    annotations: {
      summary: 'No session with the venue for a minute',
      fix: "Look at the venue's status and at emp_errors_total.",
    },
  },
  {
    alert: 'EmpPositionUnknown',
    expr: 'emp_position_known == 0',
    for: '1m',
    labels: critical,
    annotations: {
      summary: 'Venue and journal disagree about position or orders',
      fix: 'Flatten by hand if it stays; then compare /audit with the venue.',
    },
  },
  {
    alert: 'EmpBookStale',
    expr: 'emp_book_live == 0',
    for: '1m',
    labels: warning,
    annotations: {
      summary: 'The book of {{ $labels.symbol }} has not equalled the venue for a minute',
      fix: 'Look at emp_errors_total; the runtime asks for a new snapshot by itself.',
    },
  },
  {
    alert: 'EmpDisabled',
    expr: 'emp_disabled{reason!="WARMUP"} == 1',
    for: '5m',
    labels: warning,
    annotations: {
      summary: 'The planner has been kept from trading for five minutes: {{ $labels.reason }}',
      fix: 'The reason names the breaker; /audit shows what set it off.',
    },
  },
  {
    alert: 'EmpRegimeDrift',
    expr: 'emp_disabled{reason="REGIME_DRIFT"} == 1',
    labels: warning,
    annotations: {
      summary: 'The market is no longer the one that the policy was approved on; it does not trade',
      fix: 'npm run drift-report says which index moved; evolve on newer data, or wait for a window as it was.',
    },
  },
  {
    alert: 'EmpSignalWeak',
    expr: 'emp_signal_index_ratio < 0.5',
    for: '5m',
    labels: warning,
    annotations: {
      summary: 'Forecasts say less than half of what they said when the policy was approved',
      fix: 'A second window like it disengages the planner; look at /audit and at the population indices.',
    },
  },
  {
    alert: 'EmpInputRefused',
    expr: 'rate(emp_errors_total[5m]) > 1',
    for: '5m',
    labels: warning,
    annotations: {
      summary: 'More than one message a second is refused',
      fix: 'Labels say where and why; a venue that changed its dialect looks like this.',
    },
  },
];
