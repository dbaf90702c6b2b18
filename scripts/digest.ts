/** `npm run digest`: the decision digest, recomputed from what the journal stores. */
import { Command } from 'commander';
import { DecisionDigest } from '../runtime/journal/digest.ts';
import { DECISION_KINDS } from '../runtime/journal/journal.ts';
import { parseOptions, print, printJson } from './environment/cli.ts';
import { journalFile, openStoredJournal } from './state/stored-journal.ts';

interface Options {
  readonly state: string;
  readonly json?: boolean;
}

/** @returns 0 done; 2 (thrown) there is no journal, or it cannot be read */
export function main(args: string[]): number {
  const { state, json } = parseOptions<Options>(command(), args);
  const { decisionDigest, records } = recompute(state);
  const total = Object.values(records).reduce((sum, count) => sum + count, 0);
  if (json === true) printJson({ journal: journalFile(state), decisionDigest, decisionRecords: total, records });
  else {
    const kinds = DECISION_KINDS.map((kind) => `${records[kind]} ${kind}`).join(', ');
    print(decisionDigest, `over ${total} decision records of ${journalFile(state)} (${kinds})`);
  }
  return 0;
}

function command(): Command {
  return new Command('npm run digest --')
    .description('recomputes the decision digest from the journal of a state folder')
    .option('--state <dir>', 'state folder', '.emp')
    .option('--json', 'one JSON object on stdout and nothing else')
    .exitOverride();
}

function recompute(state: string) {
  const journal = openStoredJournal(state);
  try {
    const digest = new DecisionDigest();
    const records: Record<(typeof DECISION_KINDS)[number], number> = { forecast: 0, intent: 0, denial: 0, order: 0 };
    for (const record of journal.records(0, DECISION_KINDS)) {
      digest.add(record);
      records[record.kind as keyof typeof records]++;
    }
    return { decisionDigest: digest.value(), records };
  } finally {
    journal.close();
  }
}
