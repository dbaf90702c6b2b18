/** Where a graph is being built: the line that an error names. */
import path from 'node:path';

const product = path.resolve(import.meta.dirname, '../..');
const own = path.join('policies', 'graph');

/**
 * The first line of an error's stack that lies outside this folder, its tests excepted: "policies/model/ssd.ts:48".
 * Formatting a stack is dear and is only done here, when there is something to say.
 */
export function placeBuilt({ stack = '' }: Error): string {
  const places = [...stack.matchAll(/(?:file:\/\/)?(\/[^\s():]+\.ts):(\d+):\d+/g)].map(
    ([, file = '', line]) => `${path.relative(product, file)}:${line}`,
  );
  return places.find((place) => !place.startsWith(own) || place.includes('.test.ts')) ?? places.at(-1) ?? 'nowhere';
}
