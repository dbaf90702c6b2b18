/**
 * A training run on disk: a line of JSON that says which run, then the arrays' bytes.
 *
 * Written beside its place and renamed into it after a flush, so that a process killed at any moment leaves the old one
 * or the new one. Batches are drawn by seed and step, so the step is all there is of random state.
 */
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import path from 'node:path';
import { sha256Of } from '../../runtime/evidence/digest.ts';

/** What makes one run: two runs that agree here compute the same bits. */
export type RunIdentity = Readonly<Record<string, string | number>>;

export interface TrainingState {
  /** Updates done. */
  step: number;
  theta: Float32Array;
  m: Float32Array;
  v: Float32Array;
  /** Loss before each update, as long as the whole run; 0 from `step` on. */
  losses: Float32Array;
}

const SCHEMA = 'emp/checkpoint/v1';

export function writeCheckpoint(file: string, run: RunIdentity, { step, theta, m, v, losses }: TrainingState): void {
  const payload = Buffer.concat([theta, m, v, losses].map(bytesOf));
  const header = {
    schema: SCHEMA,
    step,
    parameters: theta.length,
    steps: losses.length,
    payload: sha256Of(payload),
    run,
  };
  const partial = `${file}.partial`;
  const handle = openSync(partial, 'w');
  try {
    writeAll(handle, Buffer.from(`${JSON.stringify(header)}\n`));
    writeAll(handle, payload);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  renameSync(partial, file);
  const folder = openSync(path.dirname(file), 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
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
  const header = parseHeader(file, bytes.subarray(0, Math.max(0, lineEnd)).toString());
  const payload = bytes.subarray(lineEnd + 1);
  const actual = sha256Of(payload);
  if (actual !== header.payload) {
    throw new Error(`${file}: the checkpoint is damaged (payload ${actual}, ${header.payload} expected)`);
  }
  for (const key of new Set([...Object.keys(run), ...Object.keys(header.run)])) {
    if (run[key] === header.run[key]) continue;
    throw new Error(`${file}: the checkpoint is of another run (${key} ${header.run[key]}, this run has ${run[key]})`);
  }
  const floats = new Float32Array(payload.byteLength / 4);
  new Uint8Array(floats.buffer).set(payload);
  const n = header.parameters;
  return {
    step: header.step,
    theta: floats.slice(0, n),
    m: floats.slice(n, 2 * n),
    v: floats.slice(2 * n, 3 * n),
    losses: floats.slice(3 * n),
  };
}

interface Header {
  readonly step: number;
  readonly parameters: number;
  readonly payload: string;
  readonly run: RunIdentity;
}

function parseHeader(file: string, line: string): Header {
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
