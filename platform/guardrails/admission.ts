/** The rules as the API server holds them: a ValidatingAdmissionPolicy and its binding each (admissionregistration.k8s.io/v1). */
import { ENVIRONMENT_LABEL } from '../cluster/namespace.ts';
import { type ClusterObject, ownLabels } from '../cluster/object.ts';
import type { Admission, Context, Rule } from './rule.ts';
import { rules } from './rules.ts';

const API = 'admissionregistration.k8s.io/v1';

/** Named after the environment: two of them may share a cluster. */
export const admissionName = ({ name }: Rule, { place }: Context): string => `emp-${place.environment}-${name}`;

export function admissionObjects(context: Context): readonly ClusterObject[] {
  return rules
    .filter((rule) => rule.admission !== undefined && rule.applies(context))
    .flatMap((rule) => policyAndBinding(rule, rule.admission?.(context) as Admission, context));
}

function policyAndBinding(rule: Rule, admission: Admission, context: Context): readonly ClusterObject[] {
  const { match, conditions, variables, validations, parameters, where } = admission;
  const name = admissionName(rule, context);
  const metadata = { name, labels: ownLabels, annotations: { 'emp/holds': rule.holds } };
  const selector = namespaceSelector(where, context);
  return [
    {
      apiVersion: API,
      kind: 'ValidatingAdmissionPolicy',
      metadata,
      spec: {
        // A rule that cannot be evaluated refuses: silence is no consent.
        failurePolicy: 'Fail',
        ...(parameters === undefined ? {} : { paramKind: { apiVersion: 'v1', kind: 'ConfigMap' } }),
        matchConstraints: {
          matchPolicy: 'Equivalent',
          namespaceSelector: {},
          objectSelector: {},
          resourceRules: match.map(({ groups, resources, operations = ['CREATE', 'UPDATE'] }) => ({
            apiGroups: groups,
            apiVersions: ['*'],
            operations,
            resources,
            scope: '*',
          })),
        },
        ...(conditions === undefined ? {} : { matchConditions: conditions }),
        ...(variables === undefined ? {} : { variables }),
        validations: validations.map(({ expression, message }) => ({
          expression,
          message: `${rule.name}: ${message}`,
          reason: 'Forbidden',
        })),
      },
    },
    {
      apiVersion: API,
      kind: 'ValidatingAdmissionPolicyBinding',
      metadata,
      spec: {
        policyName: name,
        validationActions: ['Deny'],
        ...(parameters === undefined
          ? {}
          : {
              paramRef: {
                name: parameters,
                namespace: context.place.namespace,
                parameterNotFoundAction: 'Deny',
              },
            }),
        ...(selector === undefined
          ? {}
          : { matchResources: { matchPolicy: 'Equivalent', namespaceSelector: selector, objectSelector: {} } }),
      },
    },
  ];
}

function namespaceSelector(where: Admission['where'], { place }: Context) {
  switch (where) {
    case 'cluster':
      return undefined;
    case 'elsewhere':
      return { matchExpressions: [{ key: ENVIRONMENT_LABEL, operator: 'NotIn', values: [place.environment] }] };
    default:
      return { matchLabels: { [ENVIRONMENT_LABEL]: place.environment } };
  }
}
