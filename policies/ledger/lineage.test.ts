import test from 'ava';
import { joinOf, type LineageNode, lineageLines, lineageSvg, placeLineage, shortName } from './lineage.ts';

const leaf = (kind: LineageNode['kind'], name: string): LineageNode => ({ kind, name, facts: {}, children: [] });
const tree: LineageNode = {
  kind: 'policy',
  name: `sha256:${'a'.repeat(64)}`,
  facts: {},
  children: [
    {
      kind: 'promotion',
      name: 'c'.repeat(40),
      facts: { because: 'a < b & "c"' },
      children: [leaf('gate', 'edge'), leaf('approver', 'k')],
    },
    leaf('data', 'd'),
  ],
};

test('as text, each below what it stands behind', (t) => {
  t.deepEqual(lineageLines(tree), [
    `policy sha256:${'a'.repeat(64)}`,
    `├─ promotion ${'c'.repeat(40)} (because a < b & "c")`,
    '│  ├─ gate edge',
    '│  └─ approver k',
    '└─ data d',
  ]);
});

test('drawn: no two boxes overlap, every box but the first is joined', (t) => {
  const { nodes, width, height } = placeLineage(tree);
  t.is(nodes.length, 5);
  t.is(nodes.filter((node) => joinOf(node) === undefined).length, 1);
  const places = new Set(nodes.map(({ x, y }) => `${x} ${y}`));
  t.is(places.size, 5);
  t.true(nodes.every(({ x, y }) => x < width && y < height));
});

test('as SVG, what people wrote is text and never markup', (t) => {
  const svg = lineageSvg(tree);
  t.true(svg.includes('a &lt; b &amp; &quot;c&quot;'));
  t.false(svg.includes('a < b'));
  t.is(svg.match(/<rect /g)?.length, 5);
  t.is(shortName(`sha256:${'a'.repeat(64)}`), 'a'.repeat(12));
});
