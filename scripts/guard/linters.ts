/** The linters that everybody has: kubeconform (is it what the schema says) and kube-score (is it wise). */
import { spawnSync } from 'node:child_process';
import { type ClusterObject, titleOf } from '../../platform/cluster/object.ts';
import { SCHEMA_LOCATION } from './schemas.ts';

export interface LintFinding {
  readonly linter: 'kubeconform' | 'kube-score';
  readonly object: string;
  readonly problem: string;
}

/** A check that an object is let off, and why: both stand in its annotations. */
export interface Exception {
  readonly object: string;
  readonly check: string;
  readonly because: string;
}

export const IGNORED = 'kube-score/ignore';
export const IGNORED_BECAUSE = 'emp/ignored-because';

/** JSON, because they read YAML 1.1, in which a bare `no` or `on` is a boolean. */
const documentsOf = (objects: readonly ClusterObject[]) =>
  objects.map((object) => JSON.stringify(object)).join('\n---\n');

/** @throws Error when the linter itself failed */
function lint(tool: string, args: readonly string[], objects: readonly ClusterObject[]): string {
  const { stdout, stderr, error } = spawnSync(tool, args, {
    input: documentsOf(objects),
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  if (error !== undefined) throw new Error(`${tool}: could not be run (${error.message}), it must be on PATH`);
  if (stdout === '' && stderr !== '') throw new Error(`${tool}: failed: ${stderr.trim()}`);
  return stdout;
}

interface Conformance {
  readonly resources?: readonly {
    readonly kind: string;
    readonly name: string;
    readonly status: string;
    readonly msg: string;
  }[];
}

/** @param folders with schemas; an object without one is a finding */
export function kubeconform(objects: readonly ClusterObject[], folders: readonly string[]): readonly LintFinding[] {
  const locations = folders.flatMap((folder) => ['-schema-location', `${folder}/${SCHEMA_LOCATION}`]);
  const { resources = [] } = JSON.parse(
    lint('kubeconform', ['-strict', '-output', 'json', ...locations, '-'], objects),
  ) as Conformance;
  return resources
    .filter(({ status }) => status !== 'statusValid' && status !== 'statusSkipped')
    .map(({ kind, name, msg }) => ({ linter: 'kubeconform', object: `${kind} ${name}`, problem: msg }));
}

interface Scored {
  readonly object_name: string;
  readonly checks: readonly {
    readonly check: { readonly id: string; readonly name: string };
    readonly grade: number;
    readonly skipped: boolean;
    readonly comments: readonly { readonly path: string; readonly summary: string }[] | null;
  }[];
}

/** Grades below this are findings: 10 is in order, 7 almost, 5 a warning, 1 critical. */
const IN_ORDER = 10;

export function kubeScore(objects: readonly ClusterObject[], kubernetesVersion: string): readonly LintFinding[] {
  const output = lint(
    'kube-score',
    ['score', '--output-format', 'json', '--kubernetes-version', kubernetesVersion, '-'],
    objects,
  );
  // Null where it knows none of the objects.
  return ((JSON.parse(output) as readonly Scored[] | null) ?? []).flatMap(({ object_name, checks }) =>
    checks
      .filter(({ skipped, grade }) => !skipped && grade < IN_ORDER)
      .map(({ check, comments }) => ({
        linter: 'kube-score' as const,
        object: object_name,
        problem: `${check.id}: ${(comments ?? []).map(({ path, summary }) => `${path} ${summary}`.trim()).join('; ')}`,
      })),
  );
}

/** @throws Error naming an object that ignores a check without a reason */
export function exceptionsIn(objects: readonly ClusterObject[]): readonly Exception[] {
  return objects.flatMap((object) => {
    const ignored = object.metadata.annotations?.[IGNORED];
    if (ignored === undefined) return [];
    const because = object.metadata.annotations?.[IGNORED_BECAUSE];
    if (because === undefined) {
      throw new Error(
        `${titleOf(object)}: ignores ${ignored} without a reason, the annotation ${IGNORED_BECAUSE} is needed`,
      );
    }
    return ignored.split(',').map((check) => ({ object: titleOf(object), check: check.trim(), because }));
  });
}
