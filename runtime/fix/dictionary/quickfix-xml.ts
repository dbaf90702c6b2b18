import { XMLParser } from 'fast-xml-parser';
import { Dictionary, type Field, fieldTypeOf, layoutOf, type Member, type MessageType } from './dictionary.ts';

/** An element as `preserveOrder` gives it: its name holds its children, `:@` its attributes. */
type Element = { readonly [name: string]: unknown } & { readonly ':@'?: Readonly<Record<string, string>> };

/**
 * Reads a dictionary in the XML that QuickFIX engines and many venues use.
 * @throws Error naming the file and what is wrong with it
 */
export function readQuickFixXml(text: string, file: string): Dictionary {
  const parser = new XMLParser({ preserveOrder: true, ignoreAttributes: false, attributeNamePrefix: '' });
  const root = (parser.parse(text) as Element[]).find((element) => 'fix' in element);
  if (root === undefined) throw new Error(`${file}: there is no <fix> element, a QuickFIX dictionary has one`);
  const { type = 'FIX', major = '', minor = '', servicepack = '0' } = root[':@'] ?? {};
  const suffix = servicepack === '0' || servicepack === '' ? '' : `SP${servicepack}`;
  const sections = new Map((root['fix'] as Element[]).map((element) => [nameOf(element), element]));
  const childrenOf = (name: string) => children(sections.get(name));

  const fields = new Map<number, Field>();
  const tags = new Map<string, number>();
  for (const element of childrenOf('fields')) {
    const { number = '', name = '', type: fieldType = '' } = element[':@'] ?? {};
    const tag = Number(number);
    if (!Number.isSafeInteger(tag) || tag < 1)
      throw new Error(`${file}: field ${name} has number "${number}", 1 and more are allowed`);
    const values = children(element).flatMap((value) => value[':@']?.['enum'] ?? []);
    tags.set(name, tag);
    fields.set(tag, {
      tag,
      name,
      type: fieldTypeOf(fieldType),
      values: values.length === 0 ? undefined : new Set(values),
    });
  }

  const components = new Map(childrenOf('components').map((element) => [element[':@']?.['name'] ?? '', element]));
  const open = new Set<string>();
  const membersOf = (element: Element): Member[] =>
    children(element).flatMap((child): Member[] => {
      const { name = '', required = 'N' } = child[':@'] ?? {};
      const isRequired = required === 'Y';
      if (nameOf(child) === 'component') {
        const component = components.get(name);
        if (component === undefined) throw new Error(`${file}: component ${name} is used but not defined`);
        if (open.has(name)) return [];
        open.add(name);
        const members = membersOf(component);
        open.delete(name);
        return isRequired ? members : members.map((member) => ({ ...member, required: false }));
      }
      const tag = tags.get(name);
      if (tag === undefined) throw new Error(`${file}: field ${name} is used but not defined`);
      return [{ tag, required: isRequired, group: nameOf(child) === 'group' ? layoutOf(membersOf(child)) : undefined }];
    });

  const messages = new Map<string, MessageType>();
  for (const element of childrenOf('messages')) {
    const { name = '', msgtype = '', msgcat = '' } = element[':@'] ?? {};
    messages.set(msgtype, { msgType: msgtype, name, admin: msgcat === 'admin', body: layoutOf(membersOf(element)) });
  }
  const section = (name: string) => layoutOf(membersOf(sections.get(name) ?? {}));
  const version = `${type}.${major}.${minor}${suffix}`;
  return new Dictionary({ version, fields, header: section('header'), trailer: section('trailer'), messages });
}

function nameOf(element: Element): string {
  return Object.keys(element).find((key) => key !== ':@') ?? '';
}

/** The elements inside, without text and comments. */
function children(element: Element | undefined): Element[] {
  if (element === undefined) return [];
  const inside = element[nameOf(element)];
  return Array.isArray(inside) ? inside.filter((child: Element) => !nameOf(child).startsWith('#')) : [];
}
