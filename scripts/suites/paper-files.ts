/** The files of `paper` as a checkout has them, in a folder of a suite's own, and small enough for the node of a test. */
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { stringify } from 'yaml';
import type { LocalTrust } from '../environment/trust.ts';
import { renderUnder, write } from '../render.ts';
import { approveSlot } from './approved-slot.ts';
import type { NodeCluster } from './node-cluster.ts';
import { ENVIRONMENT } from './paper-room.ts';
import { hold } from './suite.ts';

const root = path.resolve(import.meta.dirname, '../..');
const SMALL = { cpu: '100m', memory: '512Mi' };
export const VENUE_SEED = 7;
/** Event seconds of the exchange in one second: what must be warm is so in seconds. */
const SPEED = 8;

export class PaperFiles {
  readonly folder: string;
  readonly #trust: LocalTrust;
  readonly #image: string | undefined;

  /** @param folder to be made */
  constructor(folder: string, namespace: string, node: NodeCluster, trust: LocalTrust) {
    this.folder = folder;
    this.#trust = trust;
    this.#image = node.digest;
    for (const name of ['environments', 'charts', 'README.md']) {
      cpSync(path.join(root, name), path.join(folder, name), { recursive: true });
    }
    const [repository, tag = 'latest'] = (node.image.split('@')[0] as string).split(/:(?=[^/:]+$)/) as [
      string,
      string?,
    ];
    writeFileSync(
      path.join(folder, 'environments', ENVIRONMENT, 'platform.yaml'),
      stringify({
        mode: 'paper',
        namespace,
        image: { repository, tag, digest: node.digest ?? '', pullPolicy: 'IfNotPresent' },
        runtime: { resources: SMALL },
        venue: {
          enabled: true,
          command: ['node', 'runtime/venue/venue-main.ts', `--speed=${SPEED}`],
          seed: VENUE_SEED,
          resources: SMALL,
        },
        viewer: { enabled: true, replicas: 1, resources: { cpu: '50m' } },
        drift: { enabled: true, resources: SMALL },
        evolution: {
          enabled: true,
          run: 'suite',
          units: 2,
          budget: 'quick',
          resources: { cpu: '700m', memory: '1Gi' },
        },
        database: { secret: 'emp-archive' },
      }),
    );
  }

  /** Makes `policy` the one that may trade, on these signed verdicts or on planted ones. @returns its digest */
  async approve(policy: string, verdicts?: readonly string[]): Promise<string> {
    const digest = await approveSlot(this.folder, ENVIRONMENT, policy, this.#trust, { image: this.#image, verdicts });
    write(this.folder, renderUnder(this.folder));
    return digest;
  }

  /** Another limit, which is nothing before it is approved again. */
  limit(name: string, value: number): void {
    const file = path.join(this.folder, 'environments', ENVIRONMENT, 'limits.yaml');
    const before = readFileSync(file, 'utf8');
    const after = before.replace(new RegExp(`^${name}: .*$`, 'm'), `${name}: ${value}`);
    hold(after !== before, `${name} was ${value} before`);
    writeFileSync(file, after);
  }
}
