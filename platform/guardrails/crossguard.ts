/** The rules as Pulumi holds them (CrossGuard), each mandatory: a stack that breaks one is refused before it is touched. */
import path from 'node:path';
import { type Policies, PolicyPack, type ReportViolation, type StackValidationArgs } from '@pulumi/policy';
import * as pulumi from '@pulumi/pulumi';
import { readConfiguration } from '../cluster/configuration.ts';
import { type ClusterObject, titleOf } from '../cluster/object.ts';
import { contextOf } from '../program/environment.ts';
import { readEnvironment, readFileUnder } from '../values/environment.ts';
import type { Context, Rule } from './rule.ts';
import { rules } from './rules.ts';

const root = path.resolve(import.meta.dirname, '../..');

/** Serves the pack to the Pulumi that started this process. @throws Error when the stack's configuration is wrong */
export function serve(): void {
  const name = pulumi.getStack();
  const given = new pulumi.Config('emp').getObject<unknown>('cluster');
  const configuration = readConfiguration(given ?? {}, `Pulumi.${name}.yaml`);
  const context = contextOf(readEnvironment(name, readFileUnder(root)), configuration);
  new PolicyPack('emp', { enforcementLevel: 'mandatory', policies: policiesOf(context) });
}

export function policiesOf(context: Context): Policies {
  return rules
    .filter((rule) => rule.applies(context) && (rule.check ?? rule.checkAll) !== undefined)
    .map((rule) => policyOf(rule, context));
}

function policyOf(rule: Rule, context: Context): Policies[number] {
  const { name, holds: description, check, checkAll } = rule;
  if (checkAll !== undefined) {
    return {
      name,
      description,
      validateStack({ resources }: StackValidationArgs, report: ReportViolation) {
        const objects = resources.flatMap(({ type, props }) => objectOf(type, props) ?? []);
        for (const { object, problem } of checkAll(objects, context)) report(`${titleOf(object)}: ${problem}`);
      },
    };
  }
  return {
    name,
    description,
    validateResource({ type, props }, report) {
      const object = objectOf(type, props);
      if (object === undefined) return;
      for (const problem of check?.(object, context) ?? []) report(`${titleOf(object)}: ${problem}`);
    },
  };
}

/** A resource of Pulumi's that is an object of Kubernetes'; the provider and the stack itself are none. */
function objectOf(type: string, props: Readonly<Record<string, unknown>>): ClusterObject | undefined {
  if (!type.startsWith('kubernetes:') || props['kind'] === undefined || props['metadata'] === undefined)
    return undefined;
  return props as unknown as ClusterObject;
}
