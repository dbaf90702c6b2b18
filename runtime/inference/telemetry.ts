/**
 * The inference engine reports to its maker: since 1.29 its published builds for Linux and macOS keep an identifier of the
 * machine and send what they loaded, unless `ORT_DISABLE_TELEMETRY` is set before the first session
 * (microsoft/onnxruntime#27379). What trades tells nobody, so it is set here, before any engine.
 *
 * The engine reads the environment of the process, which only the main thread can set: whoever starts threads that infer
 * imports this file.
 */
import { isMainThread } from 'node:worker_threads';
import { assert } from '../assert.ts';

const NAME = 'ORT_DISABLE_TELEMETRY';

if (isMainThread) process.env[NAME] = '1';
// A thread's environment is a copy of what its starter had.
assert(process.env[NAME] === '1', 'who starts a thread that infers imports runtime/inference/telemetry.ts');
