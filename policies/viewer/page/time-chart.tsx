import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import { colour, useColours } from './theme.ts';

export interface Line {
  readonly label: string;
  /** Name of a custom property. */
  readonly colour: string;
  readonly width?: number;
  readonly dash?: number[];
  readonly values: readonly (number | null)[];
}

export interface TimeChartProps {
  /** What it shows, for who cannot see it. */
  readonly label: string;
  /** Seconds since the epoch, or plain numbers; ascending. */
  readonly at: readonly number[];
  readonly lines: readonly Line[];
  /** @default true */
  readonly isTime?: boolean;
  readonly axis: (value: number) => string;
  /** Fixed range of the values. @default what fits */
  readonly range?: readonly [number, number];
}

const FONT = '11px system-ui, sans-serif';

/** Lines over time. Its height is its style's; its width follows the panel. */
export function TimeChart(props: TimeChartProps) {
  const holder = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot>(null);
  const colours = useColours();
  const { at, lines, label } = props;
  const data = [at, ...lines.map(({ values }) => values)] as unknown as uPlot.AlignedData;
  const shape = lines.map(({ label: name }) => name).join('|');

  useEffect(() => {
    const element = holder.current as HTMLDivElement;
    const size = () => ({ width: element.clientWidth, height: element.clientHeight });
    const made = new uPlot({ ...optionsOf(props), ...size() }, data, element);
    chart.current = made;
    const observer = new ResizeObserver(() => made.setSize(size()));
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.destroy();
      chart.current = null;
    };
  }, [shape, colours]);

  useEffect(() => chart.current?.setData(data), [at, ...lines.map(({ values }) => values)]);

  return <div ref={holder} class="chart" role="img" aria-label={label} />;
}

function optionsOf({ lines, isTime = true, axis, range }: TimeChartProps): Omit<uPlot.Options, 'width' | 'height'> {
  const drawn = { stroke: colour('muted'), font: FONT, ticks: { stroke: colour('line'), width: 1 } };
  const grid = { stroke: colour('line'), width: 1 };
  return {
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), 'UTC'),
    legend: { show: false },
    cursor: { show: false },
    padding: [8, 28, 0, 0],
    scales: { x: { time: isTime }, y: range === undefined ? {} : { range: [range[0], range[1]] } },
    axes: [
      { ...drawn, grid: { show: false }, size: 28, space: 70, ...(isTime ? { values: times } : { values: wholes }) },
      { ...drawn, grid, size: 64, space: 32, values: (_chart, splits) => splits.map(axis) },
    ],
    series: [
      {},
      ...lines.map(({ label, colour: name, width = 1.5, dash }) => ({
        label,
        stroke: colour(name),
        width,
        spanGaps: false,
        points: { show: lines[0]?.values.length === 1 },
        ...(dash === undefined ? {} : { dash }),
      })),
    ],
  };
}

function times(_chart: uPlot, splits: number[]): string[] {
  return splits.map((seconds) => new Date(seconds * 1000).toISOString().slice(11, 19));
}

/** Generations are counted: no label between two of them. */
function wholes(_chart: uPlot, splits: number[]): string[] {
  return splits.map((value) => (Number.isInteger(value) ? String(value) : ''));
}
