import { usualLevel } from '../usual-level.ts';

/** The spread against its usual. */
export const feature = usualLevel('spread-usual', 'even', (book) => book.spreadTicks());
