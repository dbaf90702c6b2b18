/** Which of the pinned tools are here, and in which version. */
import type { Finding, Run } from './finding.ts';

interface Tool {
  /** Its key in mise.toml; undefined: it comes from the distribution. */
  readonly key?: string;
  readonly version: readonly string[];
  readonly purpose: string;
}

export const tools: Readonly<Record<string, Tool>> = {
  kubectl: { key: 'kubectl', version: ['version', '--client'], purpose: 'to apply and watch' },
  helm: { key: 'helm', version: ['version', '--short'], purpose: 'to install the chart' },
  kustomize: { key: 'kustomize', version: ['version'], purpose: 'to build an overlay' },
  pulumi: { key: 'pulumi', version: ['version'], purpose: 'to provision an environment' },
  argocd: { key: 'argocd', version: ['version', '--client', '--short'], purpose: 'to look at applications' },
  kubeconform: { key: 'kubeconform', version: ['-v'], purpose: 'suite guardrails' },
  'kube-score': { key: 'kube-score', version: ['version'], purpose: 'suite guardrails' },
  promtool: { key: 'promtool', version: ['--version'], purpose: 'suite alerts' },
  buildah: { version: ['--version'], purpose: 'npm run image, npm run policy -- pack' },
};

/** Versions by tool as mise.toml pins them. */
export function pinned(manifest: string): Map<string, string> {
  const section = /^\[tools\]$([\s\S]*?)(?=^\[|(?![\s\S]))/m.exec(manifest)?.[1] ?? '';
  const lines = [...section.matchAll(/^"?([^"\s=]+)"?\s*=\s*"([^"]+)"$/gm)];
  return new Map(lines.map(([, key, version]) => [key as string, version as string]));
}

/** @param needed tools without which what was asked cannot be done */
export function toolFindings(run: Run, manifest: string, needed: readonly string[]): Finding[] {
  const pins = pinned(manifest);
  return Object.entries(tools).map(([name, { key, version, purpose }]): Finding => {
    const { status, out, errors } = run(name, version);
    const wanted = key === undefined ? undefined : pins.get(key);
    const fix =
      key === undefined ? `install the package ${name} of your distribution` : `mise install (${name} ${wanted})`;
    const base = { area: 'tools', subject: name } as const;
    if (status === 127) {
      const detail = `is not installed; ${purpose}`;
      return needed.includes(name)
        ? { ...base, status: 'wrong', detail, fix }
        : { ...base, status: 'absent', detail, fix };
    }
    const found = /(\d+\.\d+\.\d+)/.exec(out + errors)?.[1] ?? 'of unknown version';
    if (wanted === undefined || found === wanted) return { ...base, status: 'ok', detail: found };
    return { ...base, status: 'ok', detail: `${found}; ${wanted} is what this repository is tried with`, fix };
  });
}
