/** Where something that runs comes from: a tree from an image or policy back to data, code, people; as text and as SVG. */

export const lineageKinds = [
  'image',
  'policy',
  'promotion',
  'slot',
  'data',
  'code',
  'training',
  'features',
  'parent',
  'gate',
  'approver',
  'problem',
] as const;

export interface LineageNode {
  readonly kind: (typeof lineageKinds)[number];
  /** A digest, a commit, a gate's name: what one would look for. */
  readonly name: string;
  /** What is known of it, by name, for a person. */
  readonly facts: Readonly<Record<string, string | number>>;
  readonly children: readonly LineageNode[];
}

/** One line a node, indented below what it stands behind. */
export function lineageLines(node: LineageNode, indent = '', last = true, root = true): string[] {
  const own = `${indent}${root ? '' : last ? '└─ ' : '├─ '}${node.kind} ${node.name}${factsOf(node)}`;
  const below = root ? '' : `${indent}${last ? '   ' : '│  '}`;
  return [
    own,
    ...node.children.flatMap((child, index) => lineageLines(child, below, index === node.children.length - 1, false)),
  ];
}

function factsOf({ facts }: LineageNode): string {
  const told = Object.entries(facts).map(([name, value]) => `${name} ${value}`);
  return told.length === 0 ? '' : ` (${told.join(', ')})`;
}

/** A node's place in a drawing; units are pixels at a scale of one. */
export interface PlacedNode {
  readonly node: LineageNode;
  readonly x: number;
  readonly y: number;
  /** What it stands behind; undefined for the root. */
  readonly parent: PlacedNode | undefined;
}

export const nodeSize = { width: 230, height: 40, gapX: 50, gapY: 12 } as const;

interface Row {
  readonly node: LineageNode;
  readonly row: number;
  readonly depth: number;
  readonly below: readonly Row[];
}

/** Depth to the right, one row a leaf, what has children in the middle of them. */
export function placeLineage(root: LineageNode): { nodes: readonly PlacedNode[]; width: number; height: number } {
  const { width, height, gapX, gapY } = nodeSize;
  const nodes: PlacedNode[] = [];
  let leaves = 0;
  let depthMax = 0;
  const rowOf = (node: LineageNode, depth: number): Row => {
    depthMax = Math.max(depthMax, depth);
    const below = node.children.map((child) => rowOf(child, depth + 1));
    const [first, end] = [below[0], below.at(-1)];
    const row = first === undefined || end === undefined ? leaves++ : (first.row + end.row) / 2;
    return { node, row, depth, below };
  };
  const place = ({ node, row, depth, below }: Row, parent: PlacedNode | undefined): void => {
    const placed = { node, x: depth * (width + gapX), y: row * (height + gapY), parent };
    nodes.push(placed);
    for (const child of below) place(child, placed);
  };
  place(rowOf(root, 0), undefined);
  return { nodes, width: (depthMax + 1) * (width + gapX) - gapX, height: leaves * (height + gapY) - gapY };
}

/** The line that joins a node to what it stands behind, as an SVG path. */
export function joinOf({ x, y, parent }: PlacedNode): string | undefined {
  if (parent === undefined) return undefined;
  const { width, height, gapX } = nodeSize;
  const [fromX, fromY, toY] = [parent.x + width, parent.y + height / 2, y + height / 2];
  return `M${fromX} ${fromY} C${fromX + gapX / 2} ${fromY} ${x - gapX / 2} ${toY} ${x} ${toY}`;
}

/** A name short enough for its box: a digest's or commit's first digits. */
export function shortName(name: string): string {
  return name.replace(/^sha256:/, '').replace(/[0-9a-f]{16,}/g, (hex) => hex.slice(0, 12));
}

/** The whole tree as one SVG document; each box tells the rest as its title. */
export function lineageSvg(root: LineageNode): string {
  const { nodes, width, height } = placeLineage(root);
  const joins = nodes.flatMap((placed) => joinOf(placed) ?? []).map((d) => `<path d="${d}"/>`);
  const boxes = nodes.map(({ node, x, y }) =>
    [
      `<g transform="translate(${x} ${y})"><title>${escaped(`${node.name}${factsOf(node)}`)}</title>`,
      `<rect width="${nodeSize.width}" height="${nodeSize.height}" rx="6"/>`,
      `<text x="10" y="16" class="kind">${node.kind}</text><text x="10" y="32">${escaped(shortName(node.name))}</text></g>`,
    ].join(''),
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="-10 -10 ${width + 20} ${height + 20}" font-family="monospace" font-size="12">`,
    '<style>path{fill:none;stroke:#888}rect{fill:#fff;stroke:#444}.kind{fill:#666;font-size:10px}</style>',
    ...joins,
    ...boxes,
    '</svg>',
    '',
  ].join('\n');
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
