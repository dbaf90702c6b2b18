/** The blocks that are timed beside peers: the peers' sizes. */
import type { ModelConfig } from '../../../runtime/contract.ts';

const sizes = { features: 32, dModel: 32, heads: 2, headDim: 64, stateDim: 64, layers: 1, chunk: 32 };

export const PEER_BLOCKS: Readonly<Record<string, ModelConfig>> = {
  ssd: { kind: 'ssd', ...sizes, horizons: [1] },
  mamba3: { kind: 'mamba3', ...sizes, angles: 16, rank: 1, decay: 'softplus', horizons: [1] },
  lstm: { kind: 'lstm', features: 32, dModel: 32, hidden: 44, layers: 1, horizons: [1] },
};
