/** Expressions replaced by values. */
import { createHash } from 'node:crypto';
import { type Expression, isExpression } from './expression.ts';

export interface Scope {
  readonly values: object;
  readonly namespace: string;
}

/** What `when` gives where its condition does not hold: its place is gone. */
const ABSENT = Symbol('absent');

/** A copy of `node` without expressions. */
export function evaluate(node: unknown, scope: Scope): unknown {
  const value = evaluated(node, scope);
  return value === ABSENT ? undefined : value;
}

export function holds(condition: Expression<boolean>, scope: Scope): boolean {
  return evaluated(condition, scope) === true;
}

function evaluated(node: unknown, scope: Scope): unknown {
  if (typeof node !== 'object' || node === null) return node;
  if (Array.isArray(node)) {
    const list: unknown[] = [];
    for (const element of node) {
      const value = evaluated(element, scope);
      if (value !== ABSENT) list.push(value);
    }
    return list;
  }
  if (isExpression(node)) return applied(node, scope);
  const map: Record<string, unknown> = {};
  for (const key in node) {
    const value = evaluated((node as Record<string, unknown>)[key], scope);
    if (value !== ABSENT) map[key] = value;
  }
  return map;
}

function applied({ $: operation }: Expression<unknown>, scope: Scope): unknown {
  const of = (part: unknown): unknown => evaluated(part, scope);
  switch (operation[0]) {
    case 'value':
    case 'integer':
      return valueAt(scope.values, operation[1]);
    case 'namespace':
      return scope.namespace;
    case 'text':
      return operation.slice(1).map(of).join('');
    case 'sum':
      return (of(operation[1]) as number) + operation[2];
    case 'digest12':
      return (of(operation[1]) as string).slice('sha256:'.length, 'sha256:'.length + 12);
    case 'sha256':
      return createHash('sha256')
        .update(of(operation[1]) as string)
        .digest('hex')
        .slice(0, operation[2]);
    case 'json':
      return canonicalJson(of(operation[1]));
    case 'either':
      return of(operation[1]) || of(operation[2]);
    case 'given':
      return of(operation[1]) !== '';
    case 'positive':
      return (of(operation[1]) as number) > 0;
    case 'exceeds':
      return (of(operation[1]) as number) > (of(operation[2]) as number);
    case 'equal':
      return of(operation[1]) === operation[2];
    case 'not':
      return !of(operation[1]);
    case 'all':
      return operation.slice(1).every(of);
    case 'when':
      return of(operation[1]) ? of(operation[2]) : ABSENT;
    case 'choose':
      return of(operation[1]) ? of(operation[2]) : of(operation[3]);
  }
}

function valueAt(values: object, path: string): unknown {
  let value: unknown = values;
  for (const key of path.split('.')) value = (value as Record<string, unknown>)[key];
  return value;
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
