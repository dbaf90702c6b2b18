/**
 * Objects that a rule must refuse, and ones that it must admit: `ENVIRONMENT/RULE/{refused,admitted}/*.yaml` in a folder,
 * with the stack in which they are judged in `ENVIRONMENT.yaml`.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { readConfiguration } from '../../platform/cluster/configuration.ts';
import type { ClusterObject } from '../../platform/cluster/object.ts';
import type { Context, Rule } from '../../platform/guardrails/rule.ts';
import { rules } from '../../platform/guardrails/rules.ts';
import { objectsBelow } from './objects.ts';

export interface Fixture {
  /** `live/digest-pinned/refused/tag.yaml` */
  readonly name: string;
  readonly rule: Rule;
  readonly refused: boolean;
  readonly context: Context;
  readonly objects: readonly ClusterObject[];
}

const stack = z.strictObject({
  namespace: z.string().min(1),
  mode: z.enum(['paper', 'live']),
  approvedPolicy: z.string().optional(),
  approvedImage: z.string().optional(),
  cluster: z.unknown(),
});

/** Where those of this repository lie. */
export const FIXTURES = path.resolve(import.meta.dirname, '../../platform/guardrails/fixtures');

/** @throws Error naming the file that is no fixture: an unknown rule, no stack, another folder than the two */
export function fixturesBelow(folder: string): readonly Fixture[] {
  return foldersIn(folder).flatMap((environment) => {
    const context = contextOf(folder, environment);
    return foldersIn(path.join(folder, environment)).flatMap((name) => {
      const rule = rules.find((known) => known.name === name);
      if (rule === undefined) {
        throw new Error(
          `${folder}/${environment}/${name}: is no rule, allowed are ${rules.map((known) => known.name).join(', ')}`,
        );
      }
      return foldersIn(path.join(folder, environment, name)).flatMap((verdict) => {
        const at = `${environment}/${name}/${verdict}`;
        if (verdict !== 'refused' && verdict !== 'admitted')
          throw new Error(`${folder}/${at}: must be refused or admitted`);
        return readdirSync(path.join(folder, at))
          .sort()
          .map((file) => ({
            name: `${at}/${file}`,
            rule,
            refused: verdict === 'refused',
            context,
            objects: objectsBelow(path.join(folder, at, file)),
          }));
      });
    });
  });
}

/** What the rule's form in TypeScript finds wrong. */
export function problemsOf({ rule, objects, context }: Fixture): readonly string[] {
  return [
    ...objects.flatMap((object) => rule.check?.(object, context) ?? []),
    ...(rule.checkAll?.(objects, context) ?? []).map(({ problem }) => problem),
  ];
}

const foldersIn = (folder: string): readonly string[] =>
  readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();

function contextOf(folder: string, environment: string): Context {
  const file = path.join(folder, `${environment}.yaml`);
  if (!existsSync(file)) throw new Error(`${file}: is missing, the stack in which ${environment}/ is judged is needed`);
  const { namespace, mode, cluster, approvedPolicy, approvedImage } = stack.parse(parse(readFileSync(file, 'utf8')));
  const place = { environment, mode, namespace };
  return { place, configuration: readConfiguration(cluster, file), approvedPolicy, approvedImage };
}
