/** Whose a key is: `environments/approvals.yaml` with one more, in the checkout, for a pull request of its own. */
import { isMap, parseDocument } from 'yaml';
import { InputError } from '../../runtime/boot/documents.ts';
import { parseRules, personOf } from './rules.ts';

/**
 * The rules' text with a key of a person, who is named if that was not so, and put into groups; comments stay.
 * @throws InputError when the key is somebody else's, or a group is not declared
 */
export function withPersonKey(
  text: string,
  subject: string,
  { person, keyId, groups }: { readonly person: string; readonly keyId: string; readonly groups: readonly string[] },
): string {
  const rules = parseRules(text, subject);
  const owner = personOf(rules, keyId);
  if (owner !== undefined && owner !== person) {
    throw new InputError(`${subject}: the key is ${owner}'s already (${keyId}), a key of ${person} is allowed`);
  }
  const document = parseDocument(text);
  const people = document.get('people');
  if (isMap(people)) people.flow = false;
  const keys = rules.people[person]?.keys ?? [];
  if (!keys.includes(keyId)) document.setIn(['people', person, 'keys'], [...keys, keyId]);
  for (const group of groups) {
    const members = rules.groups[group];
    if (members === undefined) {
      const known = Object.keys(rules.groups).join(', ');
      throw new InputError(`${subject}: has no group ${group}, allowed: ${known}`);
    }
    if (!members.includes(person)) document.setIn(['groups', group], [...members, person]);
  }
  const changed = document.toString({ lineWidth: 0 });
  parseRules(changed, subject);
  return changed;
}
