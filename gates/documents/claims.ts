/**
 * What documents claim: each item of a list, bound to its evidence by comments that a reader of the rendered page does not see.
 *
 *     - A full log refuses to start. <!-- proof: test runtime/journal/journal.test.ts "refuses a full disk" -->
 *
 * Sections that give reasons or instructions (`Decisions`, `Licence`, `How to add …`) claim nothing.
 */

export const proofKinds = ['test', 'gate', 'suite', 'run', 'figure'] as const;
export type ProofKind = (typeof proofKinds)[number];

export interface Proof {
  readonly kind: ProofKind | 'unknown';
  /** What stands behind the kind: a file and a quoted title, a gate's name, a command, a figure's place. */
  readonly argument: string;
}

export interface Claim {
  readonly file: string;
  readonly line: number;
  /** Without its proofs, on one line. */
  readonly text: string;
  readonly proofs: readonly Proof[];
}

/** A name in code type that has to exist somewhere. */
export interface Mention {
  readonly file: string;
  readonly line: number;
  readonly kind: 'script' | 'flag' | 'metric' | 'path';
  readonly name: string;
}

const CLAIMLESS = /^(decisions|licence|house rules|how to|data at hand)/i;
/** Throughput, latency, memory: what somebody measured, or ought to have. */
const FIGURE = /\b\d[\d.,]*\s?(?:µs|us|ms|ns|MiB|GiB|kB|(?:messages|orders|decisions|events) (?:a|per) second)(?![\w])/;

/** Items of lists, and paragraphs with a measured figure in them, in the document's order. */
export function claimsOf(markdown: string, file: string): Claim[] {
  return blocksOf(markdown).flatMap(({ line, text, item }) => {
    const proofs = [...text.matchAll(/<!--\s*proof:\s*(.*?)\s*-->/gs)].map(([, words]) => proofOf(words as string));
    const said = text
      .replace(/<!--.*?-->/gs, '')
      .replace(/\s+/g, ' ')
      .trim();
    // An item that names the rejected alternative gives a reason, wherever it stands.
    if (/\bRejected:/.test(said)) return [];
    const claims = item || proofs.length > 0 || FIGURE.test(said.replace(/`[^`]*`/g, ''));
    return claims && said !== '' ? [{ file, line, text: said, proofs }] : [];
  });
}

function proofOf(words: string): Proof {
  const [kind = '', ...rest] = words.replace(/\s+/g, ' ').split(' ');
  const known = (proofKinds as readonly string[]).includes(kind);
  return { kind: known ? (kind as ProofKind) : 'unknown', argument: known ? rest.join(' ') : words };
}

interface Block {
  readonly line: number;
  readonly text: string;
  readonly item: boolean;
}

/** Items and paragraphs outside code and tables, in sections that claim something. */
function blocksOf(markdown: string): Block[] {
  const blocks: { line: number; text: string; item: boolean }[] = [];
  let claiming = true;
  let open: { line: number; text: string; item: boolean } | undefined;
  for (const { text, line, fenced } of linesOf(markdown)) {
    // Some documents write a section's name as a line of its own.
    const heading = /^#+\s+(.*)/.exec(text)?.[1] ?? /^(Decisions|Invariants):?$/.exec(text)?.[1];
    if (heading !== undefined) claiming = !CLAIMLESS.test(heading);
    const item = !fenced && /^\s{0,1}(?:[-*]|\d+\.)\s/.test(text);
    const ends = heading !== undefined || fenced || text.trim() === '' || /^\s*\||^ {4}/.test(text);
    if (ends || item) open = undefined;
    if (!claiming || (ends && !item)) continue;
    if (open === undefined) {
      open = { line, text, item };
      blocks.push(open);
    } else open.text += `\n${text}`;
  }
  return blocks.map((block) => ({ ...block, text: block.text.replace(/^\s*(?:[-*]|\d+\.)\s/, '') }));
}

function* linesOf(markdown: string): Generator<{ text: string; line: number; fenced: boolean }> {
  let fence = false;
  for (const [index, text] of markdown.split('\n').entries()) {
    const mark = /^\s*(```|~~~)/.test(text);
    yield { text, line: index + 1, fenced: fence || mark };
    if (mark) fence = !fence;
  }
}

/** Commands, flags, metrics and files named in code type or in code blocks. */
export function mentionsOf(markdown: string, file: string): Mention[] {
  const found: Mention[] = [];
  for (const { text, line, fenced } of linesOf(markdown)) {
    const spans =
      fenced || /^ {4}/.test(text) ? [text] : [...text.matchAll(/`([^`]+)`/g)].map(([, span]) => span as string);
    for (const span of spans) {
      const add = (kind: Mention['kind'], name: string): void => void found.push({ file, line, kind, name });
      for (const [, script] of span.matchAll(/\bnpm run (?:-s )?([a-z][a-z0-9-]*)/g)) add('script', script as string);
      for (const [, metric] of span.matchAll(/\b(emp_[a-z0-9_]+[a-z0-9])\b/g)) add('metric', metric as string);
      const ours = /\bnpm run\b/.test(span) || /^--[a-z]/.test(span.trim());
      for (const [, flag] of ours ? span.matchAll(/(?<![\w-])(--[a-z][a-z0-9-]+)/g) : []) add('flag', flag as string);
      if (!fenced && /^[\w./-]+\.(ts|tsx|mjs|yaml|json|md|sql)$/.test(span) && !/[<*]|\b(NAME|FILE|DIR)\b/.test(span))
        add('path', span);
    }
  }
  return found;
}
