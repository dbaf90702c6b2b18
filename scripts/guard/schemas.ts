/**
 * JSON Schemas for kubeconform's strict mode, from where they are first-hand: the API server's OpenAPI document for what
 * Kubernetes has, the CRDs for the rest. Strict: a field that the schema does not name is a finding.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseAllDocuments } from 'yaml';

type Schema = { [key: string]: unknown };

/** The names that kubeconform fills in. */
export const SCHEMA_LOCATION = '{{.ResourceKind}}-{{.Group}}-{{.ResourceAPIVersion}}.json';

/** For the core's group, which has no name, kubeconform puts the version twice. */
const fileOf = (kind: string, group: string, version: string) =>
  `${kind.toLowerCase()}-${group === '' ? version : group}-${version}.json`;

interface Kind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

/** @param openApi the document at /openapi/v2 of an API server */
export function writeKubernetesSchemas(
  openApi: { readonly definitions: Record<string, Schema> },
  folder: string,
): void {
  mkdirSync(folder, { recursive: true });
  const definitions = new Map(Object.entries(openApi.definitions).map(([name, schema]) => [name, strict(schema)]));
  for (const [name, schema] of Object.entries(openApi.definitions)) {
    for (const { group, version, kind } of (schema['x-kubernetes-group-version-kind'] ?? []) as readonly Kind[]) {
      const whole = { $ref: REFERENCE + name, definitions: reachable(name, definitions) };
      writeFileSync(path.join(folder, fileOf(kind, group, version)), JSON.stringify(whole));
    }
  }
}

const REFERENCE = '#/definitions/';

/** A kind's own part of the document: the linter reads each file whole. */
function reachable(from: string, definitions: ReadonlyMap<string, Schema>): Record<string, Schema> {
  const found: Record<string, Schema> = {};
  const open = [from];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const schema = definitions.get(name);
    if (name in found || schema === undefined) continue;
    found[name] = schema;
    open.push(...[...JSON.stringify(schema).matchAll(/"#\/definitions\/([^"]+)"/g)].map(([, next]) => next as string));
  }
  return found;
}

interface Crd {
  readonly spec: {
    readonly group: string;
    readonly names: { readonly kind: string };
    readonly versions: readonly { readonly name: string; readonly schema: { readonly openAPIV3Schema: Schema } }[];
  };
}

/** @param crds a folder of CustomResourceDefinitions */
export function writeCustomSchemas(crds: string, folder: string): void {
  mkdirSync(folder, { recursive: true });
  for (const file of readdirSync(crds).filter((name) => name.endsWith('.yaml'))) {
    for (const document of parseAllDocuments(readFileSync(path.join(crds, file), 'utf8'))) {
      const { spec } = document.toJS() as Crd;
      for (const { name, schema } of spec.versions) {
        const { properties, ...rest } = schema.openAPIV3Schema as { properties: Schema };
        // The API server knows these three without being told.
        const known = { apiVersion: { type: 'string' }, kind: { type: 'string' }, metadata: { type: 'object' } };
        const whole = {
          ...rest,
          properties: { ...(strict({ properties }) as { properties: Schema }).properties, ...known },
        };
        writeFileSync(
          path.join(folder, fileOf(spec.names.kind, spec.group, name)),
          JSON.stringify({ ...whole, additionalProperties: false }),
        );
      }
    }
  }
}

/** `schema` in which objects admit only the fields that it names, and numbers may stand where Kubernetes reads both. */
function strict(schema: Schema): Schema {
  if (schema['x-kubernetes-int-or-string'] === true || schema['format'] === 'int-or-string') return NUMBER_OR_TEXT;
  const copy: Schema = {};
  for (const [key, value] of Object.entries(schema)) {
    if (key === 'description' || key.startsWith('x-kubernetes-')) continue;
    else if (key === 'properties') copy[key] = mapped(value as Record<string, Schema>);
    else if (key === 'items' || (key === 'additionalProperties' && typeof value === 'object'))
      copy[key] = strict(value as Schema);
    else copy[key] = value;
  }
  const open = schema['x-kubernetes-preserve-unknown-fields'] === true || 'additionalProperties' in schema;
  if ('properties' in schema && !open) copy['additionalProperties'] = false;
  return isQuantity(schema) ? NUMBER_OR_TEXT : copy;
}

const mapped = (properties: Record<string, Schema>) =>
  Object.fromEntries(Object.entries(properties).map(([name, schema]) => [name, strict(schema)]));

const NUMBER_OR_TEXT = { type: ['string', 'number'] };

/** OpenAPI calls a quantity a string; the API server reads `cpu: 1`, too. */
function isQuantity({ type, description }: Schema): boolean {
  return type === 'string' && typeof description === 'string' && description.startsWith('Quantity is a fixed-point');
}
