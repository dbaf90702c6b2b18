import { COLUMNS_KEPT, type ViewState } from '../history.ts';
import type { Snapshot, SnapshotSymbol } from '../snapshot-schema.ts';
import { duration, float, integer, price, signed } from './format.ts';
import { HeatMapView } from './heat-map-view.tsx';
import { Ladder } from './ladder.tsx';
import { Chip, Panel, Waiting } from './panel.tsx';

export interface MarketProps {
  readonly view: ViewState;
  readonly stale: boolean;
  readonly selected: number;
  readonly onSelect: (index: number) => void;
}

/** One symbol at a time: ladder, heat map, our orders on it, and what the model says of it. */
export function Market({ view, stale, selected, onSelect }: MarketProps) {
  const snapshot = view.runtime?.snapshot;
  const book = snapshot?.symbols[selected];
  if (snapshot === undefined || book === undefined) {
    return (
      <Panel id="market" title="Market">
        <Waiting>
          Waiting for the runtime’s first book. It starts once a policy has been promoted; <code>npm run up</code> does
          all of it.
        </Waiting>
      </Panel>
    );
  }
  return (
    <Panel
      id="market"
      title="Market"
      stale={stale}
      aside={<Chip tone={book.status === 'live' ? 'good' : 'warn'}>book {book.status}</Chip>}
    >
      <SymbolTabs snapshot={snapshot} selected={selected} onSelect={onSelect} />
      <div id="symbol-panel" role="tabpanel" aria-labelledby={`symbol-${selected}`} class="market-body">
        <Ladder book={book} />
        <HeatMapView
          symbol={book.symbol}
          tickSize={book.tickSize}
          columns={view.depth[book.symbol] ?? []}
          fills={snapshot.fills.filter(({ symbol }) => symbol === book.symbol)}
          span={COLUMNS_KEPT}
        />
        <div class="pair">
          <Says book={book} horizonsUs={snapshot.horizonsUs} />
          <WorkingOrders book={book} />
        </div>
      </div>
    </Panel>
  );
}

interface SymbolTabsProps {
  readonly snapshot: Snapshot;
  readonly selected: number;
  readonly onSelect: (index: number) => void;
}

function SymbolTabs({ snapshot, selected, onSelect }: SymbolTabsProps) {
  const { symbols } = snapshot;
  const steps: Readonly<Record<string, number>> = {
    ArrowRight: selected + 1,
    ArrowLeft: selected - 1,
    Home: 0,
    End: -1,
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const next = steps[event.key];
    if (next === undefined) return;
    event.preventDefault();
    const index = (next + symbols.length) % symbols.length;
    onSelect(index);
    document.getElementById(`symbol-${index}`)?.focus();
  };
  return (
    <div class="tabs" role="tablist" aria-label="Symbol" onKeyDown={onKeyDown}>
      {symbols.map(({ symbol, positionLots, disables }, i) => (
        <button
          key={symbol}
          id={`symbol-${i}`}
          type="button"
          role="tab"
          aria-selected={i === selected}
          aria-controls="symbol-panel"
          tabIndex={i === selected ? 0 : -1}
          onClick={() => onSelect(i)}
        >
          {symbol} <span class="num position">{signed(positionLots)}</span>
          {disables.length > 0 ? <span class="off">off</span> : null}
        </button>
      ))}
    </div>
  );
}

function Says({ book, horizonsUs }: { readonly book: SnapshotSymbol; readonly horizonsUs: readonly number[] }) {
  return (
    <div>
      <h3>Forecast now</h3>
      {book.lastForecast === null || horizonsUs.length === 0 ? (
        <Waiting>No forecast for {book.symbol} yet.</Waiting>
      ) : (
        <table class="num">
          <caption class="hidden">Forecast of {book.symbol} in volatility units</caption>
          <thead>
            <tr>
              <th scope="col">ahead</th>
              <th scope="col">mean, σ of the market</th>
              <th scope="col">its own σ</th>
            </tr>
          </thead>
          <tbody>
            {horizonsUs.map((horizonUs, i) => (
              <tr key={horizonUs}>
                <th scope="row">{duration(horizonUs)}</th>
                <td>{float(book.lastForecast?.mean[i], 3)}</td>
                <td>{float(exp(book.lastForecast?.logScale[i]), 3)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </div>
  );
}

/** A float that was not a number arrives as null, whose exponential would be 1. */
function exp(value: number | null | undefined): number | null {
  return typeof value === 'number' ? Math.exp(value) : null;
}

function WorkingOrders({ book }: { readonly book: SnapshotSymbol }) {
  return (
    <div>
      <h3>Our orders</h3>
      {book.workingOrders.length === 0 ? (
        <Waiting>None is working in {book.symbol}.</Waiting>
      ) : (
        <table class="num">
          <caption class="hidden">Our working orders in {book.symbol}</caption>
          <thead>
            <tr>
              <th scope="col">order</th>
              <th scope="col">side</th>
              <th scope="col">price</th>
              <th scope="col">open lots</th>
            </tr>
          </thead>
          <tbody>
            {book.workingOrders.map(({ clOrdId, side, priceTicks, leavesLots }) => (
              <tr key={clOrdId}>
                <th scope="row">{clOrdId}</th>
                <td class={side}>{side}</td>
                <td>{price(priceTicks, book.tickSize)}</td>
                <td>{integer(leavesLots)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </div>
  );
}
