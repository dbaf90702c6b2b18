/** Everything of an environment that no workload brings along, in the order in which one needs the other. */
import type { CalendarDocument } from '../../runtime/contract.ts';
import { argocdObjects } from './argocd.ts';
import type { ClusterConfiguration } from './configuration.ts';
import { monitoringObjects } from './monitoring.ts';
import { namespaceObjects, type Place } from './namespace.ts';
import type { ClusterObject } from './object.ts';
import { poolObjects } from './pools/pools.ts';
import { sharingObjects } from './pools/sharing.ts';
import { queueObjects } from './queues.ts';
import { rightsObjects } from './rights.ts';

/**
 * @param calendar of its market; undefined: it never closes
 * @throws Error when the configuration asks for what its cloud cannot express; one line a field
 */
export function clusterObjects(
  place: Place,
  configuration: ClusterConfiguration,
  calendar: CalendarDocument | undefined,
): readonly ClusterObject[] {
  return [
    ...namespaceObjects(place, configuration),
    ...rightsObjects(place, configuration),
    ...poolObjects(place.environment, configuration),
    ...sharingObjects(place.environment, place.namespace, configuration),
    ...queueObjects(place, configuration),
    ...monitoringObjects(place, configuration),
    ...argocdObjects(place, configuration, calendar),
  ];
}
