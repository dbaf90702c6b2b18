/** Reference vectors as files hold them; `README.md` beside such files says what the fields mean. */
import { readFileSync } from 'node:fs';
import { z } from 'zod';

const tensor = z
  .object({ shape: z.array(z.int().nonnegative()), data: z.array(z.number()) })
  .refine(({ shape, data }) => shape.reduce((a, b) => a * b, 1) === data.length, 'holds another number of values');
export type Tensor = z.infer<typeof tensor>;
const tensors = z.record(z.string(), tensor);

const vectorFile = z.object({
  kind: z.enum(['mamba2_ssd', 'mamba3_siso_core', 'mamba3_siso_block', 'mamba3_mimo_core', 'lstm', 'adam', 'adamw']),
  config: z.record(z.string(), z.union([z.number(), z.string(), z.boolean()])),
  inputs: tensors,
  outputs: tensors.refine((outputs) => Object.keys(outputs).length > 0, 'holds no tensors'),
  /** h after the rows t, (B, rows of t, …). */
  checkpoints: z.object({ t: z.array(z.int().nonnegative()), h: tensor }).optional(),
  loss: z.looseObject({ value: z.number(), w_y: tensor.optional(), w_hT: tensor.optional() }).optional(),
  grads: tensors.optional(),
  training: z
    .object({
      optimizer: z.string().regex(/^adamw?$/i, 'is not Adam or AdamW'),
      losses: z.array(z.number()).min(1),
      final: tensors.refine((final) => Object.keys(final).length > 0, 'holds no weights'),
      lr: z.number(),
    })
    .loose()
    .optional(),
});
export type VectorFile = z.infer<typeof vectorFile>;

/** @throws Error naming the file and what is wrong with it */
export function readVectors(file: string): VectorFile {
  let raw: unknown;
  try {
    raw = JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    const problem = (cause as NodeJS.ErrnoException).code ?? (cause as Error).message;
    throw new VectorError(`${file}: cannot be read (${problem})`, { cause });
  }
  const parsed = vectorFile.safeParse(raw);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new VectorError(`${file}: ${issue?.path.join('.') || 'the document'}: ${issue?.message}`);
}

/** A file that holds no vectors that can be checked. */
export class VectorError extends Error {
  readonly exitCode = 2;
}

/** @throws VectorError when the file has no such input */
export function inputNamed({ inputs }: VectorFile, name: string): Tensor {
  return present(inputs, 'inputs', name);
}

/** @throws VectorError when the file has no such output */
export function outputNamed({ outputs }: VectorFile, name: string): Tensor {
  return present(outputs, 'outputs', name);
}

function present(tensors: Readonly<Record<string, Tensor>>, place: string, name: string): Tensor {
  const found = tensors[name];
  if (found === undefined) throw new VectorError(`${place}.${name} is missing`);
  return found;
}

/** A value of the config; the first known where it says nothing. @throws VectorError when this product has no such block */
export function oneOf<T>({ config }: VectorFile, name: string, known: readonly [T, ...T[]]): T {
  const value = (config[name] ?? known[0]) as T;
  if (known.includes(value)) return value;
  const words = known.map((each) => JSON.stringify(each)).join(' or ');
  throw new VectorError(`config.${name} is ${JSON.stringify(value)}, ${words} is required`);
}

/** A whole number of the config. @throws VectorError when it is missing */
export function size({ config }: VectorFile, name: string): number {
  const value = config[name];
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0) return value;
  throw new VectorError(`config.${name} is ${JSON.stringify(value) ?? 'absent'}, a whole number is required`);
}
