import type { DepthColumn } from '../history.ts';

/** A grid of resting lots over time and price, ready to be drawn. */
export interface HeatMap {
  readonly columns: number;
  readonly rows: number;
  /** Price of the bottom row's lower edge. */
  readonly lowTicks: number;
  readonly ticksPerRow: number;
  /** Lots, column by column, bottom row first; bids and asks apart, and ours among them. */
  readonly bidLots: Float32Array;
  readonly askLots: Float32Array;
  readonly ownLots: Float32Array;
  /** Lots that are drawn in full colour: the 98th percentile of the cells that hold any. */
  readonly fullLots: number;
}

const FULL_SHARE = 0.98;

/** Sums the columns' levels into at most `mostRows` rows of equal height that hold every price seen. */
export function binDepth(columns: readonly DepthColumn[], mostRows: number): HeatMap | undefined {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const { bids, asks } of columns) {
    for (const [priceTicks] of [...bids, ...asks]) {
      if (priceTicks < low) low = priceTicks;
      if (priceTicks > high) high = priceTicks;
    }
  }
  if (low > high) return undefined;
  const ticksPerRow = Math.ceil((high - low + 1) / mostRows);
  const rows = Math.ceil((high - low + 1) / ticksPerRow);
  const map = {
    columns: columns.length,
    rows,
    lowTicks: low,
    ticksPerRow,
    bidLots: new Float32Array(columns.length * rows),
    askLots: new Float32Array(columns.length * rows),
    ownLots: new Float32Array(columns.length * rows),
  };
  columns.forEach(({ bids, asks }, column) => {
    for (const [levels, lots] of [
      [bids, map.bidLots],
      [asks, map.askLots],
    ] as const) {
      for (const [priceTicks, all, own] of levels) {
        const cell = column * rows + Math.floor((priceTicks - low) / ticksPerRow);
        lots[cell] += all;
        map.ownLots[cell] += own;
      }
    }
  });
  return { ...map, fullLots: fullLots(map.bidLots, map.askLots) };
}

function fullLots(...sides: readonly Float32Array[]): number {
  const held = sides.flatMap((side) => [...side.filter((lots) => lots > 0)]).sort((a, b) => a - b);
  return held[Math.floor(FULL_SHARE * (held.length - 1))] ?? 1;
}

/** How strongly a cell is drawn, 0…1: logarithmic, since a level's size spans orders of magnitude. */
export function strength(lots: number, fullLots: number): number {
  return lots <= 0 ? 0 : Math.min(1, Math.log1p(lots) / Math.log1p(fullLots));
}

/** Row of a price in half-ticks, as a fraction of the map's height from its bottom: 0…1 inside. */
export function heightOf(map: HeatMap, halfTicks: number): number {
  return (halfTicks / 2 + 0.5 - map.lowTicks) / (map.rows * map.ticksPerRow);
}

/** Column of a moment: the last one that is not after it; −1 before the first. */
export function columnAt(columns: readonly DepthColumn[], timeUs: number): number {
  let low = 0;
  let high = columns.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((columns[middle] as DepthColumn).timeUs <= timeUs) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
