/** YAML as it is committed: keys in the order given, text quoted unless no YAML version could read it as something else. */
import { Document, parse, type Scalar, visit } from 'yaml';

export const GENERATED = '# Written by `npm run render`; change platform/ instead.\n';

/** Text that may stand unquoted; all else is quoted: `1_000` is a number in YAML 1.1, `n` a boolean. */
const PLAIN = /^(--?)?[A-Za-z/][A-Za-z0-9 ./=-]*[A-Za-z0-9/-]$/;

function readsAsItself(text: string): boolean {
  return PLAIN.test(text) && (['1.1', '1.2'] as const).every((version) => parse(text, { version }) === text);
}

/** A block-style YAML document with a final newline. Equal values give equal bytes; nothing is folded. */
export function toYaml(value: unknown): string {
  const document = new Document(value, { aliasDuplicateObjects: false, version: '1.2' });
  visit(document, {
    Scalar(_key, node: Scalar) {
      if (typeof node.value !== 'string' || node.value.includes('\n')) return;
      if (!readsAsItself(node.value)) node.type = 'QUOTE_SINGLE';
    },
  });
  return document.toString({ lineWidth: 0, singleQuote: true });
}

/** `text`, each line a comment at `indent` spaces. */
export function comment(text: string, indent = 0): string {
  return text
    .split('\n')
    .map((line) => `${' '.repeat(indent)}# ${line}\n`)
    .join('');
}
