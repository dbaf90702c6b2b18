/** `npm run verify`: whether what the environment would run is what was approved. Reads, changes nothing but the remembered ledger head. */
import { digest12 } from '../runtime/evidence/digest.ts';
import {
  type CommonOptions,
  environmentCommand,
  parseOptions,
  print,
  printJson,
  printProblems,
} from './environment/cli.ts';
import { existingEnvironment } from './environment/product.ts';
import { rememberLedgerHead, trustPathOf } from './environment/trust.ts';
import { verifyEnvironment } from './environment/verify.ts';

/** @returns 0 done, 1 a check failed or refused */
export async function main(args: string[]): Promise<number> {
  const command = environmentCommand('verify', 'says whether what an environment would run is what was approved');
  command.addHelpText(
    'after',
    '\nThe trust root is `trust.json` in the state folder, or the file that EMP_TRUST names.',
  );
  const { state, environment, json } = parseOptions<CommonOptions>(command, args);
  const repository = await existingEnvironment(state);
  const trustPath = trustPathOf(state);
  const report = await verifyEnvironment(repository, environment, trustPath);
  if (report.ok) rememberLedgerHead(trustPath, report.ledgerHead);
  if (json === true) {
    const { approved, ...rest } = report;
    printJson({ ...rest, gates: approved?.gates ?? [], approverKeyId: approved?.approverKeyId ?? null });
    return report.ok ? 0 : 1;
  }
  if (!report.ok) {
    print(`${environment}: NOT what was approved, at commit ${report.head.slice(0, 12)}`);
    printProblems(report.problems);
  } else if (report.slot === null || report.approved === null) {
    print(`${environment}: nothing trades, and nothing else is approved`);
  } else {
    print(
      `${environment}: what it would run is what was approved`,
      `  policy  ${report.slot.policy}`,
      `  image   ${report.slot.image}`,
      `  limits  ${report.slot.limits}`,
      `  config  ${report.slot.config}`,
      `  manifests ${report.slot.manifests}`,
      `  gates   ${report.approved.gates.join(', ')}`,
      `  by      key ${digest12(report.approved.approverKeyId)} at ${report.approved.approval.predicate.timeVerified}`,
      `  label   ${report.tag}`,
    );
  }
  if (report.held !== null) print(`  on hold since ledger entry ${report.held.seq}: ${report.held.because}`);
  print(
    `  trust   ${trustPath}, ledger ${report.ledgerHead === null ? 'empty or not sound' : `at entry ${report.ledgerHead.seq}`}`,
  );
  return report.ok ? 0 : 1;
}
