import { useCallback } from 'preact/hooks';
import type { DepthColumn } from '../history.ts';
import type { SnapshotFill } from '../snapshot-schema.ts';
import { Canvas } from './canvas.tsx';
import { duration, price } from './format.ts';
import { binDepth, columnAt, type HeatMap, heightOf, strength } from './heat-map.ts';
import { colour } from './theme.ts';

const MOST_ROWS = 72;
/** Room for the price scale on the right. */
const SCALE_PX = 64;

export interface HeatMapProps {
  readonly symbol: string;
  readonly tickSize: string;
  readonly columns: readonly DepthColumn[];
  readonly fills: readonly SnapshotFill[];
  /** Width in columns when full: the newest is drawn at the right edge. */
  readonly span: number;
}

/** The book over time: colour is resting size, the line is the mid, bars are our orders, triangles our fills. */
export function HeatMapView({ symbol, tickSize, columns, fills, span }: HeatMapProps) {
  const draw = useCallback(
    (context: CanvasRenderingContext2D, width: number, height: number) => {
      const map = binDepth(columns, MOST_ROWS);
      if (map === undefined) return;
      const plot = {
        context,
        map,
        width: width - SCALE_PX,
        height,
        step: (width - SCALE_PX) / span,
        first: span - columns.length,
      };
      drawCells(plot);
      drawMid(plot, columns);
      drawFills(plot, columns, fills);
      drawScale(plot, tickSize);
    },
    [columns, fills, span, tickSize],
  );
  const seconds = columns.length < 2 ? 0 : (columns.at(-1) as DepthColumn).timeUs - (columns[0] as DepthColumn).timeUs;
  return (
    <figure class="heat">
      <Canvas
        class="heat-canvas"
        label={`Depth of ${symbol} over time, with our orders and fills; the ladder and the fills table hold the figures`}
        draw={draw}
      />
      <figcaption>
        <span>
          <i class="swatch bid" /> bids <i class="swatch ask" /> asks <i class="swatch own" /> our orders{' '}
          <i class="swatch mid" /> mid <b aria-hidden="true">▲▼</b> our fills
        </span>
        <span class="num">last {duration(seconds)} of event time</span>
      </figcaption>
    </figure>
  );
}

interface Plot {
  readonly context: CanvasRenderingContext2D;
  readonly map: HeatMap;
  readonly width: number;
  readonly height: number;
  /** Width of a column, and how many are empty on the left. */
  readonly step: number;
  readonly first: number;
}

function drawCells({ context, map, height, step, first }: Plot): void {
  const rowHeight = height / map.rows;
  const layers = [
    [map.bidLots, colour('bid')],
    [map.askLots, colour('ask')],
  ] as const;
  for (const [lots, fill] of layers) {
    context.fillStyle = fill;
    each(map, lots, (column, row, cell) => {
      context.globalAlpha = 0.08 + 0.72 * strength(cell, map.fullLots);
      context.fillRect((first + column) * step, height - (row + 1) * rowHeight, step + 0.5, rowHeight + 0.5);
    });
  }
  context.globalAlpha = 1;
  context.fillStyle = colour('own');
  each(map, map.ownLots, (column, row) => {
    const thick = Math.max(2, Math.min(4, rowHeight));
    context.fillRect((first + column) * step, height - (row + 0.5) * rowHeight - thick / 2, step + 0.5, thick);
  });
}

function each(map: HeatMap, lots: Float32Array, visit: (column: number, row: number, cell: number) => void): void {
  for (let column = 0; column < map.columns; column++) {
    for (let row = 0; row < map.rows; row++) {
      const cell = lots[column * map.rows + row];
      if (cell > 0) visit(column, row, cell);
    }
  }
}

function drawMid({ context, map, height, step, first }: Plot, columns: readonly DepthColumn[]): void {
  context.strokeStyle = colour('ink');
  context.lineWidth = 1.25;
  context.beginPath();
  let drawing = false;
  columns.forEach(({ midHalfTicks }, column) => {
    if (midHalfTicks === null) {
      drawing = false;
      return;
    }
    const [x, y] = [(first + column + 0.5) * step, height * (1 - heightOf(map, midHalfTicks))];
    if (drawing) context.lineTo(x, y);
    else context.moveTo(x, y);
    drawing = true;
  });
  context.stroke();
}

function drawFills(
  { context, map, height, step, first }: Plot,
  columns: readonly DepthColumn[],
  fills: readonly SnapshotFill[],
): void {
  for (const { timeUs, priceTicks, side } of fills) {
    const column = columnAt(columns, timeUs);
    if (column < 0) continue;
    const [x, y] = [(first + column + 0.5) * step, height * (1 - heightOf(map, 2 * priceTicks))];
    const up = side === 'buy' ? -1 : 1;
    context.beginPath();
    context.moveTo(x, y + 7 * up);
    context.lineTo(x - 6, y - 4 * up);
    context.lineTo(x + 6, y - 4 * up);
    context.closePath();
    context.fillStyle = colour('ink');
    context.fill();
    context.strokeStyle = colour('panel');
    context.lineWidth = 1.5;
    context.stroke();
  }
}

/** Five prices at equal distances. */
function drawScale({ context, map, width, height }: Plot, tickSize: string): void {
  context.fillStyle = colour('muted');
  context.font = `11px ${getComputedStyle(document.body).fontFamily}`;
  context.textBaseline = 'middle';
  const ticks = map.rows * map.ticksPerRow;
  for (const share of [0.1, 0.3, 0.5, 0.7, 0.9]) {
    const priceTicks = map.lowTicks + Math.floor(share * ticks);
    const y = height * (1 - (priceTicks + 0.5 - map.lowTicks) / ticks);
    context.fillRect(width, y, 4, 1);
    context.fillText(price(priceTicks, tickSize), width + 8, y);
  }
}
