/** What stands behind a fill, read back from the journal: orders, intent, forecast, and the slot that decided. */
import { InputError } from '../../runtime/boot/documents.ts';
import type { Slot } from '../../runtime/contract.ts';
import type { FillBody, OrderBody } from '../../runtime/execution/records.ts';
import type { Journal, JournalRecord } from '../../runtime/journal/journal.ts';

/** A journal record with its body read. */
export interface Told<B = Readonly<Record<string, unknown>>> {
  readonly seq: number;
  readonly timeUs: number;
  readonly body: B;
}

export interface Trace {
  readonly clOrdId: string;
  /** Every execution of the order, oldest first. */
  readonly fills: readonly Told<FillBody>[];
  /** From the first order to the one that was filled: more than one when it was replaced. */
  readonly orders: readonly Told<OrderBody>[];
  /** Undefined for an order that no forecast asked for: see `flattenReason`. */
  readonly intent: Told | undefined;
  /** What the model said of the symbol in the decision that made the intent. */
  readonly forecast: Told | undefined;
  /** Why everything was sold, when that is what the order was for. */
  readonly flattenReason: string | undefined;
  /** The slot that the runtime traded when it sent the first order; undefined when it ran without an approval. */
  readonly slot: Slot | undefined;
  /** Its policy's digest; null when it had none. */
  readonly policy: string | null;
}

/**
 * The journal is the only source: nothing is recomputed, nothing is asked of the venue.
 * @param clOrdId the order whose fill is traced; undefined: that of the first fill
 * @throws InputError when there is no such fill, or the journal does not hold what stands behind it
 */
export function traceFill(journal: Pick<Journal, 'records'>, clOrdId?: string): Trace {
  const fills = told<FillBody>(journal, 'fill');
  const wanted = clOrdId ?? fills[0]?.body.clOrdId;
  if (wanted === undefined) throw new InputError('the journal holds no fill: nothing was traded yet');
  const own = fills.filter(({ body }) => body.clOrdId === wanted);
  const orders = ordersUpTo(journal, wanted);
  const [first] = orders;
  if (own.length === 0) {
    const known = fills.length === 0 ? 'none' : `${fills[0]?.body.clOrdId} is the first of ${fills.length}`;
    const problem = first === undefined ? 'is no order of ours' : 'was never filled';
    throw new InputError(`${wanted}: ${problem}; fills in the journal: ${known}`);
  }
  if (first === undefined) throw new InputError(`${wanted}: was filled, but the journal holds no order of that name`);
  const { intentSeq } = first.body;
  const intent = intentSeq === 0 ? undefined : told(journal, 'intent', intentSeq - 1, intentSeq)[0];
  const boot = told(journal, 'boot', 0, first.seq).at(-1);
  return {
    clOrdId: wanted,
    fills: own,
    orders,
    intent,
    forecast: intent && forecastOf(journal, intent, (first.body as { symbol: string }).symbol),
    flattenReason: intentSeq === 0 ? flattenBefore(journal, first.seq) : undefined,
    slot: slotOf(boot),
    policy: (boot?.body['policy'] as string | null | undefined) ?? null,
  };
}

/** Records of one kind with `after < seq ≤ upTo`, bodies read. */
function told<B = Readonly<Record<string, unknown>>>(
  journal: Pick<Journal, 'records'>,
  kind: JournalRecord['kind'],
  after = 0,
  upTo = Number.POSITIVE_INFINITY,
): Told<B>[] {
  const found: Told<B>[] = [];
  for (const { seq, timeUs, body } of journal.records(after, [kind])) {
    if (seq > upTo) break;
    found.push({ seq, timeUs, body: JSON.parse(body) as B });
  }
  return found;
}

function ordersUpTo(journal: Pick<Journal, 'records'>, clOrdId: string): Told<OrderBody>[] {
  const byId = new Map(told<OrderBody>(journal, 'order').map((order) => [order.body.clOrdId, order]));
  const chain: Told<OrderBody>[] = [];
  for (let order = byId.get(clOrdId); order !== undefined; ) {
    chain.unshift(order);
    order = 'origClOrdId' in order.body ? byId.get(order.body.origClOrdId) : undefined;
  }
  return chain;
}

/** The decision that made an intent has the intent's event time, and wrote its forecast just before. */
function forecastOf(journal: Pick<Journal, 'records'>, intent: Told, symbol: string): Told | undefined {
  let latest: Told | undefined;
  for (const forecast of told(journal, 'forecast', 0, intent.seq)) {
    if (forecast.timeUs === intent.timeUs && forecast.body['symbol'] === symbol) latest = forecast;
  }
  return latest;
}

function flattenBefore(journal: Pick<Journal, 'records'>, seq: number): string | undefined {
  const started = told(journal, 'flatten', 0, seq).findLast(({ body }) => body['event'] === 'started');
  return started?.body['reason'] as string | undefined;
}

/** The boot record names its slot as text: the slot's JSON under an approval, a path or a word without one. */
function slotOf(boot: Told | undefined): Slot | undefined {
  const text = boot?.body['slot'];
  if (typeof text !== 'string' || !text.startsWith('{')) return undefined;
  return JSON.parse(text) as Slot;
}
