/**
 * `npm run verify`: whether what every environment runs is what was approved, and whether what the ledger tells of is
 * still there as it was. Reads, changes nothing but the remembered ledger head; needs no network beyond the repository.
 */
import path from 'node:path';
import { Command } from 'commander';
import { slotParts } from '../runtime/contract.ts';
import { digest12 } from '../runtime/evidence/digest.ts';
import { environmentName, parseOptions, print, printJson, printProblems } from './environment/cli.ts';
import { verifyHistory } from './environment/history.ts';
import { existingEnvironment } from './environment/product.ts';
import { attach, type EnvironmentRepository } from './environment/repository.ts';
import { type Running, readRunning } from './environment/running.ts';
import { rememberLedgerHead, trustPathOf } from './environment/trust.ts';
import { describeRoot } from './environment/trust-root.ts';
import { type EnvironmentReport, verifyEnvironments } from './environment/verify.ts';

interface Options {
  readonly state: string;
  readonly environment?: string;
  readonly repository?: string;
  readonly json?: boolean;
}

/** @returns 0 everything is as approved, 1 something is not */
export async function main(args: string[]): Promise<number> {
  const options = parseOptions<Options>(command(), args);
  const { state, json } = options;
  const repository = await repositoryOf(options);
  const trustPath = trustPathOf(state);
  const only = options.environment === undefined ? undefined : [options.environment];
  const { reports, snapshot } = await verifyEnvironments(repository, trustPath, only);
  const history = await verifyHistory(repository, snapshot);
  const ran = readRunning(state);
  const environments = reports.map((report) => ({ report, running: runningIn(report, ran) }));
  const ok =
    history.length === 0 && environments.every(({ report, running }) => report.ok && running !== 'another slot');
  const { ledger, head } = snapshot;
  const ledgerHead = ledger.ok ? ledger.head : null;
  const remembered = ok ? rememberLedgerHead(trustPath, ledgerHead) : false;
  const trust = describeRoot(trustPath, state);

  if (json === true) {
    printJson({
      ok,
      head,
      trust: { ...trust, remembered },
      ledgerHead,
      history,
      environments: environments.map(
        ({ report: { approved, trustPath: _, head: __, ledgerHead: ___, ...report }, running }) => ({
          ...report,
          running,
          gates: approved?.gates ?? [],
          approverKeyIds: approved?.approvals.map(({ keyId }) => keyId) ?? [],
        }),
      ),
    });
    return ok ? 0 : 1;
  }
  for (const { report, running } of environments) printEnvironment(report, running);
  print(history.length === 0 ? 'history: as the ledger tells it' : 'history: NOT as the ledger tells it');
  printProblems(history);
  print(
    `ledger: ${ledgerHead === null ? 'empty or not sound' : `${ledgerHead.seq + 1} entries`}, repository at ${head.slice(0, 12)}`,
  );
  print(`trust: ${trust.file} (${trust.means})`);
  return ok ? 0 : 1;
}

function command(): Command {
  return new Command('npm run verify --')
    .description('says for every environment whether what it runs is what was approved')
    .option('--state <dir>', 'state folder', (text) => path.resolve(text), path.resolve('.emp'))
    .option('--environment <name>', 'this one only; default: all', environmentName)
    .option('--repository <url>', "another repository than the state folder's own")
    .option('--json', 'one JSON object on stdout and nothing else')
    .addHelpText(
      'after',
      '\nThe trust root is the file that EMP_TRUST names, else the one that `npm run trust -- pin` keeps, else the state folder’s.',
    )
    .exitOverride();
}

async function repositoryOf({ state, repository }: Options): Promise<EnvironmentRepository> {
  return repository === undefined ? existingEnvironment(state) : attach(repository, path.join(state, 'work.git'));
}

type RunningState = 'nothing' | 'the approved slot' | 'another slot' | 'a sync is under way';

/** What is known to run on this machine, against what is approved. */
function runningIn({ environment, slot }: EnvironmentReport, running: Running | undefined): RunningState {
  if (running === undefined || running.environment !== environment || running.slot === null) return 'nothing';
  if (running.busy !== null) return 'a sync is under way';
  const same = slot !== null && slotParts.every((name) => running.slot?.[name] === slot[name]);
  return same ? 'the approved slot' : 'another slot';
}

function printEnvironment(report: EnvironmentReport, running: RunningState): void {
  const { environment, ok, slot, approved, problems, tag, held } = report;
  if (!ok) {
    print(`${environment}: NOT what was approved`);
    printProblems(problems);
  } else if (slot === null || approved === null) {
    print(`${environment}: nothing trades, and nothing else is approved`);
  } else {
    const by = approved.approvals.map(
      ({ keyId, statement }) => `${digest12(keyId)} at ${statement.predicate.timeVerified}`,
    );
    print(
      `${environment}: what it would run is what was approved`,
      ...slotParts.map((name) => `  ${name.padEnd(9)} ${slot[name]}`),
      `  gates     ${approved.gates.join(', ')}`,
      `  by        key ${by.join(', key ')}`,
      `  label     ${tag}`,
    );
  }
  if (running !== 'nothing') print(`  runs      ${running}`);
  if (held !== null) print(`  on hold since ledger entry ${held.seq}: ${held.because}`);
}
