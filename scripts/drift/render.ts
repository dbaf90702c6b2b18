import type { DataSetFindings, Invariant } from '../../policies/markets/invariants/invariants.ts';
import { holds } from '../../policies/markets/invariants/invariants.ts';

export interface DriftReport {
  /** What was measured, for a heading. */
  readonly title: string;
  readonly invariants: readonly Invariant[];
  readonly scaled: DataSetFindings['scaled'];
  /** What was not measured, and why. */
  readonly skipped: readonly string[];
}

export function broken({ invariants }: DriftReport): readonly Invariant[] {
  return invariants.filter((invariant) => !holds(invariant));
}

export function asMarkdown(report: DriftReport): string {
  const failed = broken(report);
  const rows = report.invariants.map(
    (found) =>
      `| ${holds(found) ? 'holds' : '**broken**'} | ${found.name} | ${found.subject} | ${said(found.figure)} ${found.unit} | ${said(found.reference)} | ${said(found.low)} … ${said(found.high)} |`,
  );
  return [
    `# Drift report: ${report.title}`,
    '',
    `${report.invariants.length} invariants, ${failed.length} broken.`,
    ...report.skipped.map((reason) => `Not measured: ${reason}.`),
    '',
    '| | invariant | of | today | reference | allowed |',
    '|---|---|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}

/** Prometheus text: one sample an invariant, and whether it holds. */
export function asMetrics({ invariants }: DriftReport): string {
  const labels = ({ name, subject }: Invariant) =>
    `invariant="${name}",subject="${subject.replaceAll(/["\\\n]/g, '_')}"`;
  return [
    "# HELP emp_invariant_figure Today's figure, in its own unit",
    '# TYPE emp_invariant_figure gauge',
    ...invariants.map((found) => `emp_invariant_figure{${labels(found)}} ${prometheusNumber(found.figure)}`),
    '# HELP emp_invariant_holds 1 while the figure is within what is allowed',
    '# TYPE emp_invariant_holds gauge',
    ...invariants.map((found) => `emp_invariant_holds{${labels(found)}} ${holds(found) ? 1 : 0}`),
    '',
  ].join('\n');
}

export function asHtml(report: DriftReport): string {
  const failed = broken(report);
  const indices = report.invariants.filter(({ name }) => name === 'population-index');
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Drift report</title>
<style>
  :root { color-scheme: light dark; --ink: #1c2430; --note: #5a6675; --line: #dde3ea; --band: #eef2f6; --broken: #fdecea; }
  @media (prefers-color-scheme: dark) {
    :root { --ink: #dfe5ec; --note: #96a3b3; --line: #333d49; --band: #242c36; --broken: #4a2420; }
  }
  body { font: 14px/1.5 system-ui, sans-serif; margin: 2rem auto; padding: 0 1rem; max-width: 72rem; color: var(--ink); }
  table { border-collapse: collapse; width: 100%; } td, th { padding: .2rem .6rem; text-align: left; border-bottom: 1px solid var(--line); }
  .number { text-align: right; font-variant-numeric: tabular-nums; } tr.broken td { background: var(--broken); }
  h2 { margin-top: 2rem; } svg { max-width: 100%; } svg text { font: 11px system-ui, sans-serif; fill: var(--ink); } .note { color: var(--note); }
  .bound { stroke: var(--ink); } .band { fill: var(--band); }
</style>
<h1>Drift report</h1>
<p>${inText(report.title)}. <strong>${report.invariants.length} invariants, ${failed.length} broken.</strong></p>
${report.skipped.map((reason) => `<p class="note">Not measured: ${inText(reason)}.</p>`).join('\n')}
<h2>Population Stability Index by feature</h2>
<p class="note">Today against the data set's reference. A tick marks what is allowed.</p>
${bars(indices)}
<h2>Scaled features side by side</h2>
<p class="note">One scaler for all symbols. Dot: median; line: one deviation either way. The grey band is ±2.5.</p>
${spreads(report.scaled)}
<h2>All invariants</h2>
<table><tr><th></th><th>invariant</th><th>of</th><th class="number">today</th><th>unit</th><th class="number">reference</th><th class="number">allowed</th></tr>
${report.invariants.map(row).join('\n')}
</table></html>
`;
}

function row(found: Invariant): string {
  const ok = holds(found);
  const cells = [ok ? 'holds' : 'broken', found.name, found.subject].map((text) => `<td>${inText(text)}</td>`).join('');
  const allowed = `${said(found.low)} … ${said(found.high)}`;
  return `<tr class="${ok ? 'holds' : 'broken'}">${cells}<td class="number">${said(found.figure)}</td><td>${found.unit}</td><td class="number">${said(found.reference)}</td><td class="number">${allowed}</td></tr>`;
}

const ROW = 16;
const LEFT = 190;
const WIDTH = 760;

/** A bar a figure, its allowed bound as a tick. */
function bars(found: readonly Invariant[]): string {
  const most = Math.max(0.5, ...found.map(({ figure, high }) => Math.max(figure, high)));
  const x = (value: number) => LEFT + (WIDTH - LEFT) * Math.min(1, Math.max(0, value / most));
  const lines = found.map((invariant, i) => {
    const y = ROW * i;
    const fill = holds(invariant) ? '#4c7fb8' : '#c0392b';
    const end = x(Number.isNaN(invariant.figure) ? most : invariant.figure);
    return `<text x="${LEFT - 8}" y="${y + 12}" text-anchor="end">${inText(invariant.subject)}</text>
<rect x="${LEFT}" y="${y + 3}" width="${(end - LEFT).toFixed(1)}" height="${ROW - 6}" fill="${fill}"/>
<line x1="${x(invariant.high).toFixed(1)}" x2="${x(invariant.high).toFixed(1)}" y1="${y + 1}" y2="${y + ROW - 1}" class="bound"/>
<text x="${WIDTH + 8}" y="${y + 12}">${said(invariant.figure)}</text>`;
  });
  return svg(ROW * found.length, lines);
}

const COLOURS = ['#4c7fb8', '#d9822b', '#3a8f5c', '#8e5ea2', '#c0392b', '#7f8c8d', '#16a085', '#b8860b'];
const RANGE = 5;

/** Every feature's scaled median and deviation, one dot a symbol. */
function spreads(scaled: DriftReport['scaled']): string {
  const symbols = [...new Set(scaled.map(({ symbol }) => symbol))];
  const features = [...new Set(scaled.map(({ feature }) => feature))];
  const x = (value: number) =>
    LEFT + ((WIDTH - LEFT) * (Math.min(RANGE, Math.max(-RANGE, value)) + RANGE)) / (2 * RANGE);
  const height = 5 * symbols.length + 6;
  const apart = Math.min(110, (WIDTH - LEFT) / symbols.length);
  const legend = symbols.map(
    (symbol, s) =>
      `<text x="${(LEFT + apart * s).toFixed(0)}" y="12" style="fill:${colour(s)}">● ${inText(symbol)}</text>`,
  );
  const band = `<rect x="${x(-2.5)}" y="18" width="${x(2.5) - x(-2.5)}" height="${height * features.length}" class="band"/>`;
  const lines = features.map((feature, f) => {
    const top = 20 + height * f;
    const dots = scaled
      .filter((found) => found.feature === feature)
      .map(({ median, deviation, symbol }) => {
        const s = symbols.indexOf(symbol);
        const y = top + 5 * s + 4;
        return `<line x1="${x(median - deviation).toFixed(1)}" x2="${x(median + deviation).toFixed(1)}" y1="${y}" y2="${y}" stroke="${colour(s)}"/><circle cx="${x(median).toFixed(1)}" cy="${y}" r="2.5" fill="${colour(s)}"/>`;
      });
    return `<text x="${LEFT - 8}" y="${top + height / 2 + 2}" text-anchor="end">${inText(feature)}</text>${dots.join('')}`;
  });
  return svg(20 + height * features.length, [...legend, band, ...lines]);
}

function colour(s: number): string {
  return COLOURS[s % COLOURS.length] as string;
}

function svg(height: number, parts: readonly string[]): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH + 70} ${height}" width="100%">${parts.join('\n')}</svg>`;
}

function said(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return '∞';
  if (value === Number.NEGATIVE_INFINITY) return '−∞';
  if (Number.isNaN(value)) return 'not told';
  return Number.isInteger(value) ? String(value) : value.toPrecision(3);
}

function prometheusNumber(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (Number.isFinite(value)) return String(value);
  return value > 0 ? '+Inf' : '-Inf';
}

/** Text as HTML shows it. */
function inText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
