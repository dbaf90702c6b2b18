import test from 'ava';
import fc from 'fast-check';
import { difference } from './difference.ts';
import { canonicalJson, evaluate } from './evaluate.ts';
import {
  all,
  choose,
  digest12,
  either,
  equal,
  exceeds,
  given,
  json,
  not,
  positive,
  references,
  sha256,
  sum,
  text,
  when,
} from './expression.ts';
import { helmTemplate } from './helm.ts';

const example = {
  name: 'a',
  empty: '',
  on: true,
  count: 3,
  digest: `sha256:${'0123456789'.repeat(6)}abcd`,
  deep: { list: ['x'] },
};
const v = references(example);
const scope = { values: example, namespace: 'here' };

const means = test.macro({
  exec(t, node: unknown, value: unknown, helm: string) {
    t.deepEqual(evaluate({ key: node }, scope), { key: value });
    t.is(helmTemplate({ key: node }, undefined), `key: ${helm}\n`);
  },
  title: (_, __, value, helm) => `${helm} is ${JSON.stringify(value)}`,
});

test(means, v.name, 'a', '{{ .Values.name | toJson }}');
test(means, v.count, 3, '{{ (.Values.count | int) | toJson }}');
test(means, v.deep.list, ['x'], '{{ .Values.deep.list | toJson }}');
test(
  means,
  text`100%-${v.name}-${v.count}`,
  '100%-a-3',
  '{{ (printf "100%%-%v-%v" .Values.name (.Values.count | int)) | toJson }}',
);
test(means, sum(v.count, 20), 23, '{{ (add (.Values.count | int) 20) | toJson }}');
test(means, digest12(v.digest), '012345678901', '{{ (.Values.digest | trimPrefix "sha256:" | trunc 12) | toJson }}');
test(means, sha256(v.name, 8), 'ca978112', '{{ (.Values.name | sha256sum | trunc 8) | toJson }}');
test(means, json(v.deep), '{"list":["x"]}', '{{ (.Values.deep | toJson) | toJson }}');
test(means, either(v.empty, v.name), 'a', '{{ (default .Values.name .Values.empty) | toJson }}');
test(
  means,
  choose(given(v.empty), 'full', 'empty'),
  'empty',
  '{{ (ternary "full" "empty" (ne .Values.empty "")) | toJson }}',
);
test(means, all(v.on, not(equal(v.name, 'b'))), true, '{{ (and .Values.on (not (eq .Values.name "b"))) | toJson }}');
test(means, exceeds(v.count, v.count), false, '{{ (gt (.Values.count | int) (.Values.count | int)) | toJson }}');
test(means, positive(v.count), true, '{{ (gt (.Values.count | int) 0) | toJson }}');
test(means, 'plain', 'plain', 'plain');
test(means, '{{ not ours }}', '{{ not ours }}', '{{ "{{ not ours }}" | toJson }}');
test(means, 'two\nlines', 'two\nlines', '|-\n  two\n  lines');

test('where a condition does not hold, a key and an element are gone, and in a template they stand in `if`', (t) => {
  const node = { kept: 1, field: when(given(v.empty), 2), list: ['first', when(given(v.empty), { name: 1 })] };
  t.deepEqual(evaluate(node, scope), { kept: 1, list: ['first'] });
  t.is(
    helmTemplate(node, given(v.name)),
    `{{- if (ne .Values.name "") }}
kept: 1
{{- if (ne .Values.empty "") }}
field: 2
{{- end }}
list:
  - first
  {{- if (ne .Values.empty "") }}
  - name: 1
  {{- end }}
{{- end }}
`,
  );
});

test('a parent of which nothing need be left must itself be conditional', (t) => {
  t.throws(() => helmTemplate({ labels: { a: when(v.on, 'b') } }, undefined), { message: /must be unconditional: a/ });
});

test('the first part of a list’s element stands behind the dash, so it is always there', (t) => {
  t.throws(() => helmTemplate({ list: [{ a: when(v.on, 'b'), c: 1 }] }, undefined), { message: /unconditional: a,c/ });
});

test('what has no expression is the same object for every scope', (t) => {
  const fixed = { a: [1, { b: 2 }] };
  const [one, other] = [scope, { ...scope, namespace: 'there' }].map((each) => evaluate({ fixed, of: v.name }, each));
  t.is((one as { fixed: unknown }).fixed, (other as { fixed: unknown }).fixed);
});

test('JSON is as Go writes it', (t) => {
  t.is(
    canonicalJson({ b: '<&>\u2028', a: [{ d: 1, c: null }] }),
    '{"a":[{"c":null,"d":1}],"b":"\\u003c\\u0026\\u003e\\u2028"}',
  );
});

/** Enough of RFC 6902 to hold the differences to: what they describe leads from one value to the other. */
function applied(from: unknown, operations: ReturnType<typeof difference>): unknown {
  let root = structuredClone(from);
  for (const { op, path, value } of operations) {
    const keys = path
      .split('/')
      .slice(1)
      .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
    const last = keys.pop();
    if (last === undefined) root = value;
    else {
      const parent = keys.reduce((at, key) => at[key] as Record<string, unknown>, root as Record<string, unknown>);
      if (op === 'remove') delete parent[last];
      else parent[last] = value;
    }
  }
  return root;
}

test('a difference leads from one object to the other, and there is none between equals', (t) => {
  const key = fc.constantFrom('a', 'b/c', 'd~e', 'f');
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { maxDepth: 3 },
      fc.integer({ max: 3 }),
      fc.dictionary(key, tie('tree')),
      fc.array(tie('tree'), { maxLength: 3 }),
    ),
  }));
  fc.assert(
    fc.property(tree, tree, (from, to) => {
      t.deepEqual(applied(from, difference(from, to)), structuredClone(to));
      t.deepEqual(difference(from, structuredClone(from)), []);
    }),
    { numRuns: 200 },
  );
});
