import type { SnapshotSymbol } from '../snapshot-schema.ts';
import { integer, midPrice, price } from './format.ts';

const LEVELS = 10;

type Level = SnapshotSymbol['bids'][number];

/** The book now: asks above, bids below, our share of each level beside it. Always as many rows, so nothing jumps. */
export function Ladder({ book }: { readonly book: SnapshotSymbol }) {
  const most = Math.max(1, ...[...book.bids, ...book.asks].map(([, lots]) => lots));
  const rows = Array.from({ length: LEVELS }, (_, i) => i);
  const line = (level: Level | undefined, side: 'bid' | 'ask', i: number) => (
    <LevelRow key={`${side}${i}`} level={level} side={side} share={(level?.[1] ?? 0) / most} tickSize={book.tickSize} />
  );
  const [bid, ask] = [book.bids[0]?.[0], book.asks[0]?.[0]];
  return (
    <table class="ladder num">
      <caption class="hidden">Order book of {book.symbol}, best prices in the middle</caption>
      <thead>
        <tr>
          <th scope="col">ours</th>
          <th scope="col">lots</th>
          <th scope="col">price</th>
        </tr>
      </thead>
      <tbody>{rows.toReversed().map((i) => line(book.asks[i], 'ask', i))}</tbody>
      <tbody class="spread">
        <tr>
          <td colSpan={2}>
            {bid === undefined || ask === undefined
              ? 'one-sided'
              : `spread ${ask - bid} tick${ask - bid === 1 ? '' : 's'}`}
          </td>
          <td>{midPrice(book.midHalfTicks, book.tickSize)}</td>
        </tr>
      </tbody>
      <tbody>{rows.map((i) => line(book.bids[i], 'bid', i))}</tbody>
    </table>
  );
}

interface LevelRowProps {
  readonly level: Level | undefined;
  readonly side: 'bid' | 'ask';
  /** Of the largest level in view. */
  readonly share: number;
  readonly tickSize: string;
}

function LevelRow({ level, side, share, tickSize }: LevelRowProps) {
  if (level === undefined) {
    return (
      <tr class={side}>
        <td />
        <td />
        <td />
      </tr>
    );
  }
  const [priceTicks, lots, ownLots] = level;
  return (
    <tr class={side}>
      <td>{ownLots > 0 ? <span class="mine">{integer(ownLots)}</span> : null}</td>
      <td class="bar" style={{ '--share': share.toFixed(3) }}>
        {integer(lots)}
      </td>
      <td class="price">{price(priceTicks, tickSize)}</td>
    </tr>
  );
}
