import { useCallback, useMemo } from 'preact/hooks';
import type { ViewState } from '../history.ts';
import type { Snapshot } from '../snapshot-schema.ts';
import { Canvas } from './canvas.tsx';
import { duration, float } from './format.ts';
import { Panel, Waiting } from './panel.tsx';
import { colour } from './theme.ts';
import { TimeChart } from './time-chart.tsx';

type Pair = Snapshot['forecasts'][number];

const HORIZON_COLOURS = ['part-cross', 'part-post', 'part-hold', 'accent'];

/** What the model said against what happened, per horizon: the latest pairs, and their rank correlation over the run. */
export function Forecasts({ view, stale }: { readonly view: ViewState; readonly stale: boolean }) {
  const { course, runtime } = view;
  const horizonsUs = runtime?.snapshot.horizonsUs ?? [];
  const at = useMemo(() => course.map(({ timeUs }) => timeUs / 1e6), [course]);
  const lines = useMemo(
    () =>
      horizonsUs.map((horizonUs, i) => ({
        label: duration(horizonUs),
        colour: HORIZON_COLOURS[i % HORIZON_COLOURS.length] as string,
        values: course.map(({ skill }) => skill[i] ?? null),
      })),
    [course, horizonsUs.length],
  );
  if (runtime === null || horizonsUs.length === 0) {
    return (
      <Panel id="forecasts" title="Forecasts against what happened" stale={stale}>
        <Waiting>
          {runtime === null
            ? 'Waiting for the runtime: a forecast is judged once its horizon has passed.'
            : 'No policy in the slot, so nothing is forecast. A promotion puts one there.'}
        </Waiting>
      </Panel>
    );
  }
  return (
    <Panel
      id="forecasts"
      title="Forecasts against what happened"
      stale={stale}
      aside={<span class="muted">volatility units</span>}
    >
      <div class="scatters">
        {horizonsUs.map((horizonUs, i) => (
          <Scatter
            key={horizonUs}
            horizonUs={horizonUs}
            colourName={HORIZON_COLOURS[i % HORIZON_COLOURS.length] as string}
            pairs={runtime.snapshot.forecasts.filter(({ horizon }) => horizon === i)}
            skill={runtime.skill[i] ?? null}
          />
        ))}
      </div>
      <h3>Rank correlation of the latest pairs, over the run</h3>
      <TimeChart
        label="Rank correlation of forecast and outcome per horizon over the run"
        at={at}
        lines={lines}
        axis={(value) => float(value, 1)}
        range={[-1, 1]}
      />
    </Panel>
  );
}

interface ScatterProps {
  readonly horizonUs: number;
  readonly colourName: string;
  readonly pairs: readonly Pair[];
  readonly skill: number | null;
}

function Scatter({ horizonUs, colourName, pairs, skill }: ScatterProps) {
  const draw = useCallback(
    (context: CanvasRenderingContext2D, width: number, height: number) => {
      const [xMost, yMost] = [mostOf(pairs.map(({ mean }) => mean)), mostOf(pairs.map(({ realised }) => realised))];
      context.strokeStyle = colour('line');
      context.beginPath();
      context.moveTo(0, height / 2);
      context.lineTo(width, height / 2);
      context.moveTo(width / 2, 0);
      context.lineTo(width / 2, height);
      context.stroke();
      context.fillStyle = colour(colourName);
      context.globalAlpha = 0.65;
      for (const { mean, realised } of pairs) {
        if (!Number.isFinite(mean) || !Number.isFinite(realised)) continue;
        const x = (width / 2) * (1 + (0.94 * mean) / xMost);
        const y = (height / 2) * (1 - (0.94 * realised) / yMost);
        context.beginPath();
        context.arc(x, y, 2.25, 0, 2 * Math.PI);
        context.fill();
      }
      context.globalAlpha = 1;
    },
    [pairs, colourName],
  );
  const ahead = duration(horizonUs);
  return (
    <figure>
      <figcaption>
        <span>
          <i class={`swatch ${colourName}`} /> {ahead} ahead
        </span>
        <span class="num">
          rank corr. <b>{float(skill, 2)}</b>
        </span>
      </figcaption>
      <Canvas
        class="scatter"
        label={`${pairs.length} pairs of forecast mean (across) and outcome (up), ${ahead} ahead; rank correlation ${float(skill, 2)}`}
        draw={draw}
      />
      <small class="muted num">{pairs.length} pairs · forecast →, outcome ↑</small>
    </figure>
  );
}

/** Half the width of a symmetric axis that holds all values. */
function mostOf(values: readonly number[]): number {
  return Math.max(1e-9, ...values.filter(Number.isFinite).map(Math.abs));
}
