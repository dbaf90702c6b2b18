/** `npm run audit`: asks a running runtime what it runs and holds, and holds that against what was approved. Changes nothing. */
import { z } from 'zod';
import { InputError } from '../runtime/boot/documents.ts';
import { type Audit, audit, findings } from './audit/findings.ts';
import {
  type CommonOptions,
  environmentCommand,
  parseOptions,
  print,
  printJson,
  printProblems,
} from './environment/cli.ts';
import { existingEnvironment } from './environment/product.ts';
import { readWindow } from './environment/running.ts';
import { trustPathOf } from './environment/trust.ts';
import { verifyEnvironment } from './environment/verify.ts';

interface Options extends CommonOptions {
  readonly url?: string;
}

/** @returns 0 it runs what was approved, 1 it does not */
export async function main(args: string[]): Promise<number> {
  const command = environmentCommand(
    'audit',
    'says whether a running runtime runs what was approved, and what it holds',
  )
    .option('--url <url>', "the runtime's own address; default: the one that `up` runs here")
    .addHelpText('after', '\nIn a cluster: kubectl port-forward emp-runtime-0 9464, then --url http://127.0.0.1:9464.');
  const { state, environment, json, url = readWindow(state) } = parseOptions<Options>(command, args);
  if (url === undefined) throw new InputError(`${state}: no runtime runs here; name one with --url`);
  const told = await asked(url);
  const verified = await verifyEnvironment(await existingEnvironment(state), environment, trustPathOf(state));
  const problems = [...verified.problems, ...findings(told, environment, verified.slot)];
  const ok = problems.length === 0;
  const { policyDigest, mode, session, positionKnown } = told;
  const symbols = told.symbols.map(({ symbol, positionLots, workingOrders }) => ({
    symbol,
    positionLots,
    orders: workingOrders.length,
  }));
  const disabled = [
    ...new Set([...told.disables, ...told.symbols.flatMap(({ disables }) => disables)].map(({ reason }) => reason)),
  ];
  const approvedBy = told.resolved.approvedBy ?? null;
  if (json === true) {
    printJson({
      ok,
      url,
      environment,
      mode,
      policy: policyDigest,
      approvedBy,
      tag: verified.tag,
      session,
      positionKnown,
      symbols,
      disabled,
      problems,
    });
    return ok ? 0 : 1;
  }
  print(
    `${environment} at ${url} (${mode}): ${ok ? 'runs what was approved' : 'does NOT run what was approved'}`,
    `  policy    ${policyDigest ?? 'none'}`,
    `  approved  by key ${approvedBy ?? 'none'}, label ${verified.tag ?? 'none'}`,
    `  session   ${session}; position ${positionKnown ? 'known' : 'NOT known'}; ${disabled.length === 0 ? 'trading' : `not trading: ${disabled.join(', ')}`}`,
    ...symbols.map(
      ({ symbol, positionLots, orders }) => `  ${symbol.padEnd(9)} ${positionLots} lots, ${orders} orders`,
    ),
  );
  printProblems(problems);
  return ok ? 0 : 1;
}

async function asked(url: string): Promise<Audit> {
  let answer: Response;
  try {
    answer = await fetch(`${url}/audit`);
  } catch (cause) {
    throw new Error(`${url}: cannot be reached; is the runtime there?`, { cause });
  }
  const parsed = audit.safeParse(await answer.json());
  if (parsed.success) return parsed.data;
  throw new Error(`${url}/audit: is not what a runtime says\n${z.prettifyError(parsed.error)}`);
}
