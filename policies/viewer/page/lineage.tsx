import { joinOf, type LineageNode, nodeSize, placeLineage, shortName } from '../../ledger/lineage.ts';
import { Scroll } from './panel.tsx';

/** Where the policy comes from, drawn from left to right: its promotions with gates and people, its data, code and parents. */
export function Lineage({ root }: { readonly root: LineageNode }) {
  const { nodes, width, height } = placeLineage(root);
  return (
    <details class="lineage">
      <summary>Lineage</summary>
      <Scroll label="Lineage">
        <svg
          role="img"
          aria-label={`Lineage of ${root.kind} ${shortName(root.name)}, ${nodes.length} nodes`}
          width={width + 2}
          height={height + 2}
          viewBox={`-1 -1 ${width + 2} ${height + 2}`}
        >
          {nodes.map((placed, index) => (
            <path key={index} d={joinOf(placed) ?? ''} />
          ))}
          {nodes.map(({ node, x, y }, index) => (
            <g key={index} class={node.kind} transform={`translate(${x} ${y})`}>
              <title>
                {[node.name, ...Object.entries(node.facts).map(([name, fact]) => `${name}: ${fact}`)].join('\n')}
              </title>
              <rect width={nodeSize.width} height={nodeSize.height} rx={6} />
              <text x={10} y={16} class="kind">
                {node.kind}
              </text>
              <text x={10} y={32}>
                {shortName(node.name)}
              </text>
            </g>
          ))}
        </svg>
      </Scroll>
    </details>
  );
}
