/** Objects from files: what people wrote, what a tool rendered, what a fixture plants. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { parseAllDocuments } from 'yaml';
import type { ClusterObject } from '../../platform/cluster/object.ts';

/** Every document of a YAML text, those of a List one by one. @throws Error naming file and problem */
export function objectsIn(text: string, file: string): readonly ClusterObject[] {
  return parseAllDocuments(text).flatMap((document) => {
    if (document.errors.length > 0) throw new Error(`${file}: is no YAML: ${document.errors[0]?.message}`);
    const object = document.toJS() as (ClusterObject & { readonly items?: readonly ClusterObject[] }) | null;
    if (object === null) return [];
    if (typeof object !== 'object' || typeof object.kind !== 'string' || typeof object.metadata !== 'object') {
      throw new Error(`${file}: holds no Kubernetes object, each document needs apiVersion, kind and metadata`);
    }
    return object.kind === 'List' ? (object.items ?? []) : [object];
  });
}

/** Of a YAML file, or of every YAML file below a folder, in the order of their names. @throws Error when there is none */
export function objectsBelow(at: string): readonly ClusterObject[] {
  const files = statSync(at).isFile()
    ? [at]
    : readdirSync(at, { recursive: true, encoding: 'utf8' })
        .filter((name) => /\.ya?ml$/.test(name))
        .sort()
        .map((name) => path.join(at, name));
  if (files.length === 0) throw new Error(`${at}: holds no YAML file, at least one is needed`);
  return files.flatMap((file) => objectsIn(readFileSync(file, 'utf8'), file));
}
