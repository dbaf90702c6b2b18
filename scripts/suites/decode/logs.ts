/** The FIX logs among the fixtures. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { fixture } from '../../../runtime/fixtures.ts';

/** What each log at hand holds: messages read, refusals by kind. Broken ones are broken in the recording. */
export const LOGS: readonly (readonly [
  file: string,
  venue: string,
  messages: number,
  errors: Readonly<Record<string, number>>,
])[] = [
  ['FIX.4.2-KOD-BON.messages.log.gz', 'generic', 2486, {}],
  ['FIXT.1.1-EXEC-BANZAI.messages.log.gz', 'generic', 92, { BAD_BODY_LENGTH: 2 }],
  ['cme_mdff_sample_lines001-100.fix.gz', 'cme', 100, {}],
  ['cme_secdef_200.fix.gz', 'cme', 200, {}],
  ['deribit_BTC-PERPETUAL_20191129_first462_restored.fix.gz', 'deribit', 462, {}],
  ['epam_fix44_all_types_1000.fix.gz', 'generic', 989, { BAD_GROUP_COUNT: 11 }],
  // A file for every message type, and files that state the fault of what is in them; most are framed wrongly on purpose.
  [
    'epam_fix44_validation_cases.tar.gz',
    'generic',
    155,
    {
      BAD_CHECKSUM: 729,
      BAD_BODY_LENGTH: 2025,
      BAD_NUMBER: 62,
      BAD_FORMAT: 8,
      BAD_GROUP_COUNT: 5,
      BAD_PRICE: 8,
      BAD_TIMESTAMP: 10,
      MISSING_FIELD: 2,
    },
  ],
  ['fix41_banzai_exec.fix', 'generic', 16, {}],
  ['fixt11_orders_20130724.fix', 'generic', 65, {}],
  ['jse_indices_20111124.fix.gz', 'jse', 13_888, {}],
  ['jspurefix_fix44_generated50.txt.gz', 'generic', 20, { BAD_FORMAT: 30 }],
  ['jspurefix_fixsim_session.txt', 'generic', 8, { EMPTY_VALUE: 38 }],
];

/** A log's bytes, unpacked, those of an archive one file after the other; undefined where it is not among the fixtures. */
export function load(name: string): Uint8Array | undefined {
  const file = fixture(path.join('data/fix/logs', name));
  if (file === undefined) return undefined;
  if (name.endsWith('.tar.gz'))
    return execFileSync('tar', ['xzOf', file, '--wildcards', '*.fix'], { maxBuffer: 1 << 26 });
  const bytes = readFileSync(file);
  return name.endsWith('.gz') ? gunzipSync(bytes) : bytes;
}
