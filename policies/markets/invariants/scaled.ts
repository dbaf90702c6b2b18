import { catalogue } from '../../../runtime/features/index.ts';
import { fitScaler, scaleRows } from '../../training/scaler.ts';
import type { MeasuredSymbol } from './market-measure.ts';

/** One feature of one symbol after scaling by one scaler of all symbols, as a model would be given it. */
export interface ScaledFeature {
  readonly feature: string;
  readonly symbol: string;
  readonly median: number;
  readonly deviation: number;
  readonly p1: number;
  readonly p99: number;
}

/**
 * Distributions of all features side by side, scaled as training and serving scale: one scaler for all symbols, fitted
 * on the first half of each, looked at on the second.
 */
export function scaledDistributions(symbols: readonly MeasuredSymbol[]): ScaledFeature[] {
  const halves = symbols.map(({ columns }) => Math.floor((columns[0]?.length ?? 0) / 2));
  return catalogue.flatMap(({ name }, f) => {
    const columns = symbols.map(({ columns: all }) => all[f] ?? []);
    const fitted = columns.flatMap((column, s) => column.slice(0, halves[s]));
    const scaler = fitScaler(Float32Array.from(fitted), 1);
    return symbols.map(({ symbol }, s) => {
      const scaled = scaleRows(Float32Array.from((columns[s] as readonly number[]).slice(halves[s])), scaler).sort();
      const at = (share: number) => scaled[Math.min(scaled.length - 1, Math.floor(share * scaled.length))] as number;
      const mean = scaled.reduce((sum, value) => sum + value, 0) / scaled.length;
      const deviation = Math.sqrt(scaled.reduce((sum, value) => sum + (value - mean) ** 2, 0) / scaled.length);
      return { feature: name, symbol, median: at(0.5), deviation, p1: at(0.01), p99: at(0.99) };
    });
  });
}
