import type { ViewState } from '../history.ts';
import { clockTime, integer, money, price } from './format.ts';
import { Panel, Scroll, Waiting } from './panel.tsx';
import { toneOf } from './profit.tsx';

/** The latest fills, newest first; edge is what each earned against the mid at its moment, before fees. */
export function Fills({ view, stale }: { readonly view: ViewState; readonly stale: boolean }) {
  const snapshot = view.runtime?.snapshot;
  if (snapshot === undefined || snapshot.fills.length === 0) {
    return (
      <Panel id="fills" title="Fills" stale={stale}>
        <Waiting>
          {snapshot === undefined
            ? 'No fill yet: nothing trades until a policy passes its gates.'
            : `No fill yet, after ${integer(snapshot.decisions)} decisions. ${
                snapshot.disables.length > 0
                  ? 'The planner does not trade now, and says why.'
                  : 'The planner waits for an edge that pays its costs.'
              }`}
        </Waiting>
      </Panel>
    );
  }
  const tickSizes = new Map(snapshot.symbols.map(({ symbol, tickSize }) => [symbol, tickSize]));
  return (
    <Panel
      id="fills"
      title="Fills"
      stale={stale}
      aside={
        <span class="muted num">
          {integer(snapshot.fillCount)} in all, latest {snapshot.fills.length}
        </span>
      }
    >
      <Scroll label="Latest fills" tall>
        <table class="num">
          <caption class="hidden">Latest fills, newest first</caption>
          <thead>
            <tr>
              <th scope="col">time</th>
              <th scope="col">symbol</th>
              <th scope="col">side</th>
              <th scope="col">lots</th>
              <th scope="col">price</th>
              <th scope="col">edge</th>
              <th scope="col">as</th>
              <th scope="col">order</th>
            </tr>
          </thead>
          <tbody>
            {snapshot.fills.toReversed().map((fill) => (
              <tr key={fill.execId}>
                <td>{clockTime(fill.timeUs)}</td>
                <td>{fill.symbol}</td>
                <td class={fill.side}>{fill.side}</td>
                <td>{integer(fill.lots)}</td>
                <td>{price(fill.priceTicks, tickSizes.get(fill.symbol) ?? '1')}</td>
                <td class={toneOf(fill.edgeMicroUsd)}>{money(fill.edgeMicroUsd, 4)}</td>
                <td>{fill.liquidity}</td>
                <td class="muted">{fill.clOrdId}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
    </Panel>
  );
}
