import type { BookView } from '../book/book.ts';
import type { PlannerParameters } from '../contract.ts';
import type { Forecast } from '../inference/forecast.ts';
import type { Instrument, Side } from '../instrument.ts';
import type { Intent } from './intent.ts';

/** What the planner may look at for one symbol, at one decision. */
export interface PlannerInput {
  readonly symbolId: number;
  readonly instrument: Instrument;
  /** The book without our own orders. */
  readonly book: BookView;
  readonly forecast: Forecast;
  /** One volatility unit of the chosen horizon, in ticks. */
  readonly volatilityTicks: number;
  readonly horizonUs: number;
  readonly positionLots: number;
  /** Decisions since the position last changed sign or was flat. */
  readonly heldDecisions: number;
}

/**
 * Forecast + book + position → what to do with one symbol: at most one intent, or undefined to stay.
 *
 * The yardstick is what one crossing costs now, half the spread and the taker fee, so that the same parameters mean the
 * same on a wide book as on a narrow one. A strong forecast crosses, a weaker one may rest an order; a position stays
 * until the forecast turns against it or it has been held too long.
 */
export class Planner {
  readonly parameters: PlannerParameters;

  constructor(parameters: PlannerParameters) {
    this.parameters = parameters;
  }

  plan(input: PlannerInput): Intent | undefined {
    const { book, instrument } = input;
    if (book.bidCount === 0 || book.askCount === 0) return undefined;
    const ticks = 2 * instrument.microUsdPerHalfTickLot;
    const halfSpreadTicks = (book.askPriceTicks(0) - book.bidPriceTicks(0)) / 2;
    const crossTicks = -halfSpreadTicks - instrument.takerFeeMicroUsdPerLot / ticks;
    const postTicks = halfSpreadTicks - instrument.makerFeeMicroUsdPerLot / ticks;
    const horizon = this.parameters.horizon;
    const meanTicks = input.forecast.mean[horizon] * input.volatilityTicks;
    const deviationTicks = Math.exp(input.forecast.logScale[horizon]) * input.volatilityTicks;

    const wanted = (kind: Intent['kind'], side: Side, quantityLots: number, crossing: boolean): Intent => ({
      symbolId: input.symbolId,
      kind,
      crossing,
      side,
      priceTicks: (side === 'buy') === crossing ? book.askPriceTicks(0) : book.bidPriceTicks(0),
      quantityLots,
      imagined: {
        meanTicks,
        deviationTicks,
        horizonUs: input.horizonUs,
        crossTicks: crossing ? crossTicks : 0,
        postTicks: crossing ? 0 : postTicks,
        holdTicks: side === 'buy' ? meanTicks : -meanTicks,
      },
    });

    const costTicks = -crossTicks;
    const { positionLots } = input;
    const isTooOld = input.heldDecisions > this.parameters.maxHoldDecisions;
    const against = positionLots > 0 ? -meanTicks : meanTicks;
    if (positionLots !== 0 && (isTooOld ? against >= 0 : against > this.parameters.exitCosts * costTicks)) {
      const quantityLots = Math.min(Math.abs(positionLots), this.parameters.clipLots);
      return wanted('reduce', positionLots > 0 ? 'sell' : 'buy', quantityLots, true);
    }

    if (Math.abs(meanTicks) < this.parameters.confidence * deviationTicks || meanTicks === 0) return undefined;
    const side: Side = meanTicks > 0 ? 'buy' : 'sell';
    const held = side === 'buy' ? positionLots : -positionLots;
    const clip = this.#clipLots(input.volatilityTicks * ticks);
    const quantityLots = Math.min(clip, this.parameters.maxPositionClips * clip - held);
    // Less than half a clip is only the clip's size breathing with volatility: not worth a crossing.
    if (2 * quantityLots < clip) return undefined;
    if (Math.abs(meanTicks) >= this.parameters.enterCosts * costTicks) return wanted('cross', side, quantityLots, true);
    if (Math.abs(meanTicks) >= this.parameters.postCosts * costTicks) return wanted('post', side, quantityLots, false);
    return undefined;
  }

  /** An order's size: so many lots that one volatility unit on them is worth the risk per clip. */
  #clipLots(unitMicroUsdPerLot: number): number {
    const lots = Math.floor((this.parameters.riskPerClipUsd * 1e6) / unitMicroUsdPerLot);
    return Math.max(1, Math.min(this.parameters.clipLots, lots));
  }
}
