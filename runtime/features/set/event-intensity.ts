import { eventFlow } from '../event-flow.ts';

/** Messages of the last two seconds against the usual number. */
export const feature = eventFlow('event-intensity', 'even', 2_000_000, () => 1);
