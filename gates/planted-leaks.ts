/** For tests: features that know the future, each in another way, and some that look alike and do not. Modules, as a folder holds them. */

const head = `name: 'planted', unit: 'test', bounds: { min: -1e15, max: 1e15 }`;
const column = (body: string) => `const mid = (row) => row?.midHalfTicks || 0;
const mean = (values) => values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
export const feature = { ${head}, column: (rows) => { ${body} } };\n`;

export const leaks: Readonly<Record<string, string>> = {
  'the next mid': column('return rows.map((_, i) => mid(rows[i + 1]));'),
  'a label: the return ten rows ahead': column('return rows.map((row, i) => mid(rows[i + 10] ?? row) - mid(row));'),
  'a centred mean': column('return rows.map((_, i) => mean(rows.slice(Math.max(0, i - 5), i + 6).map(mid)));'),
  'a centred median': column(
    'return rows.map((_, i) => rows.slice(Math.max(0, i - 3), i + 4).map(mid).sort((a, b) => a - b)[3] ?? 0);',
  ),
  'a trailing window shifted by one': column(
    'return rows.map((_, i) => mean(rows.slice(Math.max(0, i - 8), i + 2).map((row) => row.bidLots)));',
  ),
  'scaling by the greatest of the day': column(
    'const most = Math.max(...rows.map((row) => row.bidLots)); return rows.map((row) => row.bidLots / most);',
  ),
  'z-scores of the day': column(
    'const m = mean(rows.map(mid)); const d = Math.sqrt(mean(rows.map((row) => (mid(row) - m) ** 2))); return rows.map((row) => (mid(row) - m) / d);',
  ),
  'a billionth of the mean of the day': column(
    'const m = mean(rows.map(mid)); return rows.map((row) => row.bidLots + 1e-9 * m);',
  ),
  'ranks among all': column(
    'const all = rows.map((row) => row.askLots).sort((a, b) => a - b); return rows.map((row) => all.indexOf(row.askLots));',
  ),
  'quantiles of the day': column(
    'const all = rows.map((row) => row.askLots).sort((a, b) => a - b); const cap = all[Math.floor(0.9 * all.length)]; return rows.map((row) => Math.min(row.askLots, cap));',
  ),
  'filling a gap from a later trade': column(
    'return rows.map((_, i) => rows.slice(i).find((row) => row.trades > 0)?.buyLots ?? -1);',
  ),
  'seconds to the next trade': column(
    'return rows.map((row, i) => ((rows.slice(i + 1).find((later) => later.trades > 0)?.timeUs ?? 0) - row.timeUs) / 1e6);',
  ),
  'interpolating between trades': column(
    'return rows.map((_, i) => { let a = i, b = i; while (a > 0 && !rows[a].trades) a--; while (b < rows.length - 1 && !rows[b].trades) b++; return a === b ? mid(rows[a]) : mid(rows[a]) + ((mid(rows[b]) - mid(rows[a])) * (i - a)) / (b - a); });',
  ),
  'the last of its second': column(
    'const last = new Map(rows.map((row) => [Math.floor(row.timeUs / 1e6), mid(row)])); return rows.map((row) => last.get(Math.floor(row.timeUs / 1e6)));',
  ),
  'smoothing forwards and backwards': column(
    'const out = rows.map(mid); for (let i = 1; i < out.length; i++) out[i] = 0.9 * out[i - 1] + 0.1 * out[i]; for (let i = out.length - 2; i >= 0; i--) out[i] = 0.9 * out[i + 1] + 0.1 * out[i]; return out;',
  ),
  'a sum from the end': column(
    'let sum = 0; const out = []; for (let i = rows.length - 1; i >= 0; i--) out[i] = sum += rows[i].buyLots; return out;',
  ),
  'the lowest mid still to come': column(
    'let low = Infinity; const out = []; for (let i = rows.length - 1; i >= 0; i--) out[i] = low = Math.min(low, mid(rows[i])); return out;',
  ),
  'volatility of the rows ahead': column(
    'return rows.map((row, i) => mean(rows.slice(i + 1, i + 20).map((later) => (mid(later) - mid(row)) ** 2)));',
  ),
  'a trend fitted to the day': column(
    'const n = rows.length, x = (n - 1) / 2, m = mean(rows.map(mid)); let xy = 0, xx = 0; rows.forEach((row, i) => { xy += (i - x) * (mid(row) - m); xx += (i - x) ** 2; }); return rows.map((row, i) => mid(row) - m - ((i - x) * xy) / xx);',
  ),
  'a low-pass filter over the day': column(
    'const n = rows.length, y = rows.map(mid); const out = new Array(n).fill(0); for (let k = 0; k < 4; k++) { let c = 0; y.forEach((v, i) => (c += v * Math.cos((Math.PI * k * (i + 0.5)) / n))); for (let i = 0; i < n; i++) out[i] += ((k ? 2 : 1) / n) * c * Math.cos((Math.PI * k * (i + 0.5)) / n); } return out;',
  ),
  'sorted by what happens next': column(
    'const order = rows.map((_, i) => i).sort((a, b) => mid(rows[a + 1]) - mid(rows[b + 1])); return rows.map((_, i) => order.indexOf(i));',
  ),
  'how much of the day is over': column('return rows.map((_, i) => i / rows.length);'),
  'a state that outlives its run': `let most = 0;
export const feature = { ${head}, create: () => ({
  onChange: (book) => { if (book.bidCount > 0) most = Math.max(most, book.bidLots(0)); },
  value: (book) => (book.bidCount > 0 ? book.bidLots(0) / most : 0),
}) };\n`,
  'values of an earlier run, looked up by time': `const seen = new Map();
export const feature = { ${head}, create: () => { let before = 0; return {
  onChange: (book, change) => { seen.set(before, book.midHalfTicks() || 0); before = change.timeUs; },
  value: (_book, timeUs) => seen.get(timeUs) ?? 0,
}; } };\n`,
};

export const soundModules: Readonly<Record<string, string>> = {
  'the previous mid': column('return rows.map((_, i) => mid(rows[i - 1]));'),
  'a trailing mean': column('return rows.map((_, i) => mean(rows.slice(Math.max(0, i - 9), i + 1).map(mid)));'),
  'scaling by the greatest so far': column(
    'let most = 1; return rows.map((row) => row.bidLots / (most = Math.max(most, row.bidLots)));',
  ),
  'filling a gap from an earlier trade': column(
    'let last = 0; return rows.map((row) => (last = row.trades > 0 ? row.buyLots : last));',
  ),
  'rank among what came before': column(
    'return rows.map((row, i) => rows.slice(0, i).filter((earlier) => earlier.askLots < row.askLots).length);',
  ),
  'a state of its own': `export const feature = { ${head}, create: () => { let most = 0; return {
  onChange: (book) => { if (book.bidCount > 0) most = Math.max(most, book.bidLots(0)); },
  value: () => most,
}; } };\n`,
};
