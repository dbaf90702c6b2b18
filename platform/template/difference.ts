/** What turns one object into another, as the operations of a JSON patch (RFC 6902). */

export interface Operation {
  readonly op: 'add' | 'remove' | 'replace';
  readonly path: string;
  readonly value?: unknown;
}

/** Lists of one length are compared element by element; others are replaced as a whole. */
export function difference(from: unknown, to: unknown, path = ''): Operation[] {
  if (from === to) return [];
  if (Array.isArray(from) && Array.isArray(to) && from.length === to.length) {
    return from.flatMap((element, index) => difference(element, to[index], `${path}/${index}`));
  }
  if (!isMap(from) || !isMap(to)) return [{ op: 'replace', path, value: to }];
  const operations: Operation[] = [];
  for (const key in from) if (!(key in to)) operations.push({ op: 'remove', path: pathTo(path, key) });
  for (const key in to) {
    if (!(key in from)) operations.push({ op: 'add', path: pathTo(path, key), value: to[key] });
    else if (from[key] !== to[key]) operations.push(...difference(from[key], to[key], pathTo(path, key)));
  }
  return operations;
}

const pathTo = (path: string, key: string): string => `${path}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
