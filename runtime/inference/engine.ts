/**
 * ONNX Runtime, called synchronously: the one file that reaches past its public API.
 *
 * The public `InferenceSession.run` defers to `setImmediate` and then makes the same blocking native call that is made
 * here, so it is asynchronous in name only. A decision has to be made inside the message's callback, in order, so the
 * native session is used directly. `engine.test.ts` holds both to the same bits; the pinned version makes the private
 * path safe.
 */
import './telemetry.ts';
import { createRequire } from 'node:module';
import type { InferenceSession, OnnxValue } from 'onnxruntime-node';
import { Tensor } from 'onnxruntime-node';
import type { Provider } from '../contract.ts';

export interface EngineOptions {
  /** Threads inside one operation. More change no bits. Default 1. */
  readonly threads?: number;
  /** Whether idle threads spin: faster training with several threads, but wasted cores in between. Default false. */
  readonly spinning?: boolean;
  /** Graph optimisation; `basic` for double precision, which some fusions of `all` lack. It changes bits: keep it fixed. */
  readonly optimisation?: 'all' | 'basic';
  /** What it cannot do, or where there is none, the CPU does, and `onFallback` is told why. @default 'cpu' */
  readonly provider?: Provider;
  readonly onFallback?: (reason: string) => void;
}

export interface Port {
  readonly name: string;
  /** Lengths; −1 where only known when run. */
  readonly shape: readonly number[];
  /** Of its elements, as onnx.proto counts types: 1 is float32. */
  readonly type: number;
}

export type Feeds = Record<string, Tensor>;
/** A tensor is filled in place; null asks for a new one. */
export type Fetches = Record<string, Tensor | null>;

interface NativeSession {
  loadModel(path: string, options: InferenceSession.SessionOptions): void;
  loadModel(buffer: ArrayBufferLike, offset: number, length: number, options: InferenceSession.SessionOptions): void;
  readonly inputMetadata: readonly Port[];
  readonly outputMetadata: readonly Port[];
  run(
    feeds: Record<string, OnnxValue>,
    fetches: Record<string, OnnxValue | null>,
    options: object,
  ): Record<string, OnnxValue>;
  dispose(): void;
}

interface Binding {
  readonly initOrt: () => void;
  readonly binding: { readonly InferenceSession: new () => NativeSession };
}

const native = createRequire(import.meta.url)('onnxruntime-node/dist/binding.js') as Binding;
const RUN_OPTIONS = Object.freeze({});

/** A loaded model. Calls block; one thread at a time. */
export class Engine {
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  /** Where it is computed: not what was asked for when that had to fall back. */
  readonly provider: Provider;
  readonly #session: NativeSession;

  /** @param model path of an ONNX file, or its bytes. @throws when the engine refuses it. */
  constructor(model: string | Uint8Array, options: EngineOptions = {}) {
    native.initOrt();
    const { provider = 'cpu', onFallback } = options;
    let loaded = provider === 'cpu' ? undefined : tried(() => load(model, options, provider), provider, onFallback);
    this.provider = loaded === undefined ? 'cpu' : provider;
    loaded ??= load(model, options, 'cpu');
    this.#session = loaded;
    this.inputs = loaded.inputMetadata;
    this.outputs = loaded.outputMetadata;
  }

  /** Runs the model now. Tensors given in `fetches` are written in place; the result names every output asked for. */
  run(feeds: Feeds, fetches: Fetches): Record<string, Tensor> {
    return this.#session.run(feeds, fetches, RUN_OPTIONS) as Record<string, Tensor>;
  }

  /** Releases the native session; it cannot run again. */
  dispose(): void {
    this.#session.dispose();
  }
}

/** @throws when the engine refuses the model or has no such provider */
function load(model: string | Uint8Array, options: EngineOptions, provider: Provider): NativeSession {
  const session = new native.binding.InferenceSession();
  const sessionOptions: InferenceSession.SessionOptions = {
    executionProviders: [provider],
    executionMode: 'sequential',
    intraOpNumThreads: options.threads ?? 1,
    interOpNumThreads: 1,
    graphOptimizationLevel: options.optimisation ?? 'all',
    extra: { session: { intra_op: { allow_spinning: options.spinning === true ? '1' : '0' } } },
  };
  try {
    if (typeof model === 'string') session.loadModel(model, sessionOptions);
    else session.loadModel(model.buffer, model.byteOffset, model.byteLength, sessionOptions);
  } catch (cause) {
    const subject = typeof model === 'string' ? model : `a model of ${model.byteLength} bytes`;
    throw new Error(`${subject}: the inference engine cannot load it (${(cause as Error).message})`, { cause });
  }
  return session;
}

function tried(
  work: () => NativeSession,
  provider: Provider,
  onFallback: EngineOptions['onFallback'],
): NativeSession | undefined {
  try {
    return work();
  } catch (error) {
    onFallback?.(`${provider} cannot be used, the CPU computes instead: ${(error as Error).message}`);
    return undefined;
  }
}

/** A tensor over `data`, which it shares. */
export function tensor(data: Float32Array | Float64Array, shape: readonly number[]): Tensor {
  return data instanceof Float32Array ? new Tensor('float32', data, shape) : new Tensor('float64', data, shape);
}
