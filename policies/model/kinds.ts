/** Which block a model's config asks for. */
import type { ModelConfig } from '../../runtime/contract.ts';
import { lstm } from './lstm.ts';
import { mamba3 } from './mamba3.ts';
import type { Kind } from './mixing.ts';
import { mlp } from './mlp.ts';
import { ssd } from './ssd.ts';

export function kindOf(config: ModelConfig): Kind {
  switch (config.kind) {
    case 'ssd':
      return ssd(config);
    case 'mamba3':
      return mamba3(config);
    case 'lstm':
      return lstm(config);
    case 'mlp':
      return mlp(config);
  }
}
