import type { Control } from '../control.ts';

/** A forecast that is not a number, or beyond anything markets do, is a broken model. */
export const modelSanity: Control = (request, view) => {
  if (request.reducing) return undefined;
  const actual = view.forecastSigmas;
  const limit = view.limits.maxForecastSigmas;
  return actual <= limit ? undefined : { reason: 'FORECAST_INSANE', actual, limit };
};
