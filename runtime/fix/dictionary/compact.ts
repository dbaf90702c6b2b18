import {
  Dictionary,
  type Field,
  fieldTypeOf,
  type Layout,
  layoutOf,
  type Member,
  type MessageType,
} from './dictionary.ts';

/**
 * Reads the compact form. A line is one thing, `#` begins a comment:
 *
 *     version FIX.4.4
 *     field TAG NAME TYPE [VALUE…]
 *     component NAME MEMBERS
 *     header MEMBERS
 *     trailer MEMBERS
 *     message MSGTYPE NAME admin|app MEMBERS
 *
 * A member is a tag, a tag with its group's members in parentheses, or a component's name; `!` after it: required.
 * Whatever is required inside a component is required only where the component is.
 *
 * @throws Error naming file, line and what is wrong with it
 */
export function readCompact(text: string, file: string): Dictionary {
  const reader = new CompactReader(file);
  text.split('\n').forEach((line, index) => {
    reader.take(line.trim(), index + 1);
  });
  return reader.finish();
}

class CompactReader {
  readonly #file: string;
  #version = '';
  readonly #fields = new Map<number, Field>();
  readonly #components = new Map<string, { readonly text: string; readonly line: number }>();
  readonly #layouts: { readonly kind: string; readonly text: string; readonly line: number }[] = [];
  /** Components being read, so that one that holds itself is found. */
  readonly #open = new Set<string>();

  constructor(file: string) {
    this.#file = file;
  }

  take(content: string, line: number): void {
    if (content.length === 0 || content.startsWith('#')) return;
    const [kind = '', rest = ''] = split(content);
    switch (kind) {
      case 'version':
        this.#version = rest;
        return;
      case 'field': {
        const [tag = '', name = '', type = '', ...values] = rest.split(/\s+/);
        if (!/^[1-9]\d{0,6}$/.test(tag) || type.length === 0) this.#refuse(line, `"${content}"`, 'field TAG NAME TYPE');
        if (this.#fields.has(Number(tag))) this.#refuse(line, `field ${tag} a second time`, 'one line a field');
        this.#fields.set(Number(tag), {
          tag: Number(tag),
          name,
          type: fieldTypeOf(type),
          values: values.length === 0 ? undefined : new Set(values),
        });
        return;
      }
      case 'component': {
        const [name = '', members = ''] = split(rest);
        this.#components.set(name, { text: members, line });
        return;
      }
      case 'header':
      case 'trailer':
      case 'message':
        this.#layouts.push({ kind, text: rest, line });
        return;
      default:
        this.#refuse(line, `"${kind}"`, 'version, field, component, header, trailer and message');
    }
  }

  finish(): Dictionary {
    const messages = new Map<string, MessageType>();
    let header: Layout | undefined;
    let trailer: Layout | undefined;
    for (const { kind, text, line } of this.#layouts) {
      if (kind === 'header') header = layoutOf(this.#members(text, line));
      else if (kind === 'trailer') trailer = layoutOf(this.#members(text, line));
      else {
        const [msgType = '', afterType = ''] = split(text);
        const [name = '', afterName = ''] = split(afterType);
        const [layer = '', members = ''] = split(afterName);
        if (layer !== 'admin' && layer !== 'app') this.#refuse(line, `"${layer}"`, 'admin and app');
        const body = layoutOf(this.#members(members, line));
        messages.set(msgType, { msgType, name, admin: layer === 'admin', body });
      }
    }
    if (this.#version === '') this.#refuse(0, 'no version', 'version NAME');
    if (header === undefined || trailer === undefined) this.#refuse(0, 'no header or trailer', 'one of each');
    return new Dictionary({ version: this.#version, fields: this.#fields, header, trailer, messages });
  }

  #members(text: string, line: number): Member[] {
    const tokens = text.match(/\(|\)|[^\s()]+/g) ?? [];
    let at = 0;
    const read = (inGroup: boolean): Member[] => {
      const members: Member[] = [];
      while (at < tokens.length) {
        const token = tokens[at] as string;
        if (token === ')') {
          if (inGroup) return members;
          this.#refuse(line, 'a ) without its (', 'matching parentheses');
        }
        at++;
        const required = token.endsWith('!');
        const name = required ? token.slice(0, -1) : token;
        if (!/^\d+$/.test(name)) {
          members.push(...this.#component(name, required, line));
          continue;
        }
        const tag = Number(name);
        if (!this.#fields.has(tag))
          this.#refuse(line, `field ${tag}, which is not defined`, 'fields with a line of their own');
        let group: Layout | undefined;
        if (tokens[at] === '(') {
          at++;
          group = layoutOf(read(true));
          if (tokens[at++] !== ')') this.#refuse(line, `group ${tag} without its )`, 'matching parentheses');
        }
        members.push({ tag, required, group });
      }
      return members;
    };
    return read(false);
  }

  #component(name: string, required: boolean, line: number): Member[] {
    const component = this.#components.get(name);
    if (component === undefined) this.#refuse(line, `component ${name}, which is not defined`, 'defined components');
    // A component that can hold itself (parties of parties) is followed once.
    if (this.#open.has(name)) return [];
    this.#open.add(name);
    const members = this.#members(component.text, component.line);
    this.#open.delete(name);
    return required ? members : members.map((member) => ({ ...member, required: false }));
  }

  #refuse(line: number, problem: string, allowed: string): never {
    throw new Error(`${this.#file}${line === 0 ? '' : `:${line}`}: there is ${problem}, allowed are ${allowed}`);
  }
}

/** The first word, and what follows it. */
function split(text: string): [string, string] {
  const at = text.search(/\s/);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at).trim()];
}
