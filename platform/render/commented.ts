/** YAML whose keys carry, as comments, what their schema says about them. */
import { Document, isMap, isScalar, type Node, type Scalar, visit } from 'yaml';
import { z } from 'zod';
import { readsAsItself } from '../yaml.ts';

interface Schema {
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
}

/** `value` as YAML; descriptions of `schema` stand above the keys that they are about. */
export function commented(value: object, schema: z.ZodType): string {
  const document = new Document(value, { aliasDuplicateObjects: false, version: '1.2' });
  describe(document.contents as Node, z.toJSONSchema(schema, { io: 'input', reused: 'inline' }) as Schema);
  visit(document, {
    Scalar(_key, node: Scalar) {
      const text = node.value;
      if (typeof text === 'string' && !text.includes('\n') && !readsAsItself(text)) node.type = 'QUOTE_SINGLE';
    },
  });
  return document.toString({ lineWidth: 0, singleQuote: true });
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
