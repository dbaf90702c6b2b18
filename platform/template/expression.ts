/**
 * What a manifest says before anybody chose values: plain data in which expressions stand where a value will be.
 *
 * `evaluate` replaces them by values, `helmTemplate` by template actions. Both read the same tree, so that a chart and
 * the objects applied without it cannot mean different things. An expression is an object with the one key `$`, which no
 * Kubernetes field has: plain data, so that cdk8s passes it through.
 */

declare const meant: unique symbol;

export interface Expression<T> {
  readonly $: Operation;
  /** Only the compiler sees it: what the expression will be. */
  readonly [meant]?: T;
}

export type Operation =
  | readonly ['value', path: string]
  /** An integer of the values: Helm reads numbers as floats, which print as 5e+06. */
  | readonly ['integer', path: string]
  | readonly ['namespace']
  | readonly ['text', ...parts: readonly (string | Expression<string | number>)[]]
  | readonly ['sum', of: Expression<number>, and: number]
  | readonly ['digest12', digest: Expression<string>]
  | readonly ['sha256', text: Expression<string>, digits: number]
  | readonly ['json', of: Expression<unknown>]
  | readonly ['either', first: Expression<string>, otherwise: Expression<string> | string]
  | readonly ['given', text: Expression<string>]
  | readonly ['positive', number: Expression<number>]
  | readonly ['exceeds', number: Expression<number>, other: Expression<number>]
  | readonly ['equal', value: Expression<string>, to: string]
  | readonly ['not', condition: Expression<boolean>]
  | readonly ['all', ...conditions: readonly Expression<boolean>[]]
  | readonly ['when', condition: Expression<boolean>, then: unknown]
  | readonly ['choose', condition: Expression<boolean>, then: unknown, otherwise: unknown];

/** `T` in which any part may still be an expression. */
export type Templated<T> =
  | Expression<T>
  | (T extends readonly (infer E)[]
      ? readonly Templated<E>[]
      : T extends object
        ? { readonly [K in keyof T]: Templated<T[K]> }
        : T);

export function isExpression(value: unknown): value is Expression<unknown> {
  return typeof value === 'object' && value !== null && '$' in value;
}

const make = <T>(...operation: Operation): Expression<T> => ({ $: operation });

/** The namespace that the objects are for. */
export const namespace = make<string>('namespace');

/** A text with expressions in it: text`--environment=${values.config.environment}`. */
export function text(strings: TemplateStringsArray, ...parts: readonly (Expression<string | number> | string)[]) {
  const joined = strings.flatMap((string, index) => [string, parts[index] ?? '']).filter((part) => part !== '');
  return make<string>('text', ...joined);
}

export const sum = (of: Expression<number>, and: number) => make<number>('sum', of, and);

/** First 12 hex digits of "sha256:…". */
export const digest12 = (digest: Expression<string>) => make<string>('digest12', digest);

/** First `digits` hex digits of the SHA-256 of a text: a name that changes with content. */
export const sha256 = (of: Expression<string>, digits: number) => make<string>('sha256', of, digits);

/** Compact JSON with sorted keys. */
export const json = (of: Expression<unknown>) => make<string>('json', of);

/** `first` unless it is empty. */
export const either = (first: Expression<string>, otherwise: Expression<string> | string) =>
  make<string>('either', first, otherwise);

/** True when a text is not empty. */
export const given = (of: Expression<string>) => make<boolean>('given', of);
export const positive = (number: Expression<number>) => make<boolean>('positive', number);
export const exceeds = (number: Expression<number>, other: Expression<number>) =>
  make<boolean>('exceeds', number, other);
export const equal = <T extends string>(value: Expression<T>, to: T) => make<boolean>('equal', value, to);
export const not = (condition: Expression<boolean>) => make<boolean>('not', condition);
export const all = (...conditions: readonly Expression<boolean>[]) => make<boolean>('all', ...conditions);

/** `then` where the condition holds; else the key, or the element, is not there. */
export const when = <T>(condition: Expression<boolean>, then: Templated<T>) => make<T>('when', condition, then);

/** One scalar or another. */
export const choose = <T extends string | number>(
  condition: Expression<boolean>,
  then: T | Expression<T>,
  otherwise: T | Expression<T>,
) => make<T>('choose', condition, then, otherwise);

/** The same shape with expressions for leaves. Lists and free maps are taken whole. */
export type References<T> = {
  readonly [K in keyof T]: T[K] extends readonly unknown[] | string | number | boolean
    ? Expression<T[K]>
    : string extends keyof T[K]
      ? Expression<T[K]>
      : References<T[K]> & Expression<T[K]>;
};

/**
 * Expressions for every value of `example`, an object that has all of them. A branch is an expression, too: of the whole
 * branch.
 */
export function references<T extends object>(example: T, path: readonly string[] = []): References<T> {
  const entries = Object.entries(example).map(([key, value]) => {
    const at = [...path, key];
    const whole = make<unknown>(Number.isSafeInteger(value) ? 'integer' : 'value', at.join('.'));
    const branch = typeof value === 'object' && !Array.isArray(value) && Object.keys(value).length > 0;
    return [key, branch ? Object.assign(references(value, at), whole) : whole];
  });
  return Object.fromEntries(entries) as References<T>;
}
