/** YAML as it is committed: keys in the order given, text quoted unless no YAML version could read it as something else. */
import { parse } from 'yaml';

export const GENERATED = '# Written by `npm run render`; change platform/ instead.\n';

const INDENT = '  ';

/** Where a dialect writes otherwise: Helm's templates have actions in the place of values. */
export interface Dialect {
  /** The node on one line; undefined: as YAML has it. */
  readonly inline: (node: unknown) => string | undefined;
  /** What stands for a field or an element, given how it is written. */
  readonly around: (node: unknown, indent: string, write: (node: unknown) => string) => string;
}

const YAML: Dialect = { inline: () => undefined, around: (node, _indent, write) => write(node) };

/** A block-style document with a final newline. Equal values give equal bytes; nothing is folded. */
export function toYaml(value: unknown, dialect: Dialect = YAML): string {
  return block(value, '', dialect) ?? `${scalar(value, '', dialect)}\n`;
}

/** Undefined for what stands on one line: a scalar, an empty list or map. */
function block(node: unknown, indent: string, dialect: Dialect): string | undefined {
  if (typeof node !== 'object' || node === null || dialect.inline(node) !== undefined) return undefined;
  if (Array.isArray(node)) {
    if (node.length === 0) return undefined;
    return node.map((part) => dialect.around(part, indent, (element) => item(element, indent, dialect))).join('');
  }
  const entries = Object.entries(node).filter(([, value]) => value !== undefined);
  if (entries.length === 0) return undefined;
  return entries
    .map(([key, part]) => dialect.around(part, indent, (value) => field(key, value, indent, dialect)))
    .join('');
}

function field(key: string, value: unknown, indent: string, dialect: Dialect): string {
  const nested = block(value, indent + INDENT, dialect);
  const rest = nested === undefined ? ` ${scalar(value, indent, dialect)}\n` : `\n${nested}`;
  return `${indent}${quoted(key)}:${rest}`;
}

/** The first line of a block stands behind the dash. */
function item(element: unknown, indent: string, dialect: Dialect): string {
  const nested = block(element, indent + INDENT, dialect);
  if (nested === undefined) return `${indent}- ${scalar(element, indent, dialect)}\n`;
  return `${indent}- ${nested.slice(indent.length + INDENT.length)}`;
}

function scalar(node: unknown, indent: string, dialect: Dialect): string {
  const inline = dialect.inline(node);
  if (inline !== undefined) return inline;
  if (typeof node === 'string') return node.includes('\n') ? lines(node, indent + INDENT) : quoted(node);
  if (typeof node === 'object' && node !== null) return Array.isArray(node) ? '[]' : '{}';
  return JSON.stringify(node);
}

/** What both YAML versions allow in a text as it is, line breaks of theirs aside. */
const PRINTABLE = /^[\t\n\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\u{10000}-\u{10ffff}]*$/u;
/** Text that may stand unquoted; all else is quoted: `1_000` is a number in YAML 1.1, `n` a boolean. */
const PLAIN = /^(--?)?[A-Za-z/][A-Za-z0-9 ./=-]*[A-Za-z0-9/-]$/;

/** A literal block, where its lines can stand as they are. */
function lines(text: string, indent: string): string {
  if (/^\s/.test(text) || !PRINTABLE.test(text)) return doubleQuoted(text);
  const keep = text.endsWith('\n\n') ? '+' : text.endsWith('\n') ? '' : '-';
  const body = text.endsWith('\n') ? text.slice(0, -1) : text;
  return `|${keep}\n${body
    .split('\n')
    .map((line) => (line === '' ? '' : indent + line))
    .join('\n')}`;
}

function quoted(text: string): string {
  if (readsAsItself(text)) return text;
  return PRINTABLE.test(text) && !text.includes('\n') ? `'${text.replaceAll("'", "''")}'` : doubleQuoted(text);
}

function doubleQuoted(text: string): string {
  return JSON.stringify(text).replace(
    /[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

const REMEMBERED = 10_000;

/** Words repeat from object to object, and asking two parsers is what costs. */
const asked = new Map<string, boolean>();

/** True when the text may stand unquoted. */
export function readsAsItself(text: string): boolean {
  let answer = asked.get(text);
  if (answer === undefined) {
    answer = PLAIN.test(text) && (['1.1', '1.2'] as const).every((version) => parse(text, { version }) === text);
    if (asked.size < REMEMBERED) asked.set(text, answer);
  }
  return answer;
}
