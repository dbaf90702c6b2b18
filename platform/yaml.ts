/** YAML as it is committed: keys in the order given, text quoted unless no YAML version could read it as something else. */
import { Document, isCollection, isPair, isScalar, parse } from 'yaml';

export const GENERATED = '# Written by `npm run render`; change platform/ instead.\n';

/** Text that may stand unquoted; all else is quoted: `1_000` is a number in YAML 1.1, `n` a boolean. */
const PLAIN = /^(--?)?[A-Za-z/][A-Za-z0-9 ./=-]*[A-Za-z0-9/-]$/;

const REMEMBERED = 10_000;

/** Words repeat from object to object, and asking two parsers is what costs. */
const asked = new Map<string, boolean>();

function readsAsItself(text: string): boolean {
  let answer = asked.get(text);
  if (answer === undefined) {
    answer = PLAIN.test(text) && (['1.1', '1.2'] as const).every((version) => parse(text, { version }) === text);
    if (asked.size < REMEMBERED) asked.set(text, answer);
  }
  return answer;
}

/** A block-style YAML document with a final newline. Equal values give equal bytes; nothing is folded. */
export function toYaml(value: unknown): string {
  return styled(new Document(value, { aliasDuplicateObjects: false, version: '1.2' }));
}

/** The document's text, quoted and laid out as all of ours are. */
export function styled(document: Document): string {
  quote(document.contents);
  return document.toString({ lineWidth: 0, singleQuote: true });
}

function quote(node: unknown): void {
  if (isScalar(node)) {
    const text = node.value;
    if (typeof text === 'string' && !text.includes('\n') && !readsAsItself(text)) node.type = 'QUOTE_SINGLE';
  } else if (isPair(node)) {
    quote(node.key);
    quote(node.value);
  } else if (isCollection(node)) {
    for (const item of node.items) quote(item);
  }
}
