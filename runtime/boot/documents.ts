import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { parse, YAMLParseError } from 'yaml';
import type { z } from 'zod';

/** Bad input from a person: the message names subject, problem, actual and allowed value. */
export class InputError extends Error {
  readonly exitCode = 2;
}

export interface Document<T> {
  readonly value: T;
  /** SHA-256 of the file's bytes, as "sha256:…". */
  readonly digest: string;
}

/** Reads a YAML document and holds it to its schema. @throws InputError naming file, field, actual and allowed. */
export function readDocument<S extends z.ZodType>(file: string, schema: S): Document<z.infer<S>> {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (cause) {
    throw new InputError(`${file}: cannot be read (${(cause as NodeJS.ErrnoException).code ?? cause})`, { cause });
  }
  return parseDocument(file, bytes, schema);
}

/** Holds the bytes of `file` to its schema. @throws InputError like `readDocument` */
export function parseDocument<S extends z.ZodType>(file: string, bytes: Buffer, schema: S): Document<z.infer<S>> {
  let raw: unknown;
  try {
    raw = parse(bytes.toString('utf8'));
  } catch (cause) {
    if (!(cause instanceof YAMLParseError)) throw cause;
    throw new InputError(`${file}: is not YAML: ${cause.message.split('\n')[0]}`, { cause });
  }
  const parsed = schema.safeParse(raw, { reportInput: true });
  if (!parsed.success) throw new InputError(parsed.error.issues.map((issue) => describe(file, issue)).join('\n'));
  return { value: parsed.data, digest: `sha256:${createHash('sha256').update(bytes).digest('hex')}` };
}

function describe(file: string, issue: z.core.$ZodIssue): string {
  const field = issue.path.length === 0 ? 'the document' : issue.path.join('.');
  const actual = JSON.stringify(issue.input) ?? 'absent';
  switch (issue.code) {
    case 'too_big':
      return `${file}: ${field} is too large (${actual}), at most ${issue.maximum} is allowed`;
    case 'too_small':
      return `${file}: ${field} is too small (${actual}), ${issue.inclusive === false ? 'more than' : 'at least'} ${issue.minimum} is allowed`;
    case 'unrecognized_keys':
      return `${file}: ${issue.keys.join(', ')} is not a known field of ${field}`;
    case 'invalid_type':
      return `${file}: ${field} is ${actual}, ${issue.expected} is required`;
    default:
      return `${file}: ${field} (${actual}): ${issue.message}`;
  }
}
