/** `charts/emp`: the same objects as `environments/base`, with the chart's values where base has numbers. */

import { jsonSchema } from './documents.ts';
import { environments } from './environments.ts';
import { fileOf, GRACE_MARGIN_SECONDS } from './kustomize.ts';
import { runtimeObjects } from './objects.ts';
import { chartValues, valuesOf } from './values.ts';
import { GENERATED, toYaml } from './yaml.ts';

const CHART = 'charts/emp';

/** Stands for a template expression until the object is YAML, so that no quoting rule touches the braces. */
class Expressions {
  readonly #texts: string[] = [];

  of(text: string): string {
    this.#texts.push(text);
    return `EXPRESSION-${this.#texts.length - 1}-`;
  }

  expand(yaml: string): string {
    return yaml.replace(/EXPRESSION-(\d+)-/g, (_match, index: string) => `{{ ${this.#texts[Number(index)]} }}`);
  }
}

export function chartFiles(): Map<string, string> {
  const files = new Map<string, string>();
  files.set(`${CHART}/Chart.yaml`, GENERATED + toYaml(chart));
  files.set(`${CHART}/values.schema.json`, jsonSchema(chartValues));
  for (const environment of environments) {
    if (environment.cluster === undefined) continue;
    const values = GENERATED + toYaml(valuesOf(environment));
    files.set(`${CHART}/values-${environment.name}.yaml`, values);
    // Whoever installs the chart without a values file gets the one that risks no money.
    if (environment.name === 'paper') files.set(`${CHART}/values.yaml`, values);
  }
  for (const [name, text] of templates()) files.set(`${CHART}/templates/${name}`, text);
  return files;
}

const chart = {
  apiVersion: 'v2',
  name: 'emp',
  description: 'The EMP trading runtime: reads FIX market data and trades one approved policy',
  type: 'application',
  version: '0.1.0',
  appVersion: '0.1.0',
};

function templates(): Map<string, string> {
  const expressions = new Expressions();
  const objects = runtimeObjects({
    image: expressions.of('include "emp.image" . | quote'),
    modeFlag: expressions.of('printf "--%s-mode" .Values.mode | quote'),
    environment: expressions.of('.Values.config.environment'),
    cpu: expressions.of('.Values.resources.cpu | quote'),
    memory: expressions.of('.Values.resources.memory | quote'),
    ephemeralStorage: expressions.of('.Values.resources.ephemeralStorage | quote'),
    storage: expressions.of('.Values.storage | quote'),
    httpPort: expressions.of('.Values.config.http.port | int'),
    venuePort: expressions.of('.Values.config.venue.port | int'),
    gracePeriodSeconds: expressions.of(`add (.Values.config.flattenTimeoutSeconds | int) ${GRACE_MARGIN_SECONDS}`),
    configName: expressions.of('include "emp.configName" . | quote'),
    limitsName: 'emp-limits',
    pointerName: expressions.of('include "emp.pointerName" . | quote'),
  });
  const files = new Map<string, string>();
  for (const object of objects) files.set(fileOf(object), GENERATED + expressions.expand(toYaml(object)));
  files.set('config-map.yaml', GENERATED + configMaps);
  files.set('_helpers.tpl', helpers);
  files.set('NOTES.txt', notes);
  return files;
}

const helpers = `{{- define "emp.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ .Values.image.tag }}
{{- end -}}
{{- end -}}

{{- /* These names change with the content, so that a changed configuration or policy restarts the runtime. */ -}}
{{- define "emp.configName" -}}
emp-config-{{ toYaml .Values.config | sha256sum | trunc 10 }}
{{- end -}}

{{- define "emp.pointerName" -}}
emp-policy-{{ toYaml .Values.policy | sha256sum | trunc 10 }}
{{- end -}}
`;

const configMaps = `apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ include "emp.configName" . | quote }}
data:
  config.yaml: |
    {{- toYaml .Values.config | nindent 4 }}
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ include "emp.pointerName" . | quote }}
data:
  policy.yaml: |
    {{- toYaml .Values.policy | nindent 4 }}
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: emp-limits
data:
  limits.yaml: |
    {{- toYaml .Values.limits | nindent 4 }}
`;

const notes = `EMP's runtime is installed in {{ .Release.Namespace }}, in {{ .Values.mode }} mode, as environment "{{ .Values.config.environment }}".

It starts once the namespace holds the ConfigMap emp-trust (trust.json, the trust root).
{{- if not .Values.policy.policy }}
No policy is approved here: it watches the market and trades nothing.
{{- end }}

  kubectl --namespace {{ .Release.Namespace }} rollout status statefulset/emp-runtime
  kubectl --namespace {{ .Release.Namespace }} port-forward emp-runtime-0 {{ .Values.config.http.port | int }}
  curl http://127.0.0.1:{{ .Values.config.http.port | int }}/readyz
`;
