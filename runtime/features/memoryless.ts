import type { BookView } from '../book/book-view.ts';
import type { Feature, Mirror } from './feature.ts';

/** A feature that is a function of the book as it stands. */
export function memoryless(
  name: string,
  unit: string,
  bounds: Feature['bounds'],
  mirror: Mirror,
  value: (book: BookView) => number,
): Feature {
  const state = { onChange() {}, value };
  return { name, unit, bounds, mirror, create: () => state };
}
