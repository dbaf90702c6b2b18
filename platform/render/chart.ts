/** `charts/emp`: the same objects as everywhere, with actions where values will be. */
import { definition, isClusterWide, type TemplatedObject, testDefinition } from '../manifests/definition.ts';
import { namespace } from '../template/expression.ts';
import { argument, helmTemplate } from '../template/helm.ts';
import type { Environment } from '../values/environment.ts';
import { rules } from '../values/rules.ts';
import { chartValues, type Values } from '../values/schema.ts';
import { GENERATED, toYaml } from '../yaml.ts';
import { commented } from './commented.ts';
import { notes } from './notes.ts';
import { jsonSchema } from './schemas.ts';

const CHART = 'charts/emp';

const chart = {
  apiVersion: 'v2',
  name: 'emp',
  description: 'EMP: reads FIX market data, trades one approved policy, and evolves the next',
  type: 'application',
  version: '0.1.0',
  appVersion: '0.1.0',
};

/** All that is the same for every environment, and `values.yaml`. */
export function chartFiles(environments: readonly Environment[]): Map<string, string> {
  const files = new Map([
    [`${CHART}/Chart.yaml`, GENERATED + toYaml(chart)],
    [`${CHART}/values.schema.json`, jsonSchema(chartValues)],
    [`${CHART}/templates/NOTES.txt`, notes],
    [`${CHART}/templates/checks.yaml`, checks()],
  ]);
  for (const { file, object, condition } of definition) {
    files.set(`${CHART}/templates/${file}`, GENERATED + helmTemplate(withNamespace(object), condition));
  }
  for (const { file, object, condition } of testDefinition) {
    files.set(`${CHART}/templates/tests/${file}`, GENERATED + helmTemplate(withNamespace(object), condition));
  }
  // Whoever gives no values gets an environment that risks no money, its documents written from the values.
  const harmless = environments.find(({ values }) => values.mode === 'paper');
  if (harmless === undefined) throw new Error("environments: none is in paper mode, the chart's defaults need one");
  const { config, limits } = harmless.values;
  const defaults = chartValues.parse({ mode: 'paper', config, limits });
  files.set(`${CHART}/values.yaml`, GENERATED + commented(defaults, chartValues));
  return files;
}

/** The chart's values that deploy an environment, written out in full. */
export function valuesFile({ name, values }: Environment): [string, string] {
  const { namespace: _, ...rest } = values;
  return [`${CHART}/values-${name}.yaml`, GENERATED + toYaml(rest satisfies Omit<Values, 'namespace'>)];
}

function withNamespace(object: TemplatedObject): TemplatedObject {
  if (isClusterWide(object.kind)) return object;
  return { ...object, metadata: { ...object.metadata, namespace } };
}

/** Refuses what the schema cannot say: see `values/rules.ts`. Makes no object. */
function checks(): string {
  const refusals = rules.map(({ refusedWhen, problem }) => fail(argument(refusedWhen), argument(problem)));
  const documents = (['config', 'limits'] as const).map((name) => {
    const says = `(.Values.documents.${name} | fromYaml | toJson)`;
    return fail(
      `(and (ne .Values.documents.${name} "") (ne ${says} (.Values.${name} | toJson)))`,
      JSON.stringify(
        `documents.${name} says something else than ${name}: change both, or set documents.${name} to '', which no approval covers`,
      ),
    );
  });
  return GENERATED + [...refusals, ...documents].join('');
}

const fail = (condition: string, message: string): string =>
  `{{- if ${condition} }}\n{{- fail ${message} }}\n{{- end }}\n`;
