/**
 * Real data for tests: never needed by the product, used where it exists.
 * `EMP_FIXTURES` names the folder; default `../shared` beside the repository.
 */
import { existsSync } from 'node:fs';
import path from 'node:path';

const root = process.env['EMP_FIXTURES'] ?? path.resolve(import.meta.dirname, '../../shared');

/** Path of a fixture, or undefined when it is not on this machine: the test then logs a SKIP with the reason. */
export function fixture(relativePath: string): string | undefined {
  const found = path.join(root, relativePath);
  return existsSync(found) ? found : undefined;
}
