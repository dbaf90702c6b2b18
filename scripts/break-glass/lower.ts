/** Limits made smaller in a document, its comments and every other line left as they are. */
import { InputError, parseDocument } from '../../runtime/boot/documents.ts';
import { type Limits, limits } from '../../runtime/contract.ts';

/**
 * @param changes limit → its new value, which must be smaller than the one in force
 * @throws InputError for an unknown limit, or one that would not become smaller
 */
export function lowered(text: string, file: string, changes: Readonly<Record<string, number>>): string {
  const inForce = parseDocument(file, Buffer.from(text), limits).value;
  let changed = text;
  for (const [name, value] of Object.entries(changes)) {
    const before = inForce[name as keyof Limits] as number | undefined;
    if (before === undefined) {
      throw new InputError(`${name}: is no limit, these are: ${Object.keys(limits.shape).join(', ')}`);
    }
    if (!(value < before)) {
      throw new InputError(`${name}: ${value} is not lower than ${before}; with the glass broken limits only fall`);
    }
    changed = changed.replace(new RegExp(`^${name}:.*$`, 'm'), `${name}: ${value}`);
  }
  parseDocument(file, Buffer.from(changed), limits);
  return changed;
}
