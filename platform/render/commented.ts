/** YAML whose keys carry, as comments, what their schema says about them. */
import { Document, isMap, isScalar, type Node } from 'yaml';
import { z } from 'zod';
import { styled } from '../yaml.ts';

interface Schema {
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
}

/** `value` as YAML; descriptions of `schema` stand above the keys that they are about. */
export function commented(value: object, schema: z.ZodType): string {
  const document = new Document(value, { aliasDuplicateObjects: false, version: '1.2' });
  describe(document.contents as Node, z.toJSONSchema(schema, { io: 'input', reused: 'inline' }) as Schema);
  return styled(document);
}

function describe(node: Node, schema: Schema): void {
  if (!isMap(node)) return;
  for (const { key, value } of node.items) {
    if (!isScalar(key)) continue;
    const about = schema.properties?.[String(key.value)];
    if (about === undefined) continue;
    if (about.description !== undefined) key.commentBefore = ` ${about.description}`;
    describe(value as Node, about);
  }
}
