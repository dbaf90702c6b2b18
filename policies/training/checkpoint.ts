/**
 * A training run on disk: a line of JSON that says which run, then the arrays' bytes.
 *
 * Written beside its place and renamed into it after a flush, so that a process killed at any moment leaves the old one
 * or the new one. Batches are drawn by seed and step, so the step is all there is of random state.
 */
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import path from 'node:path';
import { sha256Of } from '../../runtime/evidence/digest.ts';
import type { Rollback, TrainingState } from './state.ts';

/** What makes one run: two runs that agree here compute the same bits. */
export type RunIdentity = Readonly<Record<string, string | number>>;

const SCHEMA = 'emp/checkpoint/v3';

export function writeCheckpoint(file: string, run: RunIdentity, state: TrainingState): void {
  const { step, theta, m, v, losses, sound, rollbacks, validationLosses, best } = state;
  const arrays = [theta, m, v, losses, sound.theta, sound.m, sound.v, ...(best === undefined ? [] : [best.theta])];
  const payload = Buffer.concat(arrays.map(bytesOf));
  const header: Header = {
    schema: SCHEMA,
    step,
    parameters: theta.length,
    steps: losses.length,
    sound: { step: sound.step, loss: told(sound.loss) },
    rollbacks,
    validationLosses,
    best: best === undefined ? null : { step: best.step, loss: best.loss },
    run,
  };
  const partial = `${file}.partial`;
  try {
    mkdirSync(path.dirname(file), { recursive: true });
    flushed(partial, [Buffer.from(`${JSON.stringify({ ...header, digest: digestOf(header, payload) })}\n`), payload]);
  } catch (cause) {
    throw new Error(`${file}: the checkpoint cannot be written (${(cause as Error).message})`, { cause });
  }
  renameSync(partial, file);
  const folder = openSync(path.dirname(file), 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

function flushed(file: string, parts: readonly Buffer[]): void {
  const handle = openSync(file, 'w');
  try {
    for (const part of parts) writeAll(handle, part);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/**
 * The state saved, or undefined where there is no file.
 * @throws when the file is damaged or belongs to another run, naming the file and what differs.
 */
export function readCheckpoint(file: string, run: RunIdentity): TrainingState | undefined {
  if (!existsSync(file)) return undefined;
  const bytes = readFileSync(file);
  const lineEnd = bytes.indexOf(0x0a);
  const { digest, ...header } = parseHeader(file, bytes.subarray(0, Math.max(0, lineEnd)).toString());
  const payload = bytes.subarray(lineEnd + 1);
  const actual = digestOf(header, payload);
  if (actual !== digest) throw new Error(`${file}: the checkpoint is damaged (it is ${actual}, ${digest} expected)`);
  for (const key of new Set([...Object.keys(run), ...Object.keys(header.run)])) {
    if (run[key] === header.run[key]) continue;
    throw new Error(`${file}: the checkpoint is of another run (${key} ${header.run[key]}, this run has ${run[key]})`);
  }
  const floats = new Float32Array(payload.byteLength / 4);
  new Uint8Array(floats.buffer).set(payload);
  const n = header.parameters;
  const { step, steps, sound, best, rollbacks, validationLosses } = header;
  let from = 0;
  const take = (length: number) => {
    from += length;
    return floats.slice(from - length, from);
  };
  const [theta, m, v] = [take(n), take(n), take(n)];
  const losses = take(steps);
  return {
    step,
    theta,
    m,
    v,
    losses,
    sound: { step: sound.step, loss: sound.loss ?? Number.POSITIVE_INFINITY, theta: take(n), m: take(n), v: take(n) },
    rollbacks: [...rollbacks],
    validationLosses: [...validationLosses],
    best: best === null ? undefined : { ...best, theta: take(n) },
  };
}

/** JSON has no infinity, which the loss before the first step is. */
function told(loss: number): number | null {
  return Number.isFinite(loss) ? loss : null;
}

interface Header {
  readonly step: number;
  readonly schema: string;
  readonly parameters: number;
  readonly steps: number;
  readonly sound: { readonly step: number; readonly loss: number | null };
  readonly rollbacks: readonly Rollback[];
  readonly validationLosses: readonly number[];
  readonly best: { readonly step: number; readonly loss: number } | null;
  readonly run: RunIdentity;
}

/** Of all that a checkpoint says, its first line included: a step that is a digit off would train other weights. */
function digestOf(header: Header, payload: Uint8Array): string {
  return sha256Of(Buffer.concat([Buffer.from(JSON.stringify(header)), payload]));
}

function parseHeader(file: string, line: string): Header & { readonly digest: string } {
  try {
    const header = JSON.parse(line);
    if (header.schema === SCHEMA) return header;
  } catch (cause) {
    throw new Error(`${file}: not a checkpoint (its first line is no JSON)`, { cause });
  }
  throw new Error(`${file}: not a checkpoint (its first line does not say ${SCHEMA})`);
}

export function bytesOf(array: Float32Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

function writeAll(handle: number, bytes: Uint8Array): void {
  for (let written = 0; written < bytes.length; ) written += writeSync(handle, bytes, written);
}
