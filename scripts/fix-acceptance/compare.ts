/** Fields whose value is the moment's, or follows from it. */
const ANY_TIME = new Set(['52', '60', '122']);
const TIMESTAMP = /^\d{8}-\d\d:\d\d:\d\d(\.\d{3}(\d{3})?)?$/;

/**
 * How a message differs from the one expected; undefined when it does not. As the scripts' own runner compares: the same
 * fields in the same order with the same values, where times and checksums only need their form. BodyLength is compared as
 * a number: leading zeros are allowed.
 */
export function difference(expected: string, found: string): string | undefined {
  const wanted = fieldsOf(expected);
  const got = fieldsOf(found);
  for (let i = 0; i < Math.max(wanted.length, got.length); i++) {
    const [tag, value] = wanted[i] ?? [];
    const [foundTag, foundValue] = got[i] ?? [];
    if (tag === undefined) return `field ${foundTag}=${foundValue} was not expected`;
    if (foundTag === undefined) return `field ${tag}=${value} is missing`;
    if (tag !== foundTag) return `field ${tag} was expected where ${foundTag}=${foundValue} stands`;
    if (!isAsExpected(tag, value ?? '', foundValue ?? '')) return `field ${tag} is ${foundValue}, expected ${value}`;
  }
  return undefined;
}

function isAsExpected(tag: string, wanted: string, found: string): boolean {
  if (tag === '10') return /^\d{3}$/.test(found);
  if (tag === '9') return Number(found) === Number(wanted);
  if (ANY_TIME.has(tag)) return TIMESTAMP.test(found);
  return wanted === found;
}

function fieldsOf(message: string): (readonly [string, string])[] {
  return message
    .split('|')
    .filter((field) => field.length > 0)
    .map((field) => {
      const at = field.indexOf('=');
      return [field.slice(0, at), field.slice(at + 1)] as const;
    });
}
