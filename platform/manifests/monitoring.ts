/** What Prometheus scrapes, when it alarms, and what Grafana shows. */
import type { Construct } from 'constructs';
import type { ConfigMap } from 'kubernetes-types/core/v1.js';
import { values } from '../values/references.ts';
import { alerts } from './alerts.ts';
import { dashboardJson } from './dashboard.ts';
import { PrometheusRule } from './kinds/prometheus-rule.ts';
import { ServiceMonitor } from './kinds/service-monitor.ts';
import { Manifest, Option } from './manifest.ts';
import { commonLabels } from './names.ts';

export class Monitoring {
  constructor(parent: Construct) {
    const { serviceMonitor, alerts: withAlerts, dashboard } = values.monitoring;
    new ServiceMonitor(new Option(parent, 'service-monitor', serviceMonitor), 'runtime');
    new PrometheusRule(new Option(parent, 'alerts', withAlerts), 'runtime', alerts);
    new Manifest<ConfigMap>(new Option(parent, 'dashboard', dashboard), 'dashboard-config-map', {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      // Grafana's sidecar looks for this label.
      metadata: { name: 'emp-dashboard', labels: { ...commonLabels, grafana_dashboard: '1' } },
      data: { 'emp-runtime.json': dashboardJson },
    });
  }
}
