import { useMemo } from 'preact/hooks';
import type { ViewState } from '../history.ts';
import type { PnlParts } from '../snapshot-schema.ts';
import { money } from './format.ts';
import { Panel, Scroll, Waiting } from './panel.tsx';
import { TimeChart } from './time-chart.tsx';

const PARTS: readonly { readonly part: keyof PnlParts; readonly colour: string; readonly says: string }[] = [
  { part: 'total', colour: 'ink', says: 'cross + post + hold − fees' },
  { part: 'cross', colour: 'part-cross', says: 'edge of taking, against the mid' },
  { part: 'post', colour: 'part-post', says: 'edge of being taken, against the mid' },
  { part: 'hold', colour: 'part-hold', says: 'what the position earned as the mid moved' },
  { part: 'fees', colour: 'part-fees', says: 'paid' },
];

/** Where the money comes from: course of the run, and each symbol's parts now. */
export function Profit({ view, stale }: { readonly view: ViewState; readonly stale: boolean }) {
  const { course, runtime } = view;
  const at = useMemo(() => course.map(({ timeUs }) => timeUs / 1e6), [course]);
  const lines = useMemo(
    () =>
      PARTS.map(({ part, colour }) => ({
        label: part,
        colour,
        width: part === 'total' ? 2 : 1.25,
        ...(part === 'fees' ? { dash: [4, 3] } : {}),
        values: course.map(({ pnl }) => pnl[part] / 1e6),
      })),
    [course],
  );
  if (runtime === null) {
    return (
      <Panel id="profit" title="Profit and loss">
        <Waiting>Waiting for the runtime. It accounts for every fill by cross, post, hold and fees.</Waiting>
      </Panel>
    );
  }
  const { symbols, pnl } = runtime.snapshot;
  return (
    <Panel id="profit" title="Profit and loss" stale={stale} aside={<span class="muted">USD, after fees</span>}>
      <TimeChart
        label={`Profit and loss over the run; total now ${money(pnl.total)}`}
        at={at}
        lines={lines}
        axis={(value) => money(Math.round(value * 1e6))}
      />
      <Scroll label="Profit and loss by symbol">
        <table class="num">
          <caption class="hidden">Profit and loss by symbol and origin</caption>
          <thead>
            <tr>
              <th scope="col">symbol</th>
              {PARTS.map(({ part, colour, says }) => (
                <th key={part} scope="col" title={says}>
                  <i class={`swatch ${colour}`} /> {part}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {symbols.map(({ symbol, pnl: parts }) => (
              <PartsRow key={symbol} name={symbol} parts={parts} />
            ))}
          </tbody>
          <tfoot>
            <PartsRow name="all" parts={pnl} />
          </tfoot>
        </table>
      </Scroll>
    </Panel>
  );
}

function PartsRow({ name, parts }: { readonly name: string; readonly parts: PnlParts }) {
  return (
    <tr>
      <th scope="row">{name}</th>
      {PARTS.map(({ part }) => (
        <td key={part} class={part === 'fees' ? '' : toneOf(parts[part])}>
          {money(parts[part])}
        </td>
      ))}
    </tr>
  );
}

export function toneOf(value: number): string {
  if (value > 0) return 'gain';
  return value < 0 ? 'loss' : '';
}
