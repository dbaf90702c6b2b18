/** What an environment should hold in a cluster: its committed overlay, built by kustomize as Argo CD builds it. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parse, parseAllDocuments } from 'yaml';
import { platformDocument } from '../../platform/values/schema.ts';
import { InputError } from '../../runtime/boot/documents.ts';
import type { EnvironmentRepository } from '../environment/repository.ts';
import { exportAt, readAt } from '../environment/tree.ts';
import type { ClusterObject } from './object.ts';

/** @throws InputError when the environment has no overlay, or no kustomize is there to build it */
export async function desiredObjects(
  { work }: EnvironmentRepository,
  commit: string,
  environment: string,
): Promise<ClusterObject[]> {
  const folder = mkdtempSync(path.join(tmpdir(), 'emp-sync-'));
  try {
    await exportAt(work, commit, ['environments'], folder);
    return built(path.join(folder, 'environments', environment), environment);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Whether the environment trades money, as its committed platform document says. */
export async function modeOf(
  { work }: Pick<EnvironmentRepository, 'work'>,
  commit: string,
  environment: string,
): Promise<'paper' | 'live'> {
  const file = `environments/${environment}/platform.yaml`;
  return platformDocument
    .pick({ mode: true })
    .loose()
    .parse(parse(String(await readAt(work, commit, file)))).mode;
}

function built(overlay: string, environment: string): ClusterObject[] {
  const ways = [
    ['kustomize', 'build', overlay],
    ['kubectl', 'kustomize', overlay],
  ] as const;
  for (const [tool, ...args] of ways) {
    const { error, status, stdout, stderr } = spawnSync(tool, args, { encoding: 'utf8', maxBuffer: 64 << 20 });
    if (error !== undefined) continue;
    if (status !== 0) throw new InputError(`environments/${environment}: ${tool} cannot build it: ${stderr.trim()}`);
    return parseAllDocuments(stdout).map((document) => document.toJS() as ClusterObject);
  }
  throw new InputError('sync: neither kustomize nor kubectl is on the PATH, one of them is required (see mise.toml)');
}

/** The namespace that most of the objects name. @throws InputError when none names one */
export function namespaceOf(objects: readonly ClusterObject[], environment: string): string {
  const named = objects.find(({ kind, metadata }) => kind !== 'Namespace' && metadata.namespace !== undefined);
  if (named?.metadata.namespace !== undefined) return named.metadata.namespace;
  throw new InputError(`environments/${environment}/kustomization.yaml: names no namespace, one is required`);
}
