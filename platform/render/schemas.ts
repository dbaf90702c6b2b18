/** JSON Schemas, which editors and Helm read. */
import { z } from 'zod';
import { calendarDocument, limits, policyPointer, runtimeConfig } from '../../runtime/contract.ts';
import { platformDocument } from '../values/schema.ts';

/** Draft 7. Input side: what a person may leave out has a default. */
export function jsonSchema(schema: z.ZodType): string {
  return `${JSON.stringify(z.toJSONSchema(schema, { target: 'draft-7', io: 'input' }), null, 2)}\n`;
}

export function schemaFiles(): Map<string, string> {
  return new Map([
    ['environments/schemas/calendar.schema.json', jsonSchema(calendarDocument)],
    ['environments/schemas/config.schema.json', jsonSchema(runtimeConfig)],
    ['environments/schemas/limits.schema.json', jsonSchema(limits)],
    ['environments/schemas/platform.schema.json', jsonSchema(platformDocument)],
    ['environments/schemas/policy.schema.json', jsonSchema(policyPointer)],
  ]);
}
