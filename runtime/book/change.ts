/** What one message did to one book: reused, valid inside the callback only. */
export class BookChange {
  symbolId = 0;
  timeUs = 0;
  /** True when the message was a snapshot. */
  snapshot = false;
  /** Lots that traded with the buyer, or the seller, as aggressor; `unsignedLots` when the wire did not say. */
  buyLots = 0;
  sellLots = 0;
  unsignedLots = 0;
  /** Price of the message's last trade, ticks; 0 when it has none. */
  lastTradePriceTicks = 0;
  /** Trades in the message. */
  trades = 0;
}
