/** The tree as a Helm template: YAML with an action where an expression stands. */
import assert from 'node:assert/strict';
import { type Dialect, toYaml } from '../yaml.ts';
import { type Expression, isExpression, type Operation } from './expression.ts';

/** A document that is there only where `condition` holds. */
export function helmTemplate(document: object, condition: Expression<boolean> | undefined): string {
  holdParents(document);
  const body = toYaml(document, HELM);
  return condition === undefined ? body : `{{- if ${argument(condition)} }}\n${body}{{- end }}\n`;
}

const HELM: Dialect = {
  inline(node) {
    if (isExpression(node)) return `{{ ${argument(node)} | toJson }}`;
    // A text with braces would be read as an action.
    return typeof node === 'string' && node.includes('{{') ? `{{ ${quoted(node)} | toJson }}` : undefined;
  },
  around(node, indent, write) {
    if (!isConditional(node)) return write(node);
    const [, condition, then] = node.$;
    return `${indent}{{- if ${argument(condition)} }}\n${write(then)}${indent}{{- end }}\n`;
  },
};

/**
 * Where all parts were absent their key would hold null instead of nothing, and where the first part of a list's element
 * were, the dash would have nothing to stand before: such a parent must itself be conditional.
 */
function holdParents(node: unknown, isElement = false): void {
  if (typeof node !== 'object' || node === null) return;
  if (isExpression(node)) {
    if (isConditional(node)) holdParents(node.$[2], isElement);
    return;
  }
  const parts = Object.values(node);
  const mustBeThere = isElement ? parts.slice(0, 1) : parts;
  assert(
    parts.length === 0 || mustBeThere.some((part) => !isConditional(part)),
    `one part at least, in a list's element the first, must be unconditional: ${Object.keys(node)}`,
  );
  for (const part of parts) holdParents(part, Array.isArray(node));
}

type Conditional = Expression<unknown> & { readonly $: Extract<Operation, readonly ['when', ...unknown[]]> };

const isConditional = (node: unknown): node is Conditional => isExpression(node) && node.$[0] === 'when';

/** An expression as an argument of a template function. */
export function argument(node: unknown): string {
  if (isExpression(node)) return call(node.$);
  return typeof node === 'string' ? quoted(node) : JSON.stringify(node);
}

function call(operation: Operation): string {
  const args = operation.slice(1).map((part) => (part === undefined ? '' : argument(part)));
  switch (operation[0]) {
    case 'value':
      return `.Values.${operation[1]}`;
    case 'integer':
      return `(.Values.${operation[1]} | int)`;
    case 'namespace':
      return '.Release.Namespace';
    case 'text':
      return printf(operation.slice(1));
    case 'sum':
      return `(add ${args.join(' ')})`;
    case 'digest12':
      return `(${args[0]} | trimPrefix "sha256:" | trunc 12)`;
    case 'sha256':
      return `(${args[0]} | sha256sum | trunc ${operation[2]})`;
    case 'json':
      return `(${args[0]} | toJson)`;
    case 'either':
      return `(default ${args[1]} ${args[0]})`;
    case 'given':
      return `(ne ${args[0]} "")`;
    case 'positive':
      return `(gt ${args[0]} 0)`;
    case 'exceeds':
      return `(gt ${args.join(' ')})`;
    case 'equal':
      return `(eq ${args.join(' ')})`;
    case 'not':
      return `(not ${args[0]})`;
    case 'all':
      return `(and ${args.join(' ')})`;
    case 'choose':
      return `(ternary ${args[1]} ${args[2]} ${args[0]})`;
    case 'when':
      assert.fail('`when` stands for a field or an element, never inside another expression');
  }
}

function printf(parts: readonly unknown[]): string {
  const format = parts.map((part) => (typeof part === 'string' ? part.replaceAll('%', '%%') : '%v')).join('');
  return `(printf ${[quoted(format), ...parts.filter(isExpression).map(argument)].join(' ')})`;
}

function quoted(value: string): string {
  return JSON.stringify(value);
}
