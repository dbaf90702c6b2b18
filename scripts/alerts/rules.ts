/** Every alert rule that a deployment brings: its workloads', and what the cluster of `paper` would watch. */
import { readConfiguration } from '../../platform/cluster/configuration.ts';
import { clusterAlerts } from '../../platform/cluster/monitoring.ts';
import { alerts } from '../../platform/manifests/alerts.ts';

const place = { environment: 'paper', mode: 'paper', namespace: 'emp-paper' } as const;

export const alertRules = [...alerts, ...clusterAlerts(place, readConfiguration({ jobs: {} }, 'every option'))];
