/** Reads which file imports which: enough of a TypeScript lexer to tell code from comments, strings and expressions. */
import path from 'node:path';

export interface Import {
  /** Paths from the repository's root, `/` separated. */
  readonly from: string;
  readonly to: string;
  /** `import type`: leaves no code behind. */
  readonly typeOnly: boolean;
  /** Line of the specifier, from 1. */
  readonly line: number;
}

interface Literal {
  readonly value: string;
  readonly at: number;
  /** The code right before the literal, without comments, other strings emptied. */
  readonly before: string;
}

/**
 * Every relative import of `source`: static, re-exported, dynamic, of a type, and a module named for a worker
 * (`new URL('./worker.ts', …)`). A path that is computed cannot be read, and packages are not ours to order.
 */
export function importsOf(file: string, source: string): Import[] {
  const imports: Import[] = [];
  for (const { value, at, before } of stringLiterals(source)) {
    if (!/^\.\.?\//.test(value)) continue;
    const statement = /\b(import|export)\b(\s+type\b)?[^;'"`]*\bfrom\s*$|\bimport\s*$|\bimport\s*\(\s*$/.exec(before);
    if (statement === null && !/\.(ts|tsx|mjs)$/.test(value)) continue;
    const to = path.posix.normalize(path.posix.join(path.posix.dirname(file), value));
    const line = source.slice(0, at).split('\n').length;
    imports.push({ from: file, to, typeOnly: statement?.[2] !== undefined, line });
  }
  return imports;
}

/** Every package that `source` loads code from, sorted: by a static or dynamic import or a re-export, types left out. */
export function packagesOf(source: string): string[] {
  const packages = new Set<string>();
  for (const { value, before } of stringLiterals(source)) {
    const statement = /\b(import|export)\b(\s+type\b)?[^;'"`]*\bfrom\s*$|\bimport\s*$|\bimport\s*\(\s*$/.exec(before);
    if (statement === null || statement[2] !== undefined || /^(\.|node:)/.test(value)) continue;
    packages.add(value.split('/', value.startsWith('@') ? 2 : 1).join('/'));
  }
  return [...packages].sort();
}

const REGEX_MAY_FOLLOW = /(^|[(,=:[!&|?{};+\-*%~^<>]|\b(return|typeof|case|of|in|delete|void|throw|new|else|do))\s*$/;
const CONTEXT = 2_000;

/** Quoted strings of `source` that are code, in order. Templates are skipped whole but for the code in `${}`. */
function* stringLiterals(source: string): Generator<Literal> {
  let code = '';
  let at = 0;
  /** For each template we are in: how many braces are open inside its current `${`. */
  const templates: number[] = [];
  while (at < source.length) {
    const char = source[at];
    if (char === '/' && source[at + 1] === '/') {
      at = endOf(source, '\n', at);
    } else if (char === '/' && source[at + 1] === '*') {
      at = endOf(source, '*/', at + 2);
    } else if (char === "'" || char === '"') {
      const end = endOfQuoted(source, at, char);
      yield { value: source.slice(at + 1, end - 1), at, before: code.slice(-CONTEXT) };
      code += '""';
      at = end;
    } else if (char === '`' || (char === '}' && templates.at(-1) === 0)) {
      if (char === '}') templates.pop();
      const end = endOfTemplateText(source, at + 1);
      if (source[end - 1] === '{') templates.push(0);
      code += '""';
      at = end;
    } else if (char === '/' && REGEX_MAY_FOLLOW.test(code.slice(-20))) {
      at = endOfRegex(source, at + 1);
      code += '""';
    } else {
      if (templates.length > 0 && char === '{') templates[templates.length - 1] = (templates.at(-1) as number) + 1;
      if (templates.length > 0 && char === '}') templates[templates.length - 1] = (templates.at(-1) as number) - 1;
      code += char;
      at++;
    }
  }
}

/** Behind the next `end`, or the source's end. */
function endOf(source: string, end: string, from: number): number {
  const found = source.indexOf(end, from);
  return found < 0 ? source.length : found + end.length;
}

function endOfQuoted(source: string, from: number, quote: string): number {
  let at = from + 1;
  while (at < source.length && source[at] !== quote) at += source[at] === '\\' ? 2 : 1;
  return at + 1;
}

/** Behind the closing backtick, or behind the `${` that interrupts the text. */
function endOfTemplateText(source: string, from: number): number {
  let at = from;
  while (at < source.length && source[at] !== '`') {
    if (source[at] === '$' && source[at + 1] === '{') return at + 2;
    at += source[at] === '\\' ? 2 : 1;
  }
  return at + 1;
}

function endOfRegex(source: string, from: number): number {
  let at = from;
  let inClass = false;
  while (at < source.length && source[at] !== '\n' && (inClass || source[at] !== '/')) {
    if (source[at] === '[') inClass = true;
    if (source[at] === ']') inClass = false;
    at += source[at] === '\\' ? 2 : 1;
  }
  return at + 1;
}
