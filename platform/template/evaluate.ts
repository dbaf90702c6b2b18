/** Expressions replaced by values. */
import { createHash } from 'node:crypto';
import { type Expression, isExpression, type Operation } from './expression.ts';

export interface Scope {
  readonly values: object;
  readonly namespace: string;
}

/** What `when` gives where its condition does not hold: its place is gone. */
const ABSENT = Symbol('absent');

/**
 * `node` without expressions. Parts that have none are not copied: they are the same objects for every scope, which makes
 * them cheap to compare and forbids to change them.
 */
export function evaluate(node: unknown, scope: Scope): unknown {
  const value = compiled(node)(scope);
  return value === ABSENT ? undefined : value;
}

export function holds(condition: Expression<boolean>, scope: Scope): boolean {
  return evaluate(condition, scope) === true;
}

type Evaluator = (scope: Scope) => unknown;

/** The definition is evaluated once for each environment, and compiled once for all. */
const known = new WeakMap<object, Evaluator>();

function compiled(node: unknown): Evaluator {
  if (typeof node !== 'object' || node === null) return () => node;
  let evaluator = known.get(node);
  if (evaluator === undefined) {
    evaluator = compile(node);
    known.set(node, evaluator);
  }
  return evaluator;
}

function compile(node: object): Evaluator {
  if (isStatic(node)) return () => node;
  if (isExpression(node)) return operation(node.$);
  if (Array.isArray(node)) {
    const elements = node.map(compiled);
    return (scope) => elements.map((element) => element(scope)).filter((value) => value !== ABSENT);
  }
  const entries = Object.entries(node).map(([key, value]) => [key, compiled(value)] as const);
  return (scope) => {
    const map: Record<string, unknown> = {};
    for (const [key, evaluator] of entries) {
      const value = evaluator(scope);
      if (value !== ABSENT) map[key] = value;
    }
    return map;
  };
}

function isStatic(node: unknown): boolean {
  if (typeof node !== 'object' || node === null) return true;
  return !isExpression(node) && Object.values(node).every(isStatic);
}

function operation([name, ...operands]: Operation): Evaluator {
  if (name === 'value' || name === 'integer') return valueAt((operands[0] as string).split('.'));
  if (name === 'namespace') return ({ namespace }) => namespace;
  const parts = operands.map(compiled);
  const [first, second, third] = parts as [Evaluator, Evaluator, Evaluator];
  const text = (scope: Scope) => first(scope) as string;
  const number = (scope: Scope, of = first) => of(scope) as number;
  switch (name) {
    case 'text':
      return (scope) => parts.map((part) => part(scope)).join('');
    case 'sum':
      return (scope) => number(scope) + number(scope, second);
    case 'digest12':
      return (scope) => text(scope).slice('sha256:'.length, 'sha256:'.length + 12);
    case 'sha256':
      return (scope) => createHash('sha256').update(text(scope)).digest('hex').slice(0, number(scope, second));
    case 'json':
      return (scope) => canonicalJson(first(scope));
    case 'either':
      return (scope) => first(scope) || second(scope);
    case 'given':
      return (scope) => first(scope) !== '';
    case 'positive':
      return (scope) => number(scope) > 0;
    case 'exceeds':
      return (scope) => number(scope) > number(scope, second);
    case 'equal':
      return (scope) => first(scope) === second(scope);
    case 'not':
      return (scope) => !first(scope);
    case 'all':
      return (scope) => parts.every((part) => part(scope));
    case 'when':
      return (scope) => (first(scope) ? second(scope) : ABSENT);
    case 'choose':
      return (scope) => (first(scope) ? second(scope) : third(scope));
  }
}

function valueAt(path: readonly string[]): Evaluator {
  return ({ values }) => {
    let value: unknown = values;
    for (const key of path) value = (value as Record<string, unknown>)[key];
    return value;
  };
}

/** JSON as Go's encoder writes it: sorted keys, and `<`, `>`, `&` escaped. */
export function canonicalJson(value: unknown): string {
  const sorted = (part: unknown): unknown => {
    if (typeof part !== 'object' || part === null) return part;
    if (Array.isArray(part)) return part.map(sorted);
    const entries = Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1));
    return Object.fromEntries(entries.map(([key, child]) => [key, sorted(child)]));
  };
  return JSON.stringify(sorted(value)).replace(
    /[<>&\u2028\u2029]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
