/** Cases of suite `sync` on the command itself: the committed overlays, killed at its writes, the API server going away. */
import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parse, stringify } from 'yaml';
import { withRendered } from '../environment/rendered.ts';
import { transact } from '../environment/repository.ts';
import { commitFiles, readAt } from '../environment/tree.ts';
import type { ApiServer } from '../testing/api-server.ts';
import { apiProxy } from './api-proxy.ts';
import { eventually } from './node-cluster.ts';
import { StoryRepository } from './story-repository.ts';
import { hold, type Suite } from './suite.ts';

const script = path.resolve(import.meta.dirname, '../start.mjs');
/** At every how-manieth write it is killed: half a minute in all, the first and the last ones among them. */
const STRIDE = 6;
const PINNED = `sha256:${'5'.repeat(64)}`;

interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

export async function commandCases(suite: Suite, server: ApiServer, folder: string): Promise<void> {
  const story = await StoryRepository.create(path.join(folder, 'state'));
  const kubeconfig = path.join(folder, 'kubeconfig');
  const proxy = await apiProxy(server.environment['KUBECONFIG'] as string);
  mkdirSync(folder, { recursive: true });
  writeFileSync(kubeconfig, proxy.kubeconfig);
  let running = 0;
  const command = (environment: string, ...args: readonly string[]): Promise<Ended> => {
    const words = ['sync', '--target', 'kubernetes', '--environment', environment, '--state', story.state, '--json'];
    const env = { ...server.environment, KUBECONFIG: kubeconfig } as NodeJS.ProcessEnv;
    const child = spawn(process.execPath, [script, ...words, ...args], { env });
    running = child.pid as number;
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (text) => (stdout += text));
    child.stderr.on('data', (text) => (stderr += text));
    return new Promise((resolve) => {
      child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
    });
  };
  const outcome = ({ stdout, stderr }: Ended): string => {
    hold(stdout !== '', `it said nothing: ${stderr}`);
    return JSON.parse(stdout).outcome;
  };
  for (const name of ['emp-paper', 'emp-live']) {
    const made = server.kubectl(['create', 'namespace', name]);
    hold(made.status === 0 || made.errors.includes('AlreadyExists'), made.errors);
  }
  const names = (namespace: string): string =>
    server.kubectl(['--namespace', namespace, 'get', 'all,configmap,networkpolicy,serviceaccount,pdb', '--output=name'])
      .out;

  try {
    await suite.check(
      'live as committed is refused before anything is asked, and the refusal says the fix',
      async () => {
        const before = names('emp-live');
        const ended = await command('live');
        hold(ended.code === 1 && outcome(ended) === 'not-pinned', JSON.stringify(ended));
        hold(
          ended.stdout.includes('image.digest of environments/live/platform.yaml, then npm run render'),
          ended.stdout,
        );
        hold(names('emp-live') === before, 'something was applied');
      },
    );
    await suite.check('live with a digest, and paper as committed: applied, as far as there is a node', async () => {
      await commit(story, 'live', (document) => ({ ...document, image: { digest: PINNED } }));
      for (const environment of ['live', 'paper']) {
        const ended = await command(environment, '--wave-seconds', '1');
        // No node runs anything here: whatever has pods is said not to be ready, and all of it is there.
        hold(ended.code === 1 && outcome(ended) === 'unhealthy', JSON.stringify(ended));
        hold(names(`emp-${environment}`).includes('statefulset.apps/emp-runtime'), names(`emp-${environment}`));
      }
      const image = [
        'get',
        'statefulset',
        'emp-runtime',
        '--output=jsonpath={.spec.template.spec.containers[0].image}',
      ];
      hold(server.kubectl(['--namespace', 'emp-live', ...image]).out === `emp-runtime@${PINNED}`, 'not that image');
    });
    await suite.check('kill -9 at its writes, and the API server away at them: run again, it completes', async () => {
      await withoutPods(story);
      hold(outcome(await command('paper')) === 'applied', 'it was not applied at all');
      const states: string[] = [];
      let [points, killed] = [0, 0];
      proxy.before(0, () => {});
      for (let at = 1; ; at += STRIDE) {
        // Forth and back: the drift report comes and goes, so that each time there is something to apply and to prune.
        await commit(story, 'paper', (document) => ({ ...document, drift: { enabled: points % 2 === 1 } }), true);
        const kill = points % 2 === 0;
        let reached = false;
        proxy.before(at, () => {
          reached = true;
          if (kill) process.kill(running, 'SIGKILL');
        });
        const cut = await command('paper');
        proxy.before(0, () => {});
        if (!reached) {
          hold(outcome(cut) === 'applied', JSON.stringify(cut));
          break;
        }
        if (kill) hold(cut.signal === 'SIGKILL', JSON.stringify(cut));
        else hold(cut.code === 3 && / cannot be \w+ at http:\/\/127/.test(cut.stderr), JSON.stringify(cut));
        const again = await command('paper');
        hold(again.code === 0, `after write ${at}: ${JSON.stringify(again)}`);
        states[points % 2] ??= names('emp-paper');
        hold(names('emp-paper') === states[points % 2], `after write ${at}: ${names('emp-paper')}`);
        points++;
        if (kill) killed++;
      }
      hold(points >= 3 && states[0] !== states[1], `only ${points} writes were cut off`);
      hold(outcome(await command('paper')) === 'in-sync', 'it is not in sync in the end');
      console.log(`        cut off at ${points} of its writes, ${killed} times by kill -9`);
    });
    await suite.check(
      'one that goes on follows two commits with an API server away in between, and ends on a signal',
      async () => {
        await withoutPods(story);
        const going = command('paper', '--watch');
        const pid = running;
        const drift = (enabled: boolean) =>
          commit(story, 'paper', (document) => ({ ...document, drift: { enabled } }), true);
        const follows = (wanted: boolean) =>
          eventually('the commit to be followed', 120, async () => {
            return (
              server.kubectl(['--namespace', 'emp-paper', 'get', 'cronjobs', '--output=name']).out.includes('drift') ===
              wanted
            );
          });
        await drift(true);
        await follows(true);
        let cutOff = 0;
        proxy.before(1, () => cutOff++);
        await drift(false);
        await eventually('a write to be cut off', 120, async () => cutOff > 0);
        proxy.before(0, () => {});
        await follows(false);
        process.kill(pid, 'SIGTERM');
        const { code, stdout, stderr } = await going;
        const outcomes = stdout
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line).outcome);
        hold(
          code === 0 && outcomes.every((said) => said === 'applied' || said === 'in-sync'),
          `${code} ${stdout}${stderr}`,
        );
        hold(/ cannot be \w+ at http:\/\/127/.test(stderr), `it did not say what was away: ${stderr}`);
      },
    );
  } finally {
    proxy.close();
    for (const name of ['emp-paper', 'emp-live']) {
      server.kubectl(['delete', 'namespace', name, '--ignore-not-found', '--wait=false']);
    }
  }
}

/** Changes an environment's platform document, with all that is rendered from it. */
function commit(
  story: StoryRepository,
  environment: string,
  change: (document: Record<string, unknown>) => object,
  scaledDown = false,
): Promise<string> {
  const { work } = story.repository;
  return transact(story.repository, async (base) => {
    const file = `environments/${environment}/platform.yaml`;
    const text = stringify(change(parse(String(await readAt(work, base, file)))));
    const changes = await withRendered(work, base, environment, new Map([[file, Buffer.from(text)]]));
    if (scaledDown) scaleDown(changes);
    const options = { base, changes, message: `Another ${environment}`, timeUs: story.clock.nowUs() };
    const head = await commitFiles(work, options);
    return { push: { head }, outcome: head };
  });
}

/** `paper` without pods, because there is no node: then it can be healthy. */
function withoutPods(story: StoryRepository): Promise<string> {
  return commit(story, 'paper', (document) => ({ ...document, viewer: { enabled: false } }), true);
}

function scaleDown(changes: Map<string, Uint8Array | null>): void {
  const file = 'environments/paper/kustomization.yaml';
  const overlay = parse(String(Buffer.from(changes.get(file) as Uint8Array)));
  const replicas = ['emp-runtime', 'emp-venue'].map((name) => ({ name, count: 0 }));
  changes.set(file, Buffer.from(stringify({ ...overlay, replicas })));
}
