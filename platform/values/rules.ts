/** What no single value can say: combinations that are refused, by the renderer and by the chart alike. */
import { all, type Expression, equal, exceeds, given, not, positive, text } from '../template/expression.ts';
import { values } from './references.ts';

export interface Rule {
  /** The document that says it wrong. */
  readonly document: 'config' | 'platform' | 'policy';
  readonly refusedWhen: Expression<boolean>;
  /** Subject, actual and allowed. */
  readonly problem: Expression<string>;
}

const { mode, config, policy, venue, gates, viewer, workers, evolution } = values;
const paper = equal(mode, 'paper');

export const rules: readonly Rule[] = [
  {
    document: 'config',
    refusedWhen: all(paper, config.venue.declaredLive),
    problem: text`venue.declaredLive is true, only false is allowed in paper mode`,
  },
  {
    document: 'platform',
    refusedWhen: all(not(paper), venue.enabled),
    problem: text`venue.enabled is true, only false is allowed in live mode: a simulated exchange is no venue for money`,
  },
  {
    document: 'config',
    refusedWhen: not(positive(config.http.port)),
    problem: text`http.port is 0, a fixed port is required in a cluster, where probes and network policies name it`,
  },
  {
    document: 'config',
    refusedWhen: not(positive(config.venue.port)),
    problem: text`venue.port is 0, a fixed port is required in a cluster, where network policies name it`,
  },
  {
    document: 'config',
    refusedWhen: equal(config.http.host, '127.0.0.1'),
    problem: text`http.host is 127.0.0.1, "0.0.0.0" or the pod's address is required in a cluster, where probes come from outside the pod`,
  },
  {
    document: 'platform',
    refusedWhen: all(not(paper), gates.enabled, equal(gates.keySecret, '')),
    problem: text`gates.keySecret is empty, the Secret with the signing keys is required in live mode`,
  },
  {
    document: 'policy',
    refusedWhen: all(given(policy.image), not(given(policy.digest))),
    problem: text`policy.image is ${policy.image} without policy.digest, which says what must be in it`,
  },
  ...[
    { name: 'viewer', scaled: viewer },
    { name: 'workers', scaled: workers },
  ].map(
    ({ name, scaled }): Rule => ({
      document: 'platform',
      refusedWhen: all(not(equal(scaled.autoscaling, 'none')), exceeds(scaled.replicas, scaled.maxReplicas)),
      problem: text`${name}.maxReplicas is ${scaled.maxReplicas}, at least ${name}.replicas (${scaled.replicas}) is required`,
    }),
  ),
  {
    document: 'platform',
    refusedWhen: all(workers.enabled, equal(values.database.secret, '')),
    problem: text`workers.enabled is true without database.secret: workers share their units through PostgreSQL`,
  },
  {
    document: 'platform',
    refusedWhen: all(evolution.enabled, equal(values.database.secret, '')),
    problem: text`evolution.enabled is true without database.secret: units share their results through PostgreSQL`,
  },
];
