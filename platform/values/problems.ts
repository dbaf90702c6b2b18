/** Bad input as sentences: file, path, what it was, what is allowed. */
import { type Document, parseDocument } from 'yaml';
import type { z } from 'zod';

/** Bad input from a person; the message names subject, actual and allowed. */
export class BadInput extends Error {
  readonly exitCode = 2;
}

/** @throws BadInput when the text is no single YAML document, naming the file and the place */
export function documentOf(text: string, file: string): Document {
  const document = parseDocument(text);
  const [error] = document.errors;
  if (error === undefined) return document;
  throw new BadInput(`${file}: is not YAML: ${error.message.split('\n')[0]}`, { cause: error });
}

/** @throws BadInput with a line per problem */
export function checked<T extends z.ZodType>(schema: T, value: unknown, file: string): z.output<T> {
  const result = schema.safeParse(value, { reportInput: true });
  if (result.success) return result.data;
  throw new BadInput(result.error.issues.map((issue) => `${file}: ${sentence(issue)}`).join('\n'));
}

function sentence(issue: z.core.$ZodIssue): string {
  const subject = issue.path.join('.') || 'the document';
  const actual = JSON.stringify(issue.input) ?? 'absent';
  switch (issue.code) {
    case 'too_big':
      return `${subject} is too large (${actual}), at most ${issue.maximum} is allowed`;
    case 'too_small':
      return `${subject} is too small (${actual}), ${issue.inclusive === false ? 'more than' : 'at least'} ${issue.minimum} is allowed`;
    case 'unrecognized_keys':
      return `${subject} has the unknown key ${issue.keys.join(', ')}`;
    case 'invalid_type':
      return `${subject} is ${actual}, ${issue.expected} is required`;
    default:
      return `${subject} is not allowed (${actual}): ${issue.message}`;
  }
}
