/**
 * What a verdict follows from: the candidate, the gate's own code and everything it reads. Two rounds with the same
 * digest would ask the same question, so the second need not be asked.
 */
import { createHash } from 'node:crypto';
import { closeSync, existsSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs';
import path from 'node:path';
import { DATA_SETS } from '../policies/markets/invariants/data-set.ts';
import { sha256Of } from '../runtime/evidence/digest.ts';
import type { GateName, gateCatalog } from './catalog.ts';
import type { Candidate, GateContext } from './gate.ts';

const root = path.resolve(import.meta.dirname, '..');

/** Parts of a slot that a gate's claim is about. */
export type JudgedPart = 'policy' | 'image' | 'limits' | 'config';

/**
 * A gate that asks the market trades under the environment's limits and configuration; one that does not speaks about
 * policy and code alone. Whoever changes a part has to pass the gates whose claim is about it.
 */
export function judgedParts({ needs }: Pick<(typeof gateCatalog)[number], 'needs'>): readonly JudgedPart[] {
  const named: readonly string[] = needs;
  const policy: JudgedPart[] = named.includes('policy') ? ['policy'] : [];
  return [...policy, 'image', ...(named.includes('market') ? (['limits', 'config'] as const) : [])];
}

/** Digest over all that a gate's verdict on a candidate follows from. */
export function inputsDigest(gate: GateName, { digest }: Candidate, context: Omit<GateContext, 'progress'>): string {
  const { seed, attempt = 1, market, config, limits, features, dataSets } = context;
  return sha256Of(
    JSON.stringify({
      gate,
      code: codeDigest(path.join(root, 'gates', `${gate}.ts`)),
      policy: digest,
      seed,
      attempt,
      market: market.kind === 'log' ? { log: fileDigest(market.path) } : market,
      config,
      limits,
      features: features === undefined ? null : folderDigest(features),
      dataSets: gate === 'invariants' ? folderDigest(dataSets ?? DATA_SETS) : null,
    }),
  );
}

const digests = new Map<string, string>();

/** Digest over a module and all it imports of ours, over what it installs, and over what runs it. */
export function codeDigest(entry: string): string {
  const known = digests.get(entry);
  if (known !== undefined) return known;
  const hash = createHash('sha256').update(`${process.version} ${process.platform} ${process.arch}\n`);
  const lockfile = path.join(root, 'package-lock.json');
  for (const file of [lockfile, ...closureOf(entry)]) {
    if (existsSync(file)) hash.update(`${path.relative(root, file)}\n`).update(sha256Of(readFileSync(file)));
  }
  const made = `sha256:${hash.digest('hex')}`;
  digests.set(entry, made);
  return made;
}

/** Relative specifiers in imports, in workers named by `new URL('./x.ts', …)`, and in files read beside the module. */
const SPECIFIER = /(?:from|import|import\(|new URL\()\s*'(\.{1,2}\/[^']+)'/g;

/** The module and every file of ours that it names, and those that they name, in the order of their paths. */
export function closureOf(entry: string): string[] {
  const found = new Set<string>();
  const waiting = [entry];
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (found.has(file) || !existsSync(file)) continue;
    found.add(file);
    if (!file.endsWith('.ts')) continue;
    for (const [, specifier] of readFileSync(file, 'utf8').matchAll(SPECIFIER)) {
      waiting.push(path.resolve(path.dirname(file), specifier as string));
    }
  }
  return [...found].filter((file) => path.extname(file) !== '').sort();
}

function folderDigest(folder: string): string {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => path.join(parentPath, name))
    .sort();
  return sha256Of(files.map((file) => `${path.relative(folder, file)} ${fileDigest(file)}\n`).join(''));
}

/** Of a file that may be larger than memory should hold. */
function fileDigest(file: string): string {
  const hash = createHash('sha256');
  const chunk = Buffer.alloc(1 << 20);
  const handle = openSync(file, 'r');
  try {
    for (let count = readSync(handle, chunk); count > 0; count = readSync(handle, chunk)) {
      hash.update(chunk.subarray(0, count));
    }
  } finally {
    closeSync(handle);
  }
  return `sha256:${hash.digest('hex')}`;
}
