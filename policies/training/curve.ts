/** A training run's losses as a picture, and as a few points for a page or a manifest. */

export interface Curve {
  readonly name: string;
  /** One a step, or one every so many. */
  readonly losses: ArrayLike<number>;
  /** Steps between two of them. @default 1 */
  readonly everySteps?: number;
}

/** Means of at most `points` equal spells. */
export function thinned(losses: ArrayLike<number>, points: number): number[] {
  const count = Math.min(points, losses.length);
  return Array.from({ length: count }, (_, i) => {
    const from = Math.floor((i * losses.length) / count);
    const to = Math.floor(((i + 1) * losses.length) / count);
    let sum = 0;
    for (let at = from; at < to; at++) sum += losses[at] as number;
    return sum / (to - from);
  });
}

const WIDTH = 720;
const HEIGHT = 320;
const MARGIN = { left: 64, right: 16, top: 16, bottom: 40 };
const COLOURS = ['#1f6feb', '#d1570a', '#2f8132', '#8250df'];
const POINTS = 240;

/** An SVG document: nats a label over steps, each loss at the step after which it was. A curve without a loss is left out. */
export function lossCurveSvg(title: string, curves: readonly Curve[]): string {
  const drawn = curves
    .filter(({ losses }) => losses.length > 0)
    .map(({ name, losses, everySteps = 1 }) => ({
      name,
      steps: losses.length * everySteps,
      points: thinned(losses, POINTS),
    }));
  const all = drawn.flatMap(({ points }) => points);
  const [low, high] = [Math.min(...all), Math.max(...all)];
  const span = high > low ? high - low : 1;
  const steps = Math.max(1, ...drawn.map((curve) => curve.steps));
  const x = (step: number) => MARGIN.left + (step / steps) * (WIDTH - MARGIN.left - MARGIN.right);
  const y = (loss: number) => HEIGHT - MARGIN.bottom - ((loss - low) / span) * (HEIGHT - MARGIN.top - MARGIN.bottom);
  const at = (value: number) => value.toFixed(1);
  const lines = drawn.map(({ points, steps: own }, i) => {
    const path = points.map((loss, k) => `${at(x((own * (k + 1)) / points.length))},${at(y(loss))}`).join(' ');
    return `<polyline fill="none" stroke="${COLOURS[i % COLOURS.length]}" stroke-width="1.5" points="${path}"/>`;
  });
  const label = (px: number, py: number, words: string, more = '') =>
    `<text x="${at(px)}" y="${at(py)}" font-size="12" font-family="sans-serif"${more}>${escaped(words)}</text>`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escaped(title)}">`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="white"/>`,
    `<path d="M${MARGIN.left} ${MARGIN.top}V${HEIGHT - MARGIN.bottom}H${WIDTH - MARGIN.right}" fill="none" stroke="#888"/>`,
    label(MARGIN.left, MARGIN.top - 2, title),
    ...(all.length === 0
      ? []
      : [
          label(4, y(high) + 4, high.toFixed(3)),
          label(4, y(low) + 4, low.toFixed(3)),
          label(WIDTH - MARGIN.right, HEIGHT - 12, `${steps} steps`, ' text-anchor="end"'),
        ]),
    ...lines,
    ...drawn.map(({ name }, i) =>
      label(MARGIN.left + 8 + 160 * i, HEIGHT - 12, name, ` fill="${COLOURS[i % COLOURS.length]}"`),
    ),
    '</svg>',
    '',
  ].join('\n');
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
