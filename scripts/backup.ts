/** `npm run backup`: a consistent copy of journal and archive, taken while the runtime is running, here or in a pod. */
import path from 'node:path';
import { Option } from 'commander';
import { InputError } from '../runtime/boot/documents.ts';
import { SystemClock, stopwatchNs } from '../runtime/clock.ts';
import { folderSource, podSource } from './backup/sources.ts';
import { takeBackup } from './backup/take.ts';
import { type CommonOptions, environmentCommand, parseOptions, print, printJson } from './environment/cli.ts';

interface Options extends CommonOptions {
  readonly target: 'local' | 'kubernetes';
  readonly namespace?: string;
  readonly to: string;
}

/** @returns 0 taken, 1 without the archive, which is in use; thrown: 2 there is nothing to back up or it is another environment's */
export async function main(args: string[]): Promise<number> {
  const command = environmentCommand('backup', 'copies journal and archive, while the runtime is running')
    .requiredOption('--to <dir>', 'folder that backups lie in, each in one of its own', (text) => path.resolve(text))
    .addOption(new Option('--target <where>', 'where it runs').choices(['local', 'kubernetes']).default('local'))
    .option('--namespace <name>', 'of its pod; default: emp- and the environment')
    .addHelpText(
      'after',
      `
In a cluster the environment is paper unless told, and the journal is that of the pod emp-runtime-0: its own Node copies it and
kubectl brings it. The cluster is the one that KUBECONFIG, or the current context, names; you need the right to exec in the pod.
Not in it: the repository, which has its remote; keys; the simulated exchange; an archive on PostgreSQL.`,
    );
  const options = parseOptions<Options>(command, args);
  const { to, json } = options;
  const inCluster = options.target === 'kubernetes';
  if (!inCluster && options.namespace !== undefined) {
    throw new InputError('backup: --namespace is of a pod, with --target kubernetes it is allowed');
  }
  const named = command.getOptionValueSource('environment') === 'cli';
  const environment = inCluster && !named ? 'paper' : options.environment;
  const source = inCluster ? podSource(options.namespace ?? `emp-${environment}`) : folderSource(options.state);
  const { folder, manifest } = await takeBackup({
    source,
    environment,
    to,
    clock: new SystemClock(),
    onProgress: everySecond((what, share) => process.stderr.write(`backup: ${what} ${Math.floor(share * 100)} %\n`)),
  });
  const incomplete = manifest.archive !== null && 'leftOut' in manifest.archive;
  if (json === true) printJson({ folder, ...manifest });
  else {
    const { journal, archive, policy } = manifest;
    const was = archive === null ? 'no archive' : incomplete ? 'archive LEFT OUT' : 'archive';
    print(
      folder,
      `  ${environment}: journal up to record ${journal.lastSeq} (schema ${journal.schemaVersion}), ${was}, policy ${policy ?? 'none'}`,
      `  ${journal.digest}  journal.sqlite`,
      ...(archive !== null && 'leftOut' in archive ? [`  the archive was left out: ${archive.leftOut}`] : []),
    );
  }
  return incomplete ? 1 : 0;
}

/** Lets through what comes two seconds after the beginning or later, once a second. */
function everySecond(tell: (what: string, share: number) => void): (what: string, share: number) => void {
  let dueNs = stopwatchNs() + 2e9;
  return (what, share) => {
    if (stopwatchNs() < dueNs) return;
    dueNs = stopwatchNs() + 1e9;
    tell(what, share);
  };
}
