/** A worker thread that trains a model of the given shape until it is asked to end; says so when it has begun. */
import { parentPort, workerData } from 'node:worker_threads';
import { assert } from '../../runtime/assert.ts';
import { benchTraining, type TrainerData } from './bench.ts';

assert(parentPort !== null, 'is a worker thread');
const { config, enough } = workerData as TrainerData;
benchTraining(config, undefined, 1, 5);
parentPort.postMessage('training');
while (Atomics.load(enough, 0) === 0) benchTraining(config);
