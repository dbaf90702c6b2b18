import type { BodyWriter } from './encoder.ts';
import { badEnum, requiredInteger, requiredText } from './field-reading.ts';
import type { FieldReader } from './message.ts';
import { FixFieldError } from './refusal.ts';

/** SubscriptionRequestType (263). */
const SUBSCRIPTION = { snapshot: '0', subscribe: '1', unsubscribe: '2' } as const;
/** MDEntryType (269) asked for: bids, offers, trades. */
const ENTRY_TYPES = ['0', '1', '2'];

/** MDReqRejReason (281). */
export const MARKET_DATA_REJECT = { UNKNOWN_SYMBOL: 0, DUPLICATE_ID: 1, BAD_TYPE: 4, BAD_DEPTH: 5 } as const;

/** MarketDataRequest (V): 262 263 264 265=1 267 269… 146 55… */
export interface MarketDataRequest {
  /** MDReqID (262). */
  readonly requestId: string;
  readonly subscription: keyof typeof SUBSCRIPTION;
  /** MarketDepth (264): levels a side, 0 the whole book. */
  readonly depth: number;
  readonly symbols: readonly string[];
}

export function writeMarketDataRequest(body: BodyWriter, request: MarketDataRequest): void {
  const { requestId, subscription, depth, symbols } = request;
  body.text(262, requestId).text(263, SUBSCRIPTION[subscription]).integer(264, depth);
  if (subscription === 'subscribe') body.integer(265, 1);
  body.integer(267, ENTRY_TYPES.length);
  for (const type of ENTRY_TYPES) body.text(269, type);
  body.integer(146, symbols.length);
  for (const symbol of symbols) body.text(55, symbol);
}

/** Reads V. @throws FixFieldError */
export function readMarketDataRequest(m: FieldReader): MarketDataRequest {
  const text = requiredText(m, 263);
  const kinds = Object.keys(SUBSCRIPTION) as (keyof typeof SUBSCRIPTION)[];
  const subscription = kinds.find((kind) => SUBSCRIPTION[kind] === text);
  if (subscription === undefined) throw badEnum(m, 263, text, '0, 1 and 2');
  const depth = requiredInteger(m, 264);
  if (depth < 0) throw badEnum(m, 264, `${depth}`, '0 and more');
  const symbols = m.texts(55);
  const stated = requiredInteger(m, 146);
  if (stated !== symbols.length || stated < 1) {
    throw new FixFieldError('BAD_GROUP_COUNT', 146, `V: ${symbols.length} symbols where 146 says ${stated}`);
  }
  return { requestId: requiredText(m, 262), subscription, depth, symbols };
}

/** Body of MarketDataRequestReject (Y). @param reason MDReqRejReason (281) */
export function writeMarketDataReject(body: BodyWriter, requestId: string, reason: number, text: string): void {
  body.text(262, requestId).integer(281, reason).text(58, text);
}
