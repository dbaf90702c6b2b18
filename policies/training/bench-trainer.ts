/** A worker thread that trains a model of the given shape until it is asked to end; says so when it has begun. */
import { parentPort, workerData } from 'node:worker_threads';
import { assert } from '../../runtime/assert.ts';
import type { ModelConfig } from '../../runtime/contract.ts';
import { benchTraining } from './bench.ts';

/** What a thread is given that trains until `enough[0]` is no longer 0. */
export interface TrainerData {
  readonly config: ModelConfig;
  readonly enough: Int32Array;
}

assert(parentPort !== null, 'is a worker thread');
const { config, enough } = workerData as TrainerData;
benchTraining(config, undefined, 1, 5);
parentPort.postMessage('training');
while (Atomics.load(enough, 0) === 0) benchTraining(config);
