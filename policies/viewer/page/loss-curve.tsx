import { float, UNKNOWN } from './format.ts';

const WIDTH = 48;
const HEIGHT = 18;
const DIGITS = 2;

/** How the loss fell while a candidate was trained: first and last in figures, the way between as a line. */
export function LossCurve({ losses }: { readonly losses: readonly number[] }) {
  const [first, last] = [losses[0], losses.at(-1)];
  if (first === undefined || last === undefined) return UNKNOWN;
  const [low, high] = [Math.min(...losses), Math.max(...losses)];
  const span = high > low ? high - low : 1;
  const points = losses.map((loss, i) => {
    const x = (WIDTH * (i + 0.5)) / losses.length;
    return `${x.toFixed(1)},${(1 + ((HEIGHT - 2) * (high - loss)) / span).toFixed(1)}`;
  });
  const [from, to] = [float(first, DIGITS), float(last, DIGITS)];
  return (
    <>
      <svg
        class="loss-curve"
        role="img"
        aria-label={`Loss of the training: from ${from} to ${to} nats a label`}
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        width={WIDTH}
        height={HEIGHT}
      >
        <polyline points={points.join(' ')} />
      </svg>{' '}
      {from} → {to}
    </>
  );
}
