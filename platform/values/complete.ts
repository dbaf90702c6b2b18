/** Values of which every one is there: the contract's defaults, and for what has none the least that the schema allows. */
import { limits as limitsSchema } from '../../runtime/contract.ts';
import { type Values, valuesSchema } from './schema.ts';

const limits = Object.fromEntries(Object.keys(limitsSchema.shape).map((name) => [name, 1]));

/** What `environments/base` is rendered with; an overlay patches what its environment says otherwise. */
export const completeValues: Values = valuesSchema.parse({
  mode: 'paper',
  namespace: 'emp',
  config: {
    environment: 'base',
    instruments: [
      {
        symbol: 'NONE',
        tickSize: '1',
        lotSize: '1',
        microUsdPerHalfTickLot: 1,
        takerFeeMicroUsdPerLot: 0,
        makerFeeMicroUsdPerLot: 0,
      },
    ],
    // Probes and scrapes come from outside the pod; the network policy says from where.
    http: { host: '0.0.0.0' },
  },
  limits,
});
