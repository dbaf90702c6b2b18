/** A symbol's signed flow by minute, in lots, in the true stream and in one made of snapshots. */
export interface FlowPanel {
  readonly title: string;
  readonly actual: readonly number[];
  readonly synthetic: readonly number[];
}

const WIDTH = 900;
const HEIGHT = 150;
const MARGIN = { left: 90, right: 16, top: 40, bottom: 24 };
const COLOURS = { actual: '#8a94a0', synthetic: '#2f6fb0' } as const;

/** An SVG document, a panel each below the other; all of a panel's flow fits between plus and minus its largest. */
export function flowPlotSvg(panels: readonly FlowPanel[]): string {
  const parts = panels.map((panel, p) => `<g transform="translate(0 ${p * HEIGHT})">${panelOf(panel)}</g>`);
  const height = panels.length * HEIGHT;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="system-ui, sans-serif" font-size="12"><rect width="${WIDTH}" height="${height}" fill="#fff"/>${parts.join('')}</svg>\n`;
}

function panelOf({ title, actual, synthetic }: FlowPanel): string {
  const minutes = Math.max(actual.length, synthetic.length);
  const most = Math.max(1, ...[...actual, ...synthetic].map(Math.abs));
  const x = (minute: number) =>
    MARGIN.left + (minute / Math.max(1, minutes - 1)) * (WIDTH - MARGIN.left - MARGIN.right);
  const y = (lots: number) => MARGIN.top + ((1 - lots / most) / 2) * (HEIGHT - MARGIN.top - MARGIN.bottom);
  const line = (values: readonly number[], colour: string) => {
    const points = values.map((lots, minute) => `${x(minute).toFixed(1)},${y(lots).toFixed(1)}`);
    return `<polyline fill="none" stroke="${colour}" points="${points.join(' ')}"/>`;
  };
  const label = (px: number, py: number, words: string, more = '') =>
    `<text x="${px.toFixed(1)}" y="${py.toFixed(1)}"${more}>${escaped(words)}</text>`;
  const scale = ([most, 0, -most] as const).map((lots) =>
    label(MARGIN.left - 8, y(lots) + 4, `${lots > 0 ? '+' : ''}${lots} lots`, ' text-anchor="end"'),
  );
  return [
    label(4, 16, title),
    label(4, 32, 'true', ` fill="${COLOURS.actual}"`),
    label(44, 32, 'made of snapshots', ` fill="${COLOURS.synthetic}"`),
    `<path d="M${MARGIN.left} ${y(0)}H${WIDTH - MARGIN.right}" stroke="#dde3ea"/>`,
    ...scale,
    label(MARGIN.left, HEIGHT - 8, 'minute 1'),
    label(WIDTH - MARGIN.right, HEIGHT - 8, `minute ${minutes}`, ' text-anchor="end"'),
    line(actual, COLOURS.actual),
    line(synthetic, COLOURS.synthetic),
  ].join('');
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
