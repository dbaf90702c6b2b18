/** What was done with the glass broken: one line an act, chained, kept until it stands in the environment's repository. */
import { appendFileSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { InputError } from '../../runtime/boot/documents.ts';
import { sha256Of } from '../../runtime/evidence/digest.ts';

const act = z.strictObject({
  timeUs: z.int().nonnegative(),
  environment: z.string(),
  act: z.enum(['flatten', 'disarm', 'lower']),
  by: z.string().min(1),
  because: z.string().min(1),
  outcome: z.string(),
  previous: z.string().describe('sha256 of the line before; of nothing for the first'),
});
export type Act = z.infer<typeof act>;

const folderOf = (state: string): string => path.join(state, 'break-glass');
const recordOf = (state: string): string => path.join(folderOf(state), 'record.jsonl');
const disarmedOf = (state: string): string => path.join(folderOf(state), 'disarmed.json');

/** Appends an act to the record. */
export function record(state: string, done: Omit<Act, 'previous'>): void {
  mkdirSync(folderOf(state), { recursive: true, mode: 0o700 });
  const lines = linesOf(state);
  appendFileSync(recordOf(state), `${JSON.stringify({ ...done, previous: sha256Of(lines.at(-1) ?? '') })}\n`);
}

/** Acts that no repository knows of yet, oldest first. @throws InputError when the record was edited */
export function unreconciled(state: string): Act[] {
  let previous = '';
  return linesOf(state).map((line, index) => {
    const parsed = act.safeParse(JSON.parse(line));
    if (!parsed.success || parsed.data.previous !== sha256Of(previous)) {
      throw new InputError(`${recordOf(state)}:${index + 1}: was edited; a record as break-glass writes it is allowed`);
    }
    previous = line;
    return parsed.data;
  });
}

/** Puts the record aside under the ledger entry that tells of it now. */
export function reconciled(state: string, ledgerSeq: number): void {
  renameSync(recordOf(state), path.join(folderOf(state), `reconciled-${ledgerSeq}.jsonl`));
  rmSync(disarmedOf(state), { force: true });
}

export function disarm(state: string, because: string): void {
  mkdirSync(folderOf(state), { recursive: true, mode: 0o700 });
  writeFileSync(disarmedOf(state), `${JSON.stringify({ because })}\n`);
}

/** Why nothing may be started from this state, until it is reconciled; undefined when it may. */
export function disarmedBecause(state: string): string | undefined {
  if (!existsSync(disarmedOf(state))) return undefined;
  return (JSON.parse(readFileSync(disarmedOf(state), 'utf8')) as { because: string }).because;
}

/** @throws InputError while it is disarmed, so that nothing is gated, promoted or traded meanwhile */
export function refuseDisarmed(state: string): void {
  const because = disarmedBecause(state);
  if (because === undefined) return;
  throw new InputError(
    `${state}: was disarmed with the glass broken (${because}); \`npm run break-glass -- reconcile\` tells the repository of it`,
  );
}

function linesOf(state: string): string[] {
  if (!existsSync(recordOf(state))) return [];
  return readFileSync(recordOf(state), 'utf8').split('\n').filter(Boolean);
}
