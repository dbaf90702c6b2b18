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
  const keys = [...new Set([...Object.keys(from), ...Object.keys(to)])].sort();
  return keys.flatMap((key): Operation[] => {
    const at = `${path}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    if (!(key in to)) return [{ op: 'remove', path: at }];
    if (!(key in from)) return [{ op: 'add', path: at, value: to[key] }];
    return difference(from[key], to[key], at);
  });
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
