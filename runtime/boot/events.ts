import type { PnlParts } from '../attribution/attribution.ts';
import type { LifeRecord } from '../telemetry/life-record.ts';

/** What a runtime process says on standard output, one JSON object a line: the contract with whoever started it. */
export type RuntimeEvent =
  | {
      readonly event: 'listening';
      readonly url: string;
      readonly pid: number;
      readonly slot: string;
      readonly mode: string;
    }
  | { readonly event: 'session'; readonly state: 'up' | 'down'; readonly because: string }
  | { readonly event: 'reconciled'; readonly positions: Readonly<Record<string, number>>; readonly breaks: number }
  | {
      readonly event: 'fill';
      readonly execId: string;
      readonly clOrdId: string;
      readonly intentSeq: number;
      readonly symbol: string;
      readonly side: 'buy' | 'sell';
      readonly lots: number;
      readonly priceTicks: number;
      readonly timeUs: number;
    }
  | {
      readonly event: 'disable' | 'enable';
      readonly reason: string;
      readonly symbol: string | null;
      readonly because: string;
    }
  | {
      readonly event: 'limits';
      readonly digest: string;
      /** What was and what is, by limit. */
      readonly changed: Readonly<Record<string, readonly [before: number, after: number]>>;
    }
  | { readonly event: 'problem'; readonly subject: string; readonly problem: string }
  | { readonly event: 'window'; readonly seconds: number; readonly record: LifeRecord }
  | {
      readonly event: 'stopped';
      /** `flat`, `unknown`, or `kept`: positions were to be kept. */
      readonly outcome: 'flat' | 'unknown' | 'kept';
      readonly fills: number;
      readonly decisions: number;
      readonly pnl: PnlParts;
      readonly record: LifeRecord;
      readonly decisionDigest: string;
    };

export function emit(event: RuntimeEvent): void {
  process.stdout.write(`${JSON.stringify(event)}\n`);
}
