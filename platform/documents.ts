/** The plain documents of one environment: config.yaml, limits.yaml, policy.yaml, and the schemas they are held to. */
import { z } from 'zod';
import { type Limits, limits as limitsSchema, policyPointer, runtimeConfig } from '../runtime/contract.ts';
import type { Environment } from './environments.ts';
import { comment, GENERATED, toYaml } from './yaml.ts';

/** Draft 7, which editors and Helm both read. Input side: what a person may leave out has a default. */
export function jsonSchema(schema: z.ZodType): string {
  return `${JSON.stringify(z.toJSONSchema(schema, { target: 'draft-7', io: 'input' }), null, 2)}\n`;
}

export function schemaFiles(): Map<string, string> {
  return new Map([
    ['environments/schemas/config.schema.json', jsonSchema(runtimeConfig)],
    ['environments/schemas/limits.schema.json', jsonSchema(limitsSchema)],
    ['environments/schemas/policy.schema.json', jsonSchema(policyPointer)],
  ]);
}

export function configYaml(environment: Environment): string {
  return (
    head('config', `Configuration of the runtime in ${environment.name}: ${environment.purpose}.`) +
    toYaml(environment.config)
  );
}

/** Each limit with what it bounds and why the number is what it is. */
export function limitsYaml(environment: Environment): string {
  const lines = Object.entries(limitsSchema.shape).map(([key, schema]) => {
    const name = key as keyof Limits;
    const reason = comment(schema.description ?? '') + comment(`why: ${environment.limitReasons[name]}`);
    return `\n${reason}${toYaml({ [name]: environment.limits[name] })}`;
  });
  return head('limits', `What ${environment.name} may risk at most; no policy can change it.`) + lines.join('');
}

/** The pointer before anything was promoted. Promotion and rollback own the file from then on. */
export function emptyPolicyYaml(environment: Environment): string {
  return (
    `${schemaLine('policy')}# What may trade in ${environment.name}. Moved by promotion and rollback only.\n` +
    toYaml({ policy: null, path: null, evidence: null })
  );
}

function head(schema: string, purpose: string): string {
  return `${schemaLine(schema)}${GENERATED}${comment(purpose)}`;
}

function schemaLine(schema: string): string {
  return `# yaml-language-server: $schema=../schemas/${schema}.schema.json\n`;
}
