/** The tools of a Kubernetes user: from PATH, or as the fixtures bring them. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fixture } from '../../runtime/fixtures.ts';

/** Path of the tool; undefined when this machine has it nowhere. */
export function kubernetesTool(
  name: 'argocd' | 'helm' | 'kustomize' | 'kubeconform' | 'kube-score' | 'kubectl',
): string | undefined {
  if (spawnSync('sh', ['-c', `command -v ${name}`]).status === 0) return name;
  const packed = fixture(`bin/${name}.xz`);
  if (packed === undefined) return undefined;
  const at = path.join(tmpdir(), 'emp-kube-tools', name);
  if (!existsSync(at)) {
    mkdirSync(path.dirname(at), { recursive: true });
    const part = `${at}.${process.pid}`;
    const unpacked = spawnSync('sh', ['-c', 'xz -dc "$1" > "$2" && chmod +x "$2"', 'sh', packed, part]);
    if (unpacked.status !== 0) return undefined;
    renameSync(part, at);
  }
  return at;
}
