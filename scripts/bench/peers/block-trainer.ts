/** Times our own training steps as the peers' programs time theirs: `node block-trainer.ts ssd|mamba3|lstm [LENGTH]`. */
import { stopwatchNs } from '../../../runtime/clock.ts';
import { quantile } from '../figure.ts';
import { blockStep } from './block-step.ts';
import { PEER_BLOCKS } from './peer-blocks.ts';

const WARM_UP = 10;
const STEPS = 100;

const [kind = 'ssd', length = '256'] = process.argv.slice(2);
const config = PEER_BLOCKS[kind];
if (config === undefined)
  throw new Error(`block-trainer: no block ${kind}, there are: ${Object.keys(PEER_BLOCKS).join(', ')}`);
const step = blockStep(config, 8, Number(length), 2);
const times: number[] = [];
for (let i = 0; i < WARM_UP + STEPS; i++) {
  const beganNs = stopwatchNs();
  step.run();
  if (i >= WARM_UP) times.push((stopwatchNs() - beganNs) / 1e6);
}
const ms = (share: number) => Number(quantile(times, share).toFixed(3));
console.log(JSON.stringify({ kind, params: step.parameters, ms_median: ms(0.5), ms_min: ms(0), ms_p90: ms(0.9) }));
