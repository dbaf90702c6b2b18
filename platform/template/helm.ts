/** The tree as a Helm template: YAML with an action where an expression stands. */
import assert from 'node:assert/strict';
import { toYaml } from '../yaml.ts';
import { type Expression, isExpression, type Operation } from './expression.ts';

const INDENT = '  ';

/** A document that is there only where `condition` holds. */
export function helmTemplate(document: object, condition: Expression<boolean> | undefined): string {
  const body = map(document as Record<string, unknown>, '');
  return condition === undefined ? body : `{{- if ${argument(condition)} }}\n${body}{{- end }}\n`;
}

function map(entries: Readonly<Record<string, unknown>>, indent: string): string {
  return Object.entries(entries)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => conditional(value, indent, (node) => field(key, node, indent)))
    .join('');
}

function list(elements: readonly unknown[], indent: string): string {
  return elements.map((element) => conditional(element, indent, (node) => item(node, indent))).join('');
}

/** What `print` makes of the node, inside `if` where the node is only there sometimes. */
function conditional(node: unknown, indent: string, print: (node: unknown) => string): string {
  if (!isExpression(node) || node.$[0] !== 'when') return print(node);
  const [, condition, then] = node.$;
  return `${indent}{{- if ${argument(condition)} }}\n${print(then)}${indent}{{- end }}\n`;
}

function field(name: string, node: unknown, indent: string): string {
  const key = toYaml({ [name]: 0 }).slice(0, -': 0\n'.length);
  const nested = block(node, indent + INDENT);
  return nested === undefined ? `${indent}${key}: ${scalar(node)}\n` : `${indent}${key}:\n${nested}`;
}

function item(node: unknown, indent: string): string {
  const nested = block(node, indent + INDENT);
  if (nested === undefined) return `${indent}- ${scalar(node)}\n`;
  // The first line of a block carries the dash, so it must not be an action.
  assert(!nested.trimStart().startsWith('{{'), 'the first part of a list element cannot be conditional');
  return `${indent}- ${nested.slice(indent.length + INDENT.length)}`;
}

/** Undefined for a scalar, and for an empty list or map, which is written in one line. */
function block(node: unknown, indent: string): string | undefined {
  if (typeof node !== 'object' || node === null || isExpression(node)) return undefined;
  const parts: readonly unknown[] = Array.isArray(node) ? node : Object.values(node);
  if (parts.length === 0) return undefined;
  // Where all were absent the key would hold null instead of nothing: such a parent must itself be conditional.
  assert(
    parts.some((part) => !isExpression(part) || part.$[0] !== 'when'),
    'one part at least must be unconditional',
  );
  return Array.isArray(node) ? list(node, indent) : map(node as Record<string, unknown>, indent);
}

function scalar(node: unknown): string {
  if (isExpression(node)) return `{{ ${argument(node)} | toJson }}`;
  if (typeof node === 'object' && node !== null) return Array.isArray(node) ? '[]' : '{}';
  // A text with braces would be read as an action.
  if (typeof node === 'string' && node.includes('{{')) return `{{ ${quoted(node)} | toJson }}`;
  if (typeof node === 'string' && node.includes('\n')) return JSON.stringify(node);
  return toYaml(node).trimEnd();
}

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
