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
  outputs: tensors,
  loss: z.looseObject({ value: z.number(), w_y: tensor.optional(), w_hT: tensor.optional() }).optional(),
  grads: tensors.optional(),
  training: z
    .object({ losses: z.array(z.number()), final: tensors, lr: z.number() })
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

/** A whole number of the config. @throws VectorError when it is missing */
export function size({ config, kind }: VectorFile, name: string): number {
  const value = config[name];
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0) return value;
  throw new VectorError(`${kind}: config.${name} is ${JSON.stringify(value) ?? 'absent'}, a whole number is required`);
}
