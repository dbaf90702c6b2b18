/** A secret comes by reference: what is rendered lies in Git, in a stack's state and in people's terminals. */
import { titleOf } from '../../cluster/object.ts';
import type { Rule } from '../rule.ts';
import { secretsIn } from '../secrets.ts';

export const noSecrets: Rule = {
  name: 'no-secrets',
  holds: 'no object carries a secret, in a Secret or anywhere else',
  applies: () => true,
  check(object) {
    if (object.kind === 'Secret' && (object['data'] !== undefined || object['stringData'] !== undefined)) {
      return ['carries its data; secrets are made outside and named by reference'];
    }
    return secretsIn(JSON.stringify(object, null, 1), titleOf(object)).map(
      ({ looksLike }) => `holds what looks like ${looksLike}`,
    );
  },
};
